#!/usr/bin/env python3
"""Modelled memory power reaches processes: by what each holds, asleep or not."""
import re, sys, time

from pipeline import Group, Pipeline, run, wait_for

HOLD = "import time\nb = bytearray(%d << 20)\nfor i in range(0, len(b), 4096): b[i] = 1\nwhile True: time.sleep(3600)"
MEGABYTES = 300, 100


def resident(pid):
    """Bytes, as the kernel says."""
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1]) * 1024


def joules(p, group, pids):
    """Memory energy of the processes and of their workload, in one exposition; None while one has none."""
    series = p.metrics()

    def of(name, **labels):
        return [v for (n, l), v in series.items() if n == name and {("zone", "dram"), *labels.items()} <= l]
    found = [of("kepler_process_cpu_joules_total", pid=str(pid)) for pid in pids] + [of("tanso_workload_joules_total", workload=group)]
    return [f[0] for f in found] if all(f and f[0] > 0 for f in found) else None


def test():
    group = Group("tanso-test-memory.slice/hold.service")
    try:
        with Pipeline(process_rows=1000) as p:
            pids = [group.spawn(sys.executable, "-c", HOLD % size).pid for size in MEGABYTES]
            before = wait_for(lambda: joules(p, "hold.service", pids), 30, 0.5)
            if not before:
                raise AssertionError("processes that hold memory have none of its energy")
            time.sleep(10)
            first, second, whole = (b - a for a, b in zip(before, joules(p, "hold.service", pids)))
            held = resident(pids[0]) / resident(pids[1])
            print(f"  {first:.3f} J and {second:.3f} J of the workload's {whole:.3f} J; held {held:.2f} : 1")
            if abs(first / second / held - 1) > 0.1:
                raise AssertionError(f"energy {first / second:.2f} : 1, held {held:.2f} : 1")
    finally:
        group.remove()


sys.exit(not run("modelled memory power goes to processes by what they hold", test))
