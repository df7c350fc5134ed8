"""What right-sizing says of memory, from the frames of an estimator to the page of the command line.
Usage: test_memory.py BIN_FOLDER. Prints PASS or FAIL a test; exit status 1 when any failed."""
import pathlib, sys

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[1])]
import reference  # noqa: E402
from frontend_fixture import expect, run_all  # noqa: E402
from history_fixture import History, last  # noqa: E402

HOURS = 1.5
STEP = 10  # s: what is longer than 15 s is a gap, in which nobody saw what was held


def _pod(held, request, limit, kills=0, cores=5.2):
    """A pod of a Deployment and its one container, for an hour and a half: its cgroup holds held(second) MiB."""
    start = last("14:00") - round(HOURS * 3600)
    name = "pod shop web-x7k2p web-x7k2p Deployment web"
    lines = [f"name 10 {name} 0", f"name 11 {name} 8000", f"requests 11 {request} {limit}", f"begin {start}", "idle 10", f"power 11 23 0 34.5 {cores}"]
    for second in range(STEP, round(HOURS * 3600) + 1, STEP):
        lines += [f"memory 10 {held(second)} {kills if second > 600 else 0}", f"until {start + second}"]
    return lines + ["hold"]


def _size(history, **more):
    status, answer = history.ask("compare_optimization_impact", workload_name="web", window="P3D", **more)
    expect(status, 200)
    return answer, next(s for s in answer["steps"] if s["type"] == "resource_rightsizing")


def cores_and_memory_come_together():
    def held(second):
        return 1700 if 2000 <= second < 2060 else 900
    with History(_pod(held, 4096, 4096), pue=1.4, share_idle="request") as history:
        answer, size = _size(history)
        expect((size["from"], size["to"], size["unit"], size["attributed_saving_percent"]), ("8", "6", "cores", 15))
        expect((size["memory_from"], size["memory_to"], size["memory_unit"]), ("4096", str(reference.target_mib([1700])), "MiB"))
        assert "less than a day" in size["evidence"] and "1700 MiB" in size["evidence"], size
        assert size["memory_note"] not in answer["recommendation"], answer["recommendation"]
        expect(_size(history, lang="ko")[1]["memory_to"], size["memory_to"])
        for lang, words in (("en", ("memory 4096 → 1955 MiB: Memory: request 1955", "6 instead of 8 cores")),
                            ("ko", ("메모리 4096 → 1955 MiB: 메모리는 4096 MiB 대신 1955 MiB를",))):
            out = history.cli("compare", "web", "--window", "P3D", "--lang", lang)[1]
            assert all(word in out for word in words), out
        out = history.cli("assess", "web", "--window", "P3D", "--lang", "en")[1]
        assert "Memory: request 1955 instead of 4096 MiB" in out, out
        status, answer = history.ask("assess_workload_compliance", workload_name="web", window="P3D")
        expect(next(o for o in answer["optimizations"] if o["type"] == "resource_rightsizing")["memory_to"], "1955")


def what_was_killed_is_warned_of_and_saves_nothing():
    with History(_pod(lambda _: 900, 1024, 1024, kills=2), pue=1.4, share_idle="request") as history:
        answer, size = _size(history)
        expect((size["memory_from"], size["memory_to"], size["attributed_saving_percent"]), ("1024", "1229", 15))  # 1.2 of it
        assert "2 times seen" in size["memory_note"] and size["memory_note"] in answer["recommendation"], answer


def without_an_account_nothing_is_said():
    with History(_pod(lambda _: 0, 4096, 4096), pue=1.4, share_idle="request") as history:
        size = _size(history)[1]
        assert not any(key.startswith("memory") for key in size) and "memory" not in size["evidence"], size


sys.exit(run_all("memory", globals()))
