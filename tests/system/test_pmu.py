#!/usr/bin/env python3
"""The path of hardware counters end to end, on the CPUs' clock in the place of one: what it counts must be the CPU time."""
import os, sys, time

from account import Load, Ring, probe_runs
from pipeline import Pipeline, hierarchies, run, wait_for

CPU_NS, CYCLES = 0, 2  # enum counter
RATIO, LEAST = 0.01, 0.005  # the switches themselves; what else the clock counts and the scheduler leaves out is added, see lost_seconds()
SECONDS = 3
SHORT = 1500           # processes of a millisecond


def row_of(tick, load):
    row = next((r for r in tick["rows"] if r["kind"] == 1 and r["id"] == load.cgroup_id()), None)
    return (row["counter"][CPU_NS] / 1e9, row["counter"][CYCLES] / 1e9) if row else (0.0, 0.0)


def lost_seconds():
    """Time of all CPUs that was stolen from this guest or went to interrupts: no load's CPU time, but the clock goes on in it."""
    irq, softirq, steal = (int(word) for word in open("/proc/stat").readline().split()[6:9])
    return (irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def the_clock_is_the_cpu_time(p):
    """Who forks, lives for a millisecond, runs threads, or is moved while it runs: nobody inherits what others counted."""
    kinds = ["running", "forking", "threads", "short", "moved-from", "moved-to"]
    loads, ring = {kind: Load(f"pmu-{kind}") for kind in kinds}, Ring(p)
    before = lost_seconds()
    try:
        started = [loads[kind].begin(kind, SECONDS) for kind in ("running", "forking", "threads")]
        started.append(loads["short"].begin("count", SHORT))
        moved = loads["moved-from"].begin("running", SECONDS)
        time.sleep(1.5)
        for h in reversed(hierarchies()):
            (h / loads["moved-to"].path / "cgroup.procs").write_text(str(moved.pid))
        if [s.wait(60) for s in [*started, moved]] != [0] * 5:
            raise AssertionError("a load failed")

        def is_settled():
            tick = ring.next()
            return tick if all(abs(row_of(tick, l)[0] - l.cpu_seconds()) < 0.005 for l in loads.values()) else None
        tick = wait_for(is_settled, 6) or ring.next()
        lost, bad = lost_seconds() - before, []
        print(f"  stolen or spent on interrupts: {lost:.2f} s")
        for kind, load in loads.items():
            cpu, clock = row_of(tick, load)
            print(f"  {kind:10} kernel {load.cpu_seconds():8.4f} s  CPU time {cpu:8.4f} s  clock {clock:8.4f} s  {100 * (clock / cpu - 1) if cpu else 0:+.2f} %")
            if cpu < 0.02 or not -max(RATIO * cpu, LEAST) <= clock - cpu <= max(RATIO * cpu, LEAST) + lost:
                bad.append(kind)
        if bad:
            raise AssertionError(f"beyond 1 % and 5 ms and what was lost, or no CPU time to speak of: {bad}")
        if not probe_runs(p).get("switch"):
            raise AssertionError("the program on the switches did not run")
    finally:
        for load in loads.values():
            load.remove()


with Pipeline(meters="fake", fake_watts=100, pmu_cycles="cpu-clock", interval_ms=500) as pipeline:
    good = run("a clock in the place of a hardware counter has the CPU time of every load within 1 %", lambda: the_clock_is_the_cpu_time(pipeline))
    if not good:
        print(pipeline.log())
sys.exit(not good)
