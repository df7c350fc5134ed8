"""Runs tests, which are functions, and says how each went. For the process tests."""
import concurrent.futures


def attempt(test):
    """How it went; a test that returns "skipped" has said so itself."""
    try:
        return test() or "PASS"
    except Exception as error:  # noqa: BLE001 - each test stands for itself
        return error


def run(tests, part="", together=False):
    """Prints PASS or FAIL for each; `together` where they mostly wait, for servers of their own. True when any failed."""
    with concurrent.futures.ThreadPoolExecutor(len(tests) or 1) as pool:
        outcomes = (pool.map if together else map)(attempt, tests)
        return any([report(part + test.__name__, outcome) for test, outcome in zip(tests, outcomes)])


def report(name, outcome):
    if outcome != "skipped":
        print(f"PASS {name}" if outcome == "PASS" else f"FAIL {name}: {outcome!r}", flush=True)
    return outcome not in ("PASS", "skipped")


def run_all(part, names):
    """Every function that stands in the test's own file."""
    return run([test for test in names.values() if getattr(test, "__module__", "") == "__main__" and not isinstance(test, type) and
                callable(test) and test.__code__.co_argcount == 0 and not test.__name__.startswith("_")], f"{part}: ")
