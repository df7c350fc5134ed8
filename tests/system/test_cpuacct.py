#!/usr/bin/env python3
"""cgroup v1: with cgroup_hierarchy = cpuacct workloads go by that hierarchy, and have its own account."""
import sys, time

from account import Load, check_account, check_sums
from pipeline import Pipeline, hierarchies, run

SECONDS, CLOSE = 2, 0.010
NAME = "workloads of cgroup v1 have cpuacct's own CPU time, moved ones too"


def workloads_go_by_cpuacct(p):
    kinds = ["running", "forking", "short", "moved-from", "moved-to"]
    loads = {kind: Load(f"v1-{kind}") for kind in kinds}
    try:
        started = [loads[kind].begin(kind, SECONDS) for kind in ("running", "forking", "short")]
        moved = loads["moved-from"].begin("running", SECONDS)
        time.sleep(1)
        for h in hierarchies():
            if "cpuacct" in h.name:
                (h / loads["moved-to"].path / "cgroup.procs").write_text(str(moved.pid))
        if [s.wait(60) for s in [*started, moved]] != [0] * 4:
            raise AssertionError("a load failed")
        if loads["moved-to"].cpu_seconds() == 0:
            raise AssertionError("nothing ran where it was moved to")
        check_account(p, list(loads.values()))
        off = {kind: load.tanso_seconds(p) - load.cpu_seconds() for kind, load in loads.items()}
        if max(map(abs, off.values())) > CLOSE:  # all have ended: by the other hierarchy the moved one's two parts would be one
            raise AssertionError(f"{off}")
        check_sums(p)
    finally:
        for load in loads.values():
            load.remove()


if not any((h / "cpuacct.usage").exists() for h in hierarchies()):
    print(f"SKIP {NAME}: no cpuacct is mounted")
    sys.exit(0)
with Pipeline(meters="fake", fake_watts=100, cgroup_hierarchy="cpuacct", interval_ms=500) as pipeline:
    good = run(NAME, lambda: workloads_go_by_cpuacct(pipeline))
    if not good:
        print(pipeline.log())
sys.exit(not good)
