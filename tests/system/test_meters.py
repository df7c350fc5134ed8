#!/usr/bin/env python3
"""What the meters say is what the node gets, to the microjoule: over wraps, restarts and hot-plug, by the real stages."""
import os, pathlib, shutil, signal, subprocess, sys, tempfile, time, uuid

from fake_sysfs import RAPL_RANGE, FakeSysfs
from pipeline import BIN, Group, Pipeline, pod_path, run, wait_for

SOURCE = pathlib.Path(__file__).resolve().parents[2]


def expect(what, value, wanted):
    if value != wanted:
        raise AssertionError(f"{what}: {value}, not {wanted}")


def server(folder):
    """Two sockets of 150 and 90 W with memory of 20 and 10 W; the first wraps within a second."""
    sysfs = FakeSysfs(folder)
    sysfs.rapl("intel-rapl:0", "package-0", 150, start=RAPL_RANGE - 100_000_000)
    sysfs.rapl("intel-rapl:0:0", "dram", 20, start=65_712_999_613 - 50_000_000, range_uj=65_712_999_613)
    sysfs.rapl("intel-rapl:1", "package-1", 90, start=5)
    sysfs.rapl("intel-rapl:1:0", "dram", 10, range_uj=65_712_999_613)
    return sysfs


def node_uj(p, zone):
    if zone == "gpu":
        return sum(gpus_uj(p).values())
    value = p.metric("kepler_node_cpu_joules_total", zone=zone)
    return None if value is None else round(value * 1e6)


def gpus_uj(p, kind=""):
    return {dict(l)["gpu_uuid"]: round(v * 1e6) for (n, l), v in p.metrics().items() if n == f"kepler_node_gpu_{kind}joules_total"}


def settle(p, zone, wanted):
    """The node's energy of the zone once it no longer changes (the meter stands still), or what it is at last."""
    wait_for(lambda: node_uj(p, zone) == wanted, 30)
    return node_uj(p, zone)


def shares(p, zone):
    """Energy of all workloads in a zone, µJ, from one scrape with the node's, so that both are of one reading."""
    series = p.metrics()
    workloads = sum(round(v * 1e6) for (n, l), v in series.items() if n == "tanso_workload_joules_total" and ("zone", zone) in l)
    total, idle = (sum(round(v * 1e6) for (n, l), v in series.items() if n == f"kepler_node_cpu_{k}joules_total" and ("zone", zone) in l)
                   for k in ("", "idle_"))
    return workloads, idle, total


def node_is_the_meter_to_the_microjoule(folder):
    sysfs = server(folder / "sys1")
    group = Group("tanso-test-meters.slice/busy.service")
    try:
        with Pipeline(sysfs_root=sysfs.root, meters="powercap,model", interval_ms=200) as p:
            expect("meter", p.metric("tanso_meter_info", meter="powercap"), 1)
            busy = group.spawn(sys.executable, "-c", "while True: pass")
            sysfs.run()
            time.sleep(4)
            os.kill(p.pid("collector"), signal.SIGKILL)
            time.sleep(4)
            watts = p.metric("kepler_node_cpu_watts", zone="package")
            sysfs.freeze()
            busy.kill()
            for zone, prefix in (("package", "package"), ("dram", "dram")):
                expect(f"node's {zone} µJ", settle(p, zone, sysfs.truth(prefix)), sysfs.truth(prefix))
                workloads, idle, total = shares(p, zone)
                print(f"{zone}: fixture {sysfs.truth(prefix)} µJ = node {total} = workloads {workloads} + idle {idle}")
                expect(f"workloads + idle of {zone}", workloads + idle, total)
            if not 200 < watts < 280:  # 240 W, over the time there is
                raise AssertionError(f"{watts} W of package, not 240")
            expect("state", p.metric("tanso_power_state", state="measured"), 1)
            expect("breaks", p.metric("tanso_meter_breaks_total", zone="package"), 0)
    finally:
        sysfs.freeze()
        group.remove()


def a_perf_counter_counts_on_while_the_collector_is_dead(folder):
    """cpu-clock under the power PMU's name: 1e-7 J a nanosecond, 100 W on one CPU, whoever is alive."""
    sysfs = FakeSysfs(folder / "sys2")
    pmu = "bus/event_source/devices/power/"
    for name, text in (("type", "1"), ("cpumask", "0"), ("events/energy-pkg", "event=0x00"), ("events/energy-pkg.scale", "1e-7"),
                       ("events/energy-pkg.unit", "Joules")):
        sysfs.put(pmu + name, text + "\n")
    with Pipeline(sysfs_root=sysfs.root, meters="perf,model", interval_ms=200) as p:
        if p.metric("tanso_meter_info", meter="perf") != 1:
            raise AssertionError(p.log())
        before, begin = wait_for(lambda: node_uj(p, "package")), time.monotonic()
        for _ in range(3):
            time.sleep(1)
            os.kill(p.pid("collector"), signal.SIGKILL)
        time.sleep(2)
        after, seconds = node_uj(p, "package"), time.monotonic() - begin
        watts = (after - before) / 1e6 / seconds
        print(f"perf: {watts:.2f} W over {seconds:.2f} s and three kills")
        if not 90 < watts < 110:  # readings are 0.2 s apart at both ends
            raise AssertionError(f"{watts} W, not 100")
        expect("breaks", p.metric("tanso_meter_breaks_total", zone="package"), 0)


def gpus_stand_beside_the_cpu_meter(folder):
    """Two GPUs; a pod uses 60 % of one, a process that nobody knows 20 %: the pod gets three quarters of that one. Nobody uses the other."""
    library = pathlib.Path(BIN).parents[0] / "tests/nvml/libnvidia-ml.so.1"
    if not library.exists():
        raise AssertionError(f"{library} is not built")
    sysfs, gpus, uid = server(folder / "sys3"), folder / "gpus", str(uuid.uuid4())
    group = Group(pod_path(uid))

    def describe(mj):
        (folder / "gpus.new").write_text(f"gpu GPU-a {1000 + mj} 0 0\ngpu GPU-b {777 + 2 * mj} 0 0\n"
                                         f"process 0 {user.pid} {5_000_000 + mj * 1000} 60\nprocess 0 4000000 {5_000_000 + mj * 1000} 20\n")
        (folder / "gpus.new").rename(gpus)

    try:
        user = group.spawn("sleep", "60")
        describe(0)
        os.environ["FAKE_NVML"] = str(gpus)
        with Pipeline(sysfs_root=sysfs.root, meters="powercap,nvml,model", nvml_library=library, interval_ms=200) as p:
            expect("meter", p.metric("tanso_meter_info", meter="powercap+nvml"), 1)
            describe(300)
            expect("node's gpu µJ", settle(p, "gpu", 900_000), 900_000)
            wait_for(lambda: p.metric("kepler_pod_gpu_joules_total", pod=uid), 30)
            pod = p.metric("kepler_pod_gpu_joules_total", pod=uid)
            print(f"gpu: the pod has {pod} J of the 0.3 J of its GPU; the other one's 0.6 J are idle")
            expect("the pod's gpu J", pod, 0.225)
            expect("used of each", gpus_uj(p, "active_"), {"GPU-a": 300_000, "GPU-b": 0})
            expect("idle of each", gpus_uj(p, "idle_"), {"GPU-a": 0, "GPU-b": 600_000})
            expect("name", p.metric("kepler_node_gpu_joules_total", gpu="1", gpu_name="Fake of GPU-b", vendor="nvidia"), 0.6)
            os.kill(p.pid("collector"), signal.SIGKILL)
            describe(400)
            expect("node's gpu µJ after a kill", settle(p, "gpu", 1_200_000), 1_200_000)
            expect("each one's", gpus_uj(p), {"GPU-a": 400_000, "GPU-b": 800_000})
            if "SIGSYS" in p.log():
                raise AssertionError(p.log())
    finally:
        os.environ.pop("FAKE_NVML", None)
        group.remove()


def an_unknown_meter_ends_the_start_with_the_valid_names(folder):
    out = subprocess.run([BIN / "tanso-collector", "--set", "meters=powercap,nonsense", "--set", f"runtime_dir={folder}"],
                         capture_output=True, text=True, timeout=20)
    if out.returncode == 0 or "meters = powercap,nonsense: 'nonsense' is no meter; valid are perf, powercap" not in out.stderr:
        raise AssertionError(out.stderr)


def udev_speaks(rules):
    """What udevadm says of a rules file, alone in a mount namespace of its own, for the device `null`."""
    script = ("mount -t tmpfs none /lib/udev/rules.d 2>/dev/null || mount -t tmpfs none /usr/lib/udev/rules.d; mkdir -p /run/udev/rules.d; "
              "mount -t tmpfs none /run/udev/rules.d; cp \"$1\" /run/udev/rules.d/70-tanso.rules; "
              "SYSTEMD_LOG_LEVEL=debug udevadm test --action=add /sys/devices/virtual/mem/null 2>&1")
    return subprocess.run(["unshare", "-m", "bash", "-c", script, "_", rules], capture_output=True, text=True).stdout


def the_udev_rule_is_understood(folder):
    rule = (SOURCE / "deploy/systemd/tanso-meters.rules").read_text()
    said = udev_speaks(SOURCE / "deploy/systemd/tanso-meters.rules")
    complaints = [line for line in said.splitlines() if "70-tanso.rules:" in line and ("nvalid" in line or "nknown" in line or "ignoring" in line)]
    if "70-tanso.rules" not in said or complaints:
        raise AssertionError("\n".join(complaints) or said)
    # The same rule moved to a device that is here: what it would run. And a spoilt one must be complained of.
    (folder / "moved.rules").write_text(rule.replace('"powercap"', '"mem"').replace("intel-rapl*:*", "null").replace('TEST=="energy_uj"', 'TEST=="uevent"'))
    said = udev_speaks(folder / "moved.rules")
    for command in ("/bin/chgrp tanso /sys/devices/virtual/mem/null/energy_uj", "/bin/chmod 0440 /sys/devices/virtual/mem/null/energy_uj"):
        if command not in said:
            raise AssertionError(f"{command!r} is not run:\n{said}")
    (folder / "spoilt.rules").write_text(rule.replace("RUN+=", "RUNS+="))
    if "nvalid" not in udev_speaks(folder / "spoilt.rules"):
        raise AssertionError("a spoilt rule was not noticed: this test sees nothing")


scratch = pathlib.Path(tempfile.mkdtemp(prefix="tanso-meters-"))
try:
    results = [
        run("the node is the meter to the microjoule over wraps and a kill, and its shares are the node", lambda: node_is_the_meter_to_the_microjoule(scratch)),
        run("a perf counter counts on while the collector is dead", lambda: a_perf_counter_counts_on_while_the_collector_is_dead(scratch)),
        run("GPUs stand beside the CPU meter, and a pod gets its part of them", lambda: gpus_stand_beside_the_cpu_meter(scratch)),
        run("an unknown meter ends the start with the valid names", lambda: an_unknown_meter_ends_the_start_with_the_valid_names(scratch)),
    ]
    if shutil.which("udevadm"):
        results.append(run("the udev rule is understood by udev", lambda: the_udev_rule_is_understood(scratch)))
    else:
        print("SKIP the udev rule is understood by udev: no udevadm")
finally:
    shutil.rmtree(scratch, ignore_errors=True)
sys.exit(not all(results))
