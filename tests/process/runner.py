"""Runs tests, which are functions, and says how each went; and what most of them wait for. For the process tests."""
import concurrent.futures, pathlib, socket, sys, time

BIN = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/release/bin").resolve()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what, seconds=30, step=0.02):
    """The value of what() as soon as it is true; None when it never was."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := what():
            return value
        time.sleep(step)
    return None


def wait_until(what, seconds=30, why="waited in vain"):
    """The same for what must come."""
    value = wait_for(what, seconds)
    assert value, why() if callable(why) else why
    return value


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
