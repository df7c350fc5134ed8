#!/usr/bin/env python3
"""Stages die while all kinds of load run: afterwards the kernel's CPU time and the fake meter's joules are all there."""
import os, pathlib, random, shutil, signal, sys, time

import pipeline
from account import Load, check_account, check_sums
from pipeline import BIN, STAGES, Pipeline, run, wait_for
from replay import Replay, check_joules
from truth import check_ledger

SEED = int(os.environ.get("KILL_SEED", time.time_ns() % 1_000_000))
KILLS = int(os.environ.get("KILLS", 12))
WATTS = 100
SECONDS = 15
KINDS = ["running", "sleeping", "forking", "true", "threads", "leaderless", "usurping", "short"]
print(f"seed {SEED} (KILL_SEED={SEED} repeats it)")
random.seed(SEED)


def kill(p, stage):
    """Kills the stage and waits for its successor."""
    old = wait_for(lambda: p.pid(stage), 30)
    os.kill(old, signal.SIGKILL)
    if not wait_for(lambda: (p.pid(stage) or old) != old, 30):
        raise AssertionError(f"{stage} did not come back")


def collector_and_estimator_die(p):
    loads = [Load(kind) for kind in KINDS]
    try:
        end = time.monotonic() + SECONDS
        started = [load.begin(load.name.split(".")[0], SECONDS) for load in loads]
        for i in range(KILLS):
            kill(p, ("collector", "estimator")[i % 2])
            if i == KILLS // 2:  # born while nobody looks
                os.kill(wait_for(lambda: p.pid("collector"), 30), signal.SIGKILL)
                born = Load("born-in-the-dark")
                loads.append(born)
                started.append(born.begin("running", 2))
            time.sleep(random.random() * 2 * max(0.0, end - time.monotonic()) / (KILLS - i))
        for process in started:
            if process.wait(60):
                raise AssertionError("a load failed")
        print(f"  {p.log().count('restarting')} restarts, counters kept {p.log().count('counters kept')} times")
        check_account(p, loads)
        check_sums(p)
        if not p.metric("tanso_workload_joules_total", workload="born-in-the-dark.service", zone="package"):
            raise AssertionError("the workload born during an outage has no joules")
        if "counters kept" not in p.log():
            raise AssertionError("the collector began new counters")
    finally:
        for load in loads:
            load.remove()


def sigterm_keeps_what_was_counted(p):
    """To the last interval: the ledger's last tick is at most two intervals old when `tanso up` has ended."""
    if p.stop(signal.SIGTERM) != 0:
        raise AssertionError("exit status after SIGTERM")
    stopped_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    check_ledger(p, WATTS)
    last_ns = p.ledger("SELECT last_boot_ns FROM commit_state")[0]["last_boot_ns"]
    print(f"  the last tick in the ledger is {(stopped_ns - last_ns) / 1e9:.2f} s old")
    if stopped_ns - last_ns > 5e9:
        raise AssertionError(f"the last tick in the ledger is {(stopped_ns - last_ns) / 1e9} s old")


def folder_with_wrong_estimator():
    folder = pathlib.Path(pipeline.tempfile.mkdtemp(prefix="tanso-wrong-"))
    for name in ["tanso", "tanso-cli", *(f"tanso-{stage}" for stage in STAGES)]:
        shutil.copy2(BIN / name, folder / name)
    shutil.copy2(BIN.parent / "tests" / "wrong_estimator", folder / "tanso-estimator")
    return folder


def a_wrong_share_is_noticed():
    """The comparison of joules can fail: an estimator that gives every fourth cgroup twice its share does not pass it."""
    folder, loads = folder_with_wrong_estimator(), [Load(f"mutant{i}") for i in range(8)]
    wrong = Pipeline(meters="fake", fake_watts=WATTS, interval_ms=500)
    try:
        wrong.start(binaries=folder)
        replay = Replay(wrong, WATTS)
        for process in [load.begin("running", 4) for load in loads]:
            process.wait()
        check_account(wrong, loads)
        check_sums(wrong)
        try:
            check_joules(wrong, loads, replay.stop())
        except AssertionError as error:
            print(f"  noticed: {error}")
            return
        raise AssertionError("a wrong share went unnoticed")
    finally:
        wrong.__exit__()
        shutil.rmtree(folder)
        for load in loads:
            load.remove()


p = Pipeline(meters="fake", fake_watts=WATTS, interval_ms=500).start()
try:
    results = [
        run(f"{KILLS} kills of collector and estimator lose no CPU time", lambda: collector_and_estimator_die(p)),
        run("SIGTERM keeps what was counted, and every joule is the fake meter's", lambda: sigterm_keeps_what_was_counted(p)),
    ]
    if not all(results):
        print(p.log())
finally:
    p.__exit__()
results.append(run("a wrong share is noticed", a_wrong_share_is_noticed))
sys.exit(not all(results))
