#!/usr/bin/env python3
"""30 kill -9 of random stages under load: the ledger holds the fake meter's energy to the microjoule, and each scrape the node's."""
import os, random, signal, sqlite3, subprocess, sys, time

from pipeline import BIN, STAGES, Group, Pipeline, run, wait_for
from truth import check_ledger

SEED = int(os.environ.get("KILL_SEED", time.time_ns() % 1_000_000))
KILLS = int(os.environ.get("KILLS", 30))
WATTS = 100
print(f"seed {SEED} (KILL_SEED={SEED} repeats it)")
random.seed(SEED)

# of this process alone: what another test's workload of the same name drew would be added to ours
SLICE, GONE, BORN = f"tanso-test-kill-{os.getpid()}.slice", f"gone-{os.getpid()}.service", f"born-in-the-dark-{os.getpid()}.service"


def microjoules(series, name, **labels):
    return sum(round(v * 1e6) for (n, l), v in series.items() if n == name and set(labels.items()) <= l)


class Watch:
    """Counters must never go down, and workloads are the node's active energy, whatever dies."""

    def __init__(self):
        self.last, self.scrapes, self.spawn = {}, 0, 0

    def look(self, p):
        try:
            series = p.metrics()
        except (OSError, RuntimeError):
            return  # the exporter is down or waits for the resend
        now = {k: v for k, v in series.items() if k[0].endswith("joules_total")}
        self.scrapes += 1
        for (name, labels), value in now.items():
            key = name, frozenset(x for x in labels if x[0] != "state")
            if value < self.last.get(key, 0):
                raise AssertionError(f"{name} {dict(labels)} fell from {self.last[key]} to {value}")
            self.last[key] = value
        left_out = [dict(l)["stage"] for n, l in series if n == "tanso_stats_left_out"]
        if left_out:
            raise AssertionError(f"stages with more stats than STATS_MAX: {left_out}")
        active = microjoules(now, "kepler_node_cpu_active_joules_total", zone="package")
        workloads = microjoules(now, "tanso_workload_joules_total", zone="package")
        ended = microjoules(now, "tanso_workload_ended_joules_total", zone="package")
        if workloads + ended != active:
            raise AssertionError(f"workloads {workloads} + ended {ended} µJ are not the node's active {active} µJ")
        if ended:
            raise AssertionError(f"{ended} µJ of workloads have no series, though none ended five minutes ago")


def end_one(p):
    """A workload that works and ends; its terminated series."""
    group = Group(f"{SLICE}/{GONE}")
    group.spawn(sys.executable, "-c", "import time\ne=time.monotonic()+1\nwhile time.monotonic()<e: pass").wait()
    time.sleep(0.5)
    group.remove()
    if not wait_for(lambda: gone(p), 30):
        raise AssertionError("what ended is not shown as terminated")
    return gone(p)


def gone(p):
    return p.metric("tanso_workload_joules_total", workload=GONE, zone="package", state="terminated")


def kill_now(p, stage):
    """Kills the stage, also if it is just coming back; its old pid."""
    while True:
        pid = wait_for(lambda: p.pid(stage), 30)
        try:
            os.kill(pid, signal.SIGKILL)
            return pid
        except ProcessLookupError:
            pass


def kill_one(p, watch, slowest, stage):
    began = time.monotonic()
    old = kill_now(p, stage)
    new = wait_for(lambda: (p.pid(stage) or old) != old and p.pid(stage), 30, 0.01)
    ready = wait_for(lambda: p.log().count(f"✓ {stage}") > watch.ready.get(stage, 1), 30, 0.01)
    back = time.monotonic() - began
    watch.ready[stage] = p.log().count(f"✓ {stage}")
    slowest[stage] = max(slowest.get(stage, 0), back)
    began = time.monotonic()
    subprocess.run([BIN / "tanso", "--version"], stdout=subprocess.DEVNULL, check=True)
    watch.spawn = max(watch.spawn, time.monotonic() - began)
    if not new or not ready:
        raise AssertionError(f"{stage} did not come back")
    time.sleep(random.random() * 0.4)


def wrong_share_is_noticed(p):
    """The check above can fail: one µJ more in one workload is seen."""
    path = p.settings["state_dir"] / "analyst" / "ledger.db"
    columns = [c["name"] for c in p.ledger("PRAGMA table_info(slot_node)")]
    column = next(c for c in columns if "package" in c)
    with sqlite3.connect(path) as db:
        db.execute(f"UPDATE slot_node SET {column} = {column} + 1 WHERE slot = (SELECT max(slot) FROM slot_node)")
    try:
        check_ledger(p, WATTS)
    except AssertionError:
        return
    raise AssertionError("a wrong µJ went unnoticed")


def successor_names_consumers(p):
    """An analyst that has just come back does not say that nothing draws power."""
    kill_now(p, "analyst")
    answers = []
    wait_for(lambda: answers.append(p.tool("list_top_power_consumers")) or answers[-1][0] == 200, 30)
    if answers[-1][0] != 200 or not answers[-1][1]["consumers"]:
        raise AssertionError(f"after the analyst's death: {answers[-1]}")


def test():
    groups = [Group(f"{SLICE}/load{i}.service") for i in range(20)]
    p = Pipeline(meters="fake", fake_watts=WATTS, interval_ms=200)
    slowest = {}
    try:
        p.start()
        watch = Watch()
        watch.ready = {s: 1 for s in STAGES}
        for i, g in enumerate(groups):
            g.spawn(sys.executable, "-c", f"import time\nwhile True:\n  e=time.monotonic()+0.0{i % 5 + 1}\n  while time.monotonic()<e: pass\n  time.sleep(0.2)")
        fds = len(os.listdir(f"/proc/{p.process.pid}/fd"))
        born = None
        before = end_one(p)
        for i in range(KILLS):
            kill_one(p, watch, slowest, STAGES[i] if i < len(STAGES) else random.choice(STAGES))
            watch.look(p)
            if i == KILLS // 2:  # born while estimator and analyst are dead
                for s in ("estimator", "analyst"):
                    kill_now(p, s)
                born = Group(f"{SLICE}/{BORN}")
                groups.append(born)
                born.spawn(sys.executable, "-c", "import time\ne=time.monotonic()+3\nwhile time.monotonic()<e: pass")
                wait_for(lambda: p.pid("estimator") and p.pid("analyst"), 30)
                time.sleep(1)
                watch.ready = {s: p.log().count(f"✓ {s}") for s in STAGES}
        time.sleep(2)
        watch.look(p)
        successor_names_consumers(p)
        print(f"{watch.scrapes} scrapes, slowest return: " + ", ".join(f"{s} {t:.2f} s" for s, t in sorted(slowest.items())))
        print(f"slowest start of a process that does nothing: {watch.spawn:.2f} s")
        late = {s: t for s, t in slowest.items() if t > 1 + 10 * watch.spawn}  # a second, and what the machine itself takes
        joules_born = p.metric("tanso_workload_joules_total", workload=BORN, zone="package")
        if not joules_born:
            raise AssertionError("the workload born during an outage has no joules")
        fds_after = len(os.listdir(f"/proc/{p.process.pid}/fd"))
        if fds_after > fds + 3:
            raise AssertionError(f"tanso up holds {fds_after} descriptors, {fds} before the kills")
        if gone(p) != before:
            raise AssertionError(f"what had ended with {before} J is shown with {gone(p)} J after the kills")
        p.stop()
        check_ledger(p, WATTS)
        if not any(r["name"] == BORN for r in p.ledger("SELECT name FROM workload")):
            raise AssertionError("the workload born during an outage is not in the ledger")
        wrong_share_is_noticed(p)
        if late:
            raise AssertionError(f"back later than a second: {late}")
    except Exception:
        print(p.log()[-6000:])
        raise
    finally:
        for g in groups:
            g.remove()
        p.__exit__()


sys.exit(not run(f"{KILLS} random kills under load leave ledger = meter to the microjoule", test))
