"""What layer 1 costs on a crowded node, and a process beside it: layer1.py BUILD_FOLDER [SECONDS [crowd]] (crowd: without the processes beside). Needs root."""
import json, os, pathlib, re, signal, statistics, subprocess, sys, time

build = pathlib.Path(sys.argv[1]).resolve()
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "system"))
sys.argv[1] = str(build / "bin")
from account import LOAD, Load  # noqa: E402
from pipeline import Pipeline, hierarchies, wait_for  # noqa: E402

SECONDS = int(sys.argv[2]) if len(sys.argv) > 2 else 60
CGROUPS, PROCESSES, SCRAPE_SECONDS = 500, 5000, 15
GOALS = {"collector": 0.5, None: 1.0}  # % of one core
PAIRS, SHORT = 6, 1000


def report(what, value, unit, beside, theirs):
    print(f"{what} | {value:.3g} {unit} | {beside} | {theirs:.3g} {unit} | {value / theirs:.3g}", flush=True)


def cpu_seconds(pid):
    """On-CPU time of all threads, in ns by the scheduler; /proc/PID/stat has a grain of 10 ms."""
    return sum(int((task / "schedstat").read_text().split()[0]) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()) / 1e9


def program_ids(pid):
    """BPF programs a process holds, by links or themselves."""
    texts = [f.read_text() for f in pathlib.Path(f"/proc/{pid}/fdinfo").iterdir()]
    return {int(m[1]) for text in texts if (m := re.search(r"prog_id:\s+(\d+)", text))}


def program_seconds(ids):
    """{program: (run time, runs)} since the kernel's BPF statistics were turned on."""
    programs = json.loads(subprocess.run(["bpftool", "prog", "show", "-j"], capture_output=True, text=True, check=True).stdout)
    return {q["name"]: (q.get("run_time_ns", 0) / 1e9, q.get("run_cnt", 0)) for q in programs if q["id"] in ids}


def measure_stages(p):
    stages = ("collector", "resolver", "estimator", "exporter")
    pids = {stage: p.pid(stage) for stage in stages}
    before, began = {s: cpu_seconds(pid) for s, pid in pids.items()}, time.monotonic()
    while time.monotonic() < began + SECONDS:
        p.metrics()
        time.sleep(min(SCRAPE_SECONDS, max(0.1, began + SECONDS - time.monotonic())))
    took = time.monotonic() - began
    return {s: 100 * (cpu_seconds(pid) - before[s]) / took for s, pid in pids.items()}


def measure_programs(p, seconds=10):
    """In a time of their own: the statistics cost something themselves."""
    switch, ids = pathlib.Path("/proc/sys/kernel/bpf_stats_enabled"), program_ids(p.pid("collector"))
    old = switch.read_text()
    switch.write_text("1")
    try:
        before = program_seconds(ids)
        time.sleep(seconds)
        after = program_seconds(ids)
    finally:
        switch.write_text(old)
    return {n: 100 * (t - before.get(n, (0, 0))[0]) / seconds for n, (t, _) in after.items()}


def crowd(loads):
    """By a shell: five hundred forks of this process would take a minute."""
    enter = [" ".join(str(h / load.path / "cgroup.procs") for h in hierarchies()) for load in loads]
    script = "".join(f"(for f in {files}; do echo 0 >$f; done; exec {LOAD} crowd {PROCESSES // CGROUPS}) &\n" for files in enter)
    return subprocess.Popen(["sh", "-s"], stdin=subprocess.PIPE, text=True, start_new_session=True), script + "wait\n"


def crowded_node():
    loads = [Load(f"crowd{i}") for i in range(CGROUPS)]
    shell, script = crowd(loads)
    try:
        shell.stdin.write(script)
        shell.stdin.close()
        folders = [hierarchies()[-1] / load.path for load in loads]
        if not wait_for(lambda: sum((f / "cgroup.procs").read_text().count("\n") for f in folders) >= PROCESSES + CGROUPS, 120, 1):
            raise SystemExit("the crowd did not gather")
        with Pipeline() as p:
            wait_for(lambda: p.metric("tanso_workload_cpu_seconds_total", workload=loads[-1].name) is not None, 30, 0.5)
            time.sleep(5)
            stages, programs = measure_stages(p), measure_programs(p)
    finally:
        os.killpg(shell.pid, signal.SIGKILL)
        shell.wait()
        wait_for(lambda: not any((hierarchies()[-1] / load.path / "cgroup.procs").read_text() for load in loads), 30, 0.5)
        for load in loads:
            load.remove()
    what = f"{PROCESSES} processes in {CGROUPS} cgroups, read every second, scraped every {SCRAPE_SECONDS} s"
    for stage, percent in stages.items():
        report(f"{stage}: {what}", percent, "% of a core", "goal of it" if stage in GOALS else "goal of layer 1", GOALS.get(stage, GOALS[None]))
    report(f"layer 1 together: {what}", sum(stages.values()), "% of a core", "goal", GOALS[None])
    for name, percent in sorted(programs.items(), key=lambda x: -x[1]):
        print(f"  BPF {name} {percent:.4f} % of a core", file=sys.stderr)
    reading = {"prime", "read_usage", "read_list"}
    report("BPF programs on the kernel's events, same node (run_time_ns)", sum(v for n, v in programs.items() if n not in reading), "% of a core",
           "those that read (inside the collector's)", sum(v for n, v in programs.items() if n in reading))


def short_process_us():
    """CPU time of a process of 1 ms, from its fork to its end, by its cgroup's account."""
    load = Load("short")
    try:
        load.begin("count", SHORT).wait()
        return load.cpu_seconds() / SHORT * 1e6
    finally:
        load.remove()


def with_tanso_us():
    with Pipeline():
        time.sleep(1)
        return short_process_us()


def short_processes():
    bare, ours = [], []
    for i in range(PAIRS):  # ABBA
        for is_ours in ((False, True), (True, False))[i % 2]:
            (ours if is_ours else bare).append(with_tanso_us() if is_ours else short_process_us())
    report(f"a process of 1 ms, fork to end, {PAIRS} pairs of {SHORT}", statistics.median(ours), "us of CPU", "without tanso", statistics.median(bare))


signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is stopped then, too
crowded_node()
if "crowd" not in sys.argv[3:]:
    short_processes()
