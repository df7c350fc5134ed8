"""The kernel's own account of a cgroup beside tanso's. For the system tests."""
import json, os, pathlib, re, subprocess

from pipeline import BIN, Group, hierarchies, wait_for

LOAD = BIN.parent / "tests" / "load"
READ_RING = BIN.parent / "tests" / "read_ring"
GOAL_RATIO, GOAL_SECONDS = 0.005, 0.150  # what layer 1 promises, whichever is larger
ROW_CGROUP, ROW_PROCESS = 1, 2           # enum row_kind
CPU_NS = 0                               # enum counter
READ_BY_TASK = {"switches": 1, "minor_faults": 6, "major_faults": 7, "read_bytes": 10, "write_bytes": 11}
SHOWN_BY_TASK = {"switches": "context_switches", "minor_faults": "minor_page_faults", "major_faults": "major_page_faults",
                 "read_bytes": "block_read_bytes", "write_bytes": "block_write_bytes"}
SHOWN = {"context_switches": 1, "cpu_cycles": 2, "cpu_instructions": 3, "cpu_cache_misses": 4, "cpu_dtlb_loads": 5, "minor_page_faults": 6,
         "major_page_faults": 7, "page_cache_added_pages": 8, "page_cache_dirtied_pages": 9, "block_read_bytes": 10, "block_write_bytes": 11,
         "block_operations": 12, "network_receive_bytes": 13, "network_transmit_bytes": 14, "network_receive_packets": 15,
         "network_transmit_packets": 16, "softirq_seconds": 17}  # with metrics_counters, by enum counter
SLICE = f"tanso-test-{os.getpid()}.slice"  # what an aborted run left behind is not ours


def off_goal(ours, kernel):
    """By how many seconds beyond the promise; 0 if it is kept."""
    return max(0.0, abs(ours - kernel) - max(GOAL_RATIO * kernel, GOAL_SECONDS))


def node_cpu_seconds():
    """All CPU time of all tasks: the root's account."""
    for h in hierarchies():
        if (h / "cpuacct.usage").exists():
            return int((h / "cpuacct.usage").read_text()) / 1e9
    return int(re.search(r"usage_usec (\d+)", (hierarchies()[0] / "cpu.stat").read_text())[1]) / 1e6


def stat_busy_seconds():
    """The tick-sampled account of /proc/stat: user, nice, system, irq, softirq of all CPUs."""
    fields = [int(x) for x in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    return sum(fields[i] for i in (0, 1, 2, 5, 6)) / os.sysconf("SC_CLK_TCK")


class Load(Group):
    """A cgroup of its own under one slice, with a load in it."""

    def __init__(self, name, slice_name=SLICE):
        self.name = f"{name}.service"
        super().__init__(f"{slice_name}/{self.name}")

    def begin(self, *arguments):
        return self.spawn(LOAD, *map(str, arguments))

    def remove_only(self):
        """Leaves the slice."""
        for h in hierarchies():
            (h / self.path).rmdir()

    def cgroup_id(self):
        return (hierarchies()[-1] / self.path).stat().st_ino  # unified stands last

    def tanso_seconds(self, p):
        return p.metric("tanso_workload_cpu_seconds_total", workload=self.name) or 0.0


def check_account(p, loads, seconds=6):
    """Prints both accounts of each load; raises if a promise is broken. An ended thread comes ~0.1 s (RCU) and an interval late."""
    wait_for(lambda: all(abs(load.tanso_seconds(p) - load.cpu_seconds()) < 0.001 for load in loads), seconds, 0.3)
    bad = []
    for load in loads:
        ours, kernel = load.tanso_seconds(p), load.cpu_seconds()
        print(f"  {load.name:22} kernel {kernel:9.4f} s  tanso {ours:9.4f} s  {1000 * (ours - kernel):+8.3f} ms")
        if off_goal(ours, kernel):
            bad.append(f"{load.name}: {ours} against {kernel}")
    if bad:
        raise AssertionError("; ".join(bad))


def uj(joules):
    return round(joules * 1e6)


def check_sums(p):
    """Σ workloads + idle = node in one exposition, to the µJ."""
    series = p.metrics()
    total = {name: sum(uj(v) for (n, l), v in series.items() if n == name and ("zone", "package") in l)
             for name in ("tanso_workload_joules_total", "kepler_node_cpu_joules_total", "kepler_node_cpu_idle_joules_total")}
    workloads, node, idle = total.values()
    print(f"  workloads {workloads} µJ + idle {idle} µJ, node {node} µJ")
    if workloads + idle != node:
        raise AssertionError(f"{workloads} + {idle} µJ is not the node's {node} µJ")


class Ring:
    """The collector's readings, straight from its shared memory."""

    def __init__(self, p):
        self.path = next(f for f in pathlib.Path(f"/proc/{p.pid('collector')}/fd").iterdir() if "tanso-ring" in os.readlink(f))

    def read(self):
        out = subprocess.run([READ_RING, self.path], capture_output=True, text=True)
        if out.returncode:
            raise RuntimeError(out.stderr)
        return json.loads(out.stdout)

    def next(self, seconds=20):
        """The next reading, as soon as it is there."""
        seq = self.read()["seq"]

        def newer():
            tick = self.read()
            return tick if tick["seq"] > seq else None
        tick = wait_for(newer, seconds, 0.02)
        if not tick:
            raise AssertionError(f"no reading after {seq} in {seconds} s")
        return tick


def cgroup_cpu_ns(tick, cgroup_id):
    return next((r["counter"][CPU_NS] for r in tick["rows"] if r["kind"] == ROW_CGROUP and r["id"] == cgroup_id), 0)


def process_rows(tick, pid):
    return [r for r in tick["rows"] if r["kind"] == ROW_PROCESS and r["tgid"] == pid]


def kernel_counters(pid):
    """What /proc says of a process, by the names of READ_BY_TASK."""
    folder = pathlib.Path(f"/proc/{pid}")
    stat = (folder / "stat").read_text().rpartition(")")[2].split()
    said = {k: int(v) for name in ("status", "io") for k, v in re.findall(r"(\w+):\s+(\d+)", (folder / name).read_text())}
    return {"switches": said["voluntary_ctxt_switches"] + said["nonvoluntary_ctxt_switches"], "minor_faults": int(stat[7]),
            "major_faults": int(stat[9]), "read_bytes": said["read_bytes"], "write_bytes": said["write_bytes"]}


def probe_runs(p):
    """{probe: how often the kernel ran it} of all attached probes."""
    series = p.metrics()
    runs = {dict(l)["probe"]: v for (n, l), v in series.items() if n == "tanso_probe_runs_total"}
    attached = {dict(l)["probe"] for (n, l), v in series.items() if n == "tanso_probe_attached" and v == 1}
    return {probe: runs.get(probe, 0) for probe in attached}
