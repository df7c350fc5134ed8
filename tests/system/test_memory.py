#!/usr/bin/env python3
"""What cgroups hold: modelled memory power reaches processes by it, asleep or not; a working set has no page cache in it."""
import concurrent.futures, contextlib, re, sqlite3, sys, tempfile, time

from account import Ring
from pipeline import BIN, Group, Pipeline, hierarchies, run, wait_for

HOLD = "import time\nb = bytearray(%d << 20)\nfor i in range(0, len(b), 4096): b[i] = 1\nwhile True: time.sleep(3600)"
CACHE = "import sys, time\nf = open(sys.argv[1], 'wb')\nfor i in range(%d): f.write(bytes(1 << 20))\nf.flush()\nwhile True: time.sleep(3600)"
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
            if not wait_for(lambda: all(resident(pid) > size << 20 for pid, size in zip(pids, MEGABYTES)), 60, 0.5):
                raise AssertionError("the processes never held what they should")
            time.sleep(2)  # a reading since then
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


def account(group):
    """Bytes held, and the page cache among them that nobody misses, as the kernel says; the folder's inode."""
    folder = next(h / group.path for h in hierarchies() if (h / group.path / "memory.stat").exists())
    held = next(folder / n for n in ("memory.current", "memory.usage_in_bytes") if (folder / n).exists())
    stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
    return int(held.read_text()), int(stat.get("total_inactive_file", stat["inactive_file"]))


def working_set(ring, group):
    """As the collector tells it."""
    ids = {(h / group.path).stat().st_ino for h in hierarchies()}
    return next((r["resident_bytes"] for r in ring.read()["rows"] if r["kind"] == 1 and r["id"] in ids), 0)


def test_working_set():
    """One that holds memory and one that filled the page cache: found within ten seconds, without waiting for its turn."""
    groups = [Group(f"tanso-test-memory.slice/{name}.service") for name in ("anonymous", "cached")]
    try:
        with Pipeline() as p, tempfile.NamedTemporaryFile(dir=BIN.parent) as file:
            time.sleep(6)
            groups[0].spawn(sys.executable, "-c", HOLD % MEGABYTES[0])
            groups[1].spawn(sys.executable, "-c", CACHE % MEGABYTES[0], file.name)
            if not wait_for(lambda: min(account(g)[0] for g in groups) > MEGABYTES[0] << 20, 30, 0.1):
                raise AssertionError(f"they do not hold it: {[account(g) for g in groups]}")
            time.sleep(11)
            ring = Ring(p)
            for group, is_cache in zip(groups, (False, True)):
                (held, inactive), told = account(group), working_set(ring, group)
                print(f"  {group.path}: held {held >> 20} MiB, inactive cache {inactive >> 20} MiB, working set {told >> 20} MiB")
                if not told or abs(told - (held - inactive)) > 0.05 * held or (told < held / 2) != is_cache:
                    raise AssertionError(f"a working set of {told} bytes")
    finally:
        for group in groups:
            group.remove()


def limit(group, megabytes):
    for h in hierarchies():
        for name in ("memory.max", "memory.limit_in_bytes"):
            if (h / group.path / name).exists():
                (h / group.path / name).write_text(str(megabytes << 20))


def booked(p, name):
    """Peak, limit and kills of the newest three hours, as the ledger has them."""
    path = p.settings["state_dir"] / "analyst/ledger.db"
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as db:
        return db.execute("SELECT m.peak_bytes, m.limit_bytes, m.oom_kills FROM memory_workload m JOIN workload w ON w.id = m.workload "
                          "WHERE w.name = ? ORDER BY slot DESC", (name,)).fetchone() or (0, 0, 0)


def test_ledger():
    """From the cgroup's files to the ledger: the peak, the limit, and a kill for want of memory."""
    group = Group("tanso-test-memory.slice/short.service")
    try:
        limit(group, 128)
        with Pipeline() as p:
            group.spawn(sys.executable, "-c", HOLD % 20)
            if not wait_for(lambda: booked(p, "short.service")[0] > 20 << 20, 20, 0.5):
                raise AssertionError("no peak of it is booked")
            if group.spawn(sys.executable, "-c", HOLD % 300).wait(20) != -9:
                raise AssertionError("it was not killed")
            group.spawn(sys.executable, "-c", HOLD % 60)  # grows, and is read at once
            if not wait_for(lambda: booked(p, "short.service")[2] == 1 and booked(p, "short.service")[0] > 80 << 20, 20, 0.5):
                raise AssertionError(f"booked are {booked(p, 'short.service')}")
            peak, limited, kills = booked(p, "short.service")
            print(f"  peak {peak >> 20} MiB of a limit of {limited >> 20}, kills {kills}")
            if limited != 128 << 20 or peak > limited:
                raise AssertionError("not what the kernel has")
    finally:
        group.remove()


TESTS = (
    ("peaks, limits and kills are booked", test_ledger),
    ("a working set is what is held without the page cache", test_working_set),
    ("modelled memory power goes to processes by what they hold", test))
with concurrent.futures.ThreadPoolExecutor(len(TESTS)) as pool:  # they mostly wait
    sys.exit(not all(list(pool.map(lambda test: run(*test), TESTS))))
