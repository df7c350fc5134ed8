"""Lists of a million workloads of three statuses in a thousand namespaces through running stages, beside SQLite's own page of the
same ledger: lists.py BUILD_FOLDER"""
import os, pathlib, shutil, sqlite3, subprocess, sys, tempfile, time

build = pathlib.Path(sys.argv[1]).resolve()
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "process"))
sys.argv[1] = str(build / "bin")
from frontend_fixture import wait_for  # noqa: E402
from history_fixture import History  # noqa: E402

WORKLOADS, NAMESPACES, SLOTS, PAGE_AT, PAGE_ROWS, ROUNDS = 1000000, 1000, 2, 900000, 1000, 3
PAGE = f"""SELECT w.namespace, w.name, sum(s.active_package + s.idle_package + s.active_gpu + s.idle_gpu) AS uj FROM workload w
    CROSS JOIN slot_workload s ON s.workload = w.id GROUP BY w.id ORDER BY uj DESC, w.name LIMIT {PAGE_ROWS} OFFSET {PAGE_AT}"""
work = pathlib.Path(tempfile.mkdtemp(prefix="tanso-bench-"))


def row(what, ours_ms, theirs_ms, beside="SQLite's page of the same ledger"):
    print(f"{what} | {ours_ms:.4g} ms | {beside} | {theirs_ms:.4g} ms | {ours_ms / theirs_ms:.3g}", flush=True)


def took(what):
    begin = time.monotonic()
    result = what()
    return 1000 * (time.monotonic() - begin), result


def sqlite_ms():
    with sqlite3.connect(f"file:{work}/analyst/ledger.db?mode=ro", uri=True) as db:
        ms, rows = took(lambda: db.execute(PAGE).fetchall())
    assert len(rows) == PAGE_ROWS
    return ms


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def is_idle(pid):
    before = cpu_s(pid)
    time.sleep(0.5)
    return cpu_s(pid) - before < 0.1


class Day(History):
    """An analyst that finds the ledger of a day at its start, and one live pod."""
    def __init__(self):
        super().__init__(["name 10 pod live now now - - 0", f"begin {int(time.time()) - 60}", "power 10 5 1 0 0", "live 1000"],
                         grid=[300.0 if hour < 12 else 510.0 for hour in range(24)],
                         http_requests_per_second=1000000, http_question_ms=60000)
        shutil.copytree(work / "analyst", self.frontend.folder / "state" / "analyst")

    def list(self, **arguments):
        """(ms, answer); a question of its own each time: the frontend has no answer to it yet."""
        ms, (status, answer) = took(lambda: self.ask("list_workloads_by_compliance", pue=1.3, **arguments))
        assert status == 200, answer
        return ms, answer


def check(answer, by_pod, is_filtered=False):
    """Exact: every workload that used energy in the window is a row, and the totals are those of all rows."""
    least = WORKLOADS * 95 // 100  # those of the first minutes leave the window meanwhile
    assert least <= answer["total_workloads"] * (1 if by_pod else 4) <= WORKLOADS + 4, answer["total_workloads"]
    counts = answer["compliance_summary"]
    assert sum(counts.values()) == answer["total_workloads"] and min(counts.values()) > WORKLOADS // 50, counts
    assert answer["matched"] == (counts["NON_COMPLIANT"] if is_filtered else answer["total_workloads"]), answer["matched"]


def measure():
    peer = sorted(sqlite_ms() for _ in range(ROUNDS))[ROUNDS // 2]
    with Day() as day:
        ms, answer = day.list(limit=PAGE_ROWS)
        row("lists: the first one, as soon as the analyst answers, of 1 000 000 workloads by owner", ms, peer)
    with Day() as day:
        ms, _ = took(lambda: wait_for(lambda: is_idle(day.analyst.pid), 60))
        row("lists: the ledger of a day read into memory, between questions", ms, peer)
        times = {}
        for round in range(ROUNDS):
            for what, arguments in (("by owner", {}), ("by pod", {"group_by": "pod"}),
                                    ("filter by status, by name", {"group_by": "pod", "status_filter": "NON_COMPLIANT", "sort": "name"}),
                                    ("one of 1000 namespaces", {"namespace": "namespace-7"}), ("totals alone", {"group_by": "pod", "limit": 1})):
                time.sleep(1.1)  # another snapshot: nothing is told again
                ms, answer = day.list(**{"limit": PAGE_ROWS, **arguments})
                times.setdefault(what, []).append(ms)
                if "namespace" not in arguments:
                    check(answer, "group_by" in arguments, "status_filter" in arguments)
                if what == "by pod":
                    asked, snapshot, _ = answer["next_cursor"].split(".")
                    ms, page = day.list(limit=PAGE_ROWS, group_by="pod", cursor=f"{asked}.{snapshot}.{PAGE_AT}")
                    assert len(page["workloads"]) == PAGE_ROWS and page["compliance_summary"] == answer["compliance_summary"]
                    times.setdefault("the page at 900 000 of it", []).append(ms)
        for what, each in times.items():
            row(f"lists: 1 000 000 workloads, {what}", sorted(each)[ROUNDS // 2], peer)


try:
    subprocess.run([build / "bench" / "bench_fleet", work / "analyst", str(WORKLOADS), str(NAMESPACES), str(SLOTS)], check=True)
    measure()
finally:
    shutil.rmtree(work)
