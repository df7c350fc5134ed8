#!/usr/bin/env python3
"""What tanso says of a load is what the kernel says of it."""
import json, subprocess, sys, time, uuid

from account import check_sums
from pipeline import BIN, Group, Pipeline, pod_path, run, wait_for

UID = str(uuid.uuid4())
BUSY = "import time\nend = time.monotonic() + 10\nwhile time.monotonic() < end: pass"


def within(value, wanted, ratio, what):
    if value is None or abs(value - wanted) > ratio * wanted:
        raise AssertionError(f"{what}: {value} is not within {ratio:.0%} of {wanted}")


def ask_over_stdio(p, name):
    messages = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-11-25", "capabilities": {},
         "clientInfo": {"name": "test", "version": "0"}}},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call",
         "params": {"name": "assess_workload_compliance", "arguments": {"workload_name": name}}}]
    out = p.cli("mcp", "--url", f"http://127.0.0.1:{p.http}", input="".join(json.dumps(m) + "\n" for m in messages))
    replies = {r["id"]: r for r in map(json.loads, out.stdout.splitlines())}
    return replies[2]["result"]


def readings(p):
    """How often a program that reads threads ran: the iterator, or the walk along the kernel's list (Linux 6.7)."""
    runs = [p.metric("tanso_probe_runs_total", probe=probe) for probe in ("read", "read_list")]
    return sum(count or 0 for count in runs)


def busy_pod_is_found_everywhere(p):
    group = Group(pod_path(UID))
    try:
        before = wait_for(lambda: readings(p))  # the collector's first report
        if not before:
            raise AssertionError("the collector's counters never came to /metrics")
        node_before = p.metric("kepler_node_cpu_active_joules_total", zone="package")
        seconds_before = p.metric("tanso_workload_cpu_seconds_total")
        group.spawn(sys.executable, "-c", BUSY).wait()
        kernel = group.cpu_seconds()
        settled = wait_for(lambda: abs((p.metric("tanso_workload_cpu_seconds_total", workload=UID) or 0) - kernel) < 0.01 * kernel, 6)
        ours = p.metric("tanso_workload_cpu_seconds_total", workload=UID)
        print(f"CPU time: kernel {kernel:.4f} s, tanso {ours} s")
        if not settled:
            within(ours, kernel, 0.01, "CPU time")
        if p.metric("tanso_power_source_info", usage="ebpf") != 1:
            raise AssertionError("the numbers do not come from eBPF")
        if not readings(p) > before:
            raise AssertionError("no program read the threads")
        joules = p.metric("kepler_pod_cpu_joules_total", pod=UID, zone="package")
        node = p.metric("kepler_node_cpu_active_joules_total", zone="package") - node_before
        share = kernel / (p.metric("tanso_workload_cpu_seconds_total") - seconds_before)
        print(f"energy: pod {joules} J of {node} J active since the load began, with {share:.0%} of the CPU time")
        if not 0.5 * share * node < joules <= node * 1.001:  # its part of each interval's; test_accounting knows every joule
            raise AssertionError(f"{share:.0%} of the CPU time, and of the active energy {joules} of {node}")
        check_sums(p)
        status, answer = p.tool("assess_workload_compliance", workload_name=UID)
        if status != 200 or answer["workload"] != UID or not answer["current_power_watts"] > 0:
            raise AssertionError(f"HTTP: {status} {answer}")
        result = ask_over_stdio(p, UID)
        if result.get("isError") or result["structuredContent"]["workload"] != UID:
            raise AssertionError(f"stdio: {result}")
    finally:
        group.remove()


def watts_agree_between_metrics_and_assessment(p):
    group = Group("tanso-test-steady.slice/steady.service")
    try:
        group.spawn(sys.executable, "-c", "while True: pass")
        time.sleep(4)
        pairs = joules_of_both(p)
        print(f"J and window of assess and /metrics: {pairs[-1]}")
        # both take the same tick some milliseconds apart: seen between, they differ by one
        if sum(abs(a - shown) <= 0.001 * shown for (a, _), (shown, _) in pairs) < 6:
            raise AssertionError(f"J and window of assess against /metrics: {pairs}")
    finally:
        group.remove()


def joules_of_both(p):
    """What the load used in the window by each, and how long that is: who heard the estimator later has a shorter one."""
    pairs = []
    for _ in range(8):
        metrics = p.metrics()
        watts = sum(v for (n, l), v in metrics.items() if n == "tanso_workload_watts" and ("workload", "steady.service") in l)
        seconds = sum(v for (n, _), v in metrics.items() if n == "tanso_watts_window_seconds")
        status, answer = p.tool("assess_workload_compliance", workload_name="steady.service")
        if status != 200:
            raise AssertionError(f"{status} {answer}")
        window = answer["provenance"]["power"]["watts_window_s"]
        pairs.append(((answer["current_power_watts"] * window, window), (watts * seconds, seconds)))
        time.sleep(0.3)
    return pairs


def evidence(p):
    """What tells a lost process from a late one, and both from a stage that was away."""
    probes = {probe: p.metric("tanso_probe_runs_total", probe=probe) for probe in ("read", "read_list", "fork", "free")}
    lost = {name: p.metric(name) for name in ("tanso_events_dropped_total", "tanso_threads_unstored_total",
                                              "tanso_ended_unattributed_seconds_total", "tanso_rows_dropped_total")}
    return f"probes ran {probes}, lost {lost}, restarts {p.log().count('restart')}"


def short_processes_keep_their_time(p):
    group = Group("tanso-test-storm.slice/storm.service")
    try:
        before = evidence(p)
        group.spawn("sh", "-c", "i=0; while [ $i -lt 5000 ]; do /bin/true; i=$((i+1)); done").wait()
        ended = time.monotonic()
        kernel = group.cpu_seconds()
        # A thread's time is folded when RCU frees it: soon, but the kernel names no deadline.
        wait_for(lambda: abs((p.metric("tanso_workload_cpu_seconds_total", workload="storm.service") or 0) - kernel) < 0.005 * kernel, 30, 0.25)
        ours = p.metric("tanso_workload_cpu_seconds_total", workload="storm.service")
        print(f"5000 processes: kernel {kernel:.4f} s, tanso {ours} s, after {time.monotonic() - ended:.1f} s")
        within(ours, kernel, 0.01, f"CPU time of 5000 processes ({before}; then {evidence(p)})")
    finally:
        group.remove()


def every_program_ran(p):
    runs = {probe: p.metric("tanso_probe_runs_total", probe=probe) or 0 for probe in ("prime", "fork", "free", "attach", "mkdir", "rmdir")}
    if not readings(p) or not all(runs.values()):
        raise AssertionError(f"never ran: one of {runs}, or no reading: {readings(p)}")


def metrics_are_valid(p):
    status, text = p.get(f"https://127.0.0.1:{p.metrics_port}/metrics")
    out = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    if out.returncode or out.stdout or out.stderr:
        raise AssertionError(out.stdout + out.stderr)


with Pipeline() as pipeline:
    results = [
        run("a busy pod is found over curl, stdio and /metrics with the kernel's own CPU time", lambda: busy_pod_is_found_everywhere(pipeline)),
        run("5000 processes of a millisecond keep their time within 1 %", lambda: short_processes_keep_their_time(pipeline)),
        run("assess and /metrics show the same watts of their windows", lambda: watts_agree_between_metrics_and_assessment(pipeline)),
        run("every eBPF program ran", lambda: every_program_ran(pipeline)),
        run("promtool finds nothing to say about /metrics", lambda: metrics_are_valid(pipeline)),
    ]
    if not all(results):
        print(pipeline.log())
sys.exit(not all(results))
