#!/usr/bin/env python3
"""cgroup v1: with cgroup_hierarchy = cpuacct workloads go by that hierarchy, and have its own account."""
import os, pathlib, subprocess, sys, tempfile, time

from account import LOAD, Load, check_account, check_sums
from pipeline import Pipeline, hierarchies, run, wait_for

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


def container_of(p):
    try:
        return p.metric("tanso_workload_joules_total", workload="d" * 64, kind="container", namespace="docker")
    except (OSError, RuntimeError):
        return None  # it starts anew


def containers_that_stand_in_v1_alone_are_not_their_runtimes():
    mounts, name = pathlib.Path("/sys/fs/cgroup"), f"tanso-hybrid-{os.getpid()}"
    with tempfile.TemporaryDirectory() as root:
        both = [mounts / "cpuacct" / name, mounts / "unified" / name]
        made = [*both, both[1] / "containerd.service", both[0] / "docker", both[0] / "docker" / ("d" * 64)]
        for folder in made[:3]:
            folder.mkdir()
        for folder in both:
            pathlib.Path(root, folder.parent.name).symlink_to(folder)

        def enter():
            (made[2] / "cgroup.procs").write_text(str(os.getpid()))
            (made[4] / "cgroup.procs").write_text(str(os.getpid()))

        try:
            with Pipeline(meters="fake", fake_watts=100, interval_ms=500, cgroup_root=root) as p:
                for folder in made[3:]:
                    folder.mkdir()
                load = subprocess.Popen([LOAD, "running", "8"], preexec_fn=enter)
                if not wait_for(lambda: (container_of(p) or 0) > 10, 20, 0.3):
                    raise AssertionError(f"no container has energy:\n{p.log()}")
                check_sums(p)
                load.wait(20)
        finally:
            for folder in reversed(made):
                if folder.is_dir():
                    folder.rmdir()


if not any((h / "cpuacct.usage").exists() for h in hierarchies()):
    print(f"SKIP {NAME}: no cpuacct is mounted")
    sys.exit(0)
with Pipeline(meters="fake", fake_watts=100, cgroup_hierarchy="cpuacct", interval_ms=500) as pipeline:
    good = run(NAME, lambda: workloads_go_by_cpuacct(pipeline))
    if not good:
        print(pipeline.log())
HYBRID = "containers of a hybrid layout that stand in v1 alone are told from containerd.service"
if not pathlib.Path("/sys/fs/cgroup/unified/cgroup.procs").exists():
    print(f"SKIP {HYBRID}: no hybrid layout")
else:
    good &= run(HYBRID, containers_that_stand_in_v1_alone_are_not_their_runtimes)
sys.exit(not good)
