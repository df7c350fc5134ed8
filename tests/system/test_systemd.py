#!/usr/bin/env python3
"""The units under a real systemd: started, killed, kept descriptors, stopped. Boots it in namespaces of its own."""
import os, pathlib, re, signal, subprocess, sys, tempfile, time

from pipeline import BIN, STAGES, run, wait_for

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
GROUP = f"sdtest{os.getpid()}"
work = pathlib.Path(tempfile.mkdtemp(prefix="tanso-systemd-"))
subprocess.run(["mount", "-t", "tmpfs", "tmpfs", work], check=True)
boot = None
init = None


def inside(*command, timeout=20):
    return subprocess.run(["nsenter", "-t", str(init), "-m", "-p", "-u", "-i", "-C", "-n", "-r", "-w", *command],
                          capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL)


def clean_up():
    if boot and boot.poll() is None:
        os.killpg(boot.pid, signal.SIGKILL)
    time.sleep(0.5)
    subprocess.run(["umount", "-l", work / "merged"], capture_output=True)
    subprocess.run(["umount", "-l", work], capture_output=True)
    work.rmdir()
    for h in [pathlib.Path("/sys/fs/cgroup"), *pathlib.Path("/sys/fs/cgroup").iterdir()]:
        for folder, _, _ in os.walk(h / GROUP, topdown=False):
            try:
                os.rmdir(folder)
            except OSError:
                pass


def show(unit, name):
    return inside("systemctl", "show", "-P", name, unit).stdout.strip()


def joules():
    out = inside("curl", "-sk", "-m", "5", "https://127.0.0.1:30443/metrics").stdout
    found = re.search(r'kepler_node_cpu_joules_total\{[^}]*zone="package"[^}]*\} ([\d.]+)', out)
    return float(found[1]) if found else None


def units_verify_clean():
    out = inside("systemd-analyze", "verify", *[f"/usr/lib/systemd/system/tanso-{s}.service" for s in STAGES], "/usr/lib/systemd/system/tanso.target")
    ours = [line for line in (out.stdout + out.stderr).splitlines() if "tanso" in line]
    if ours:
        raise AssertionError("\n".join(ours))


def all_stages_start_as_their_own_users():
    for command in (["systemd-sysusers"], ["systemd-tmpfiles", "--create", "tanso.conf"], ["systemctl", "daemon-reload"], ["systemctl", "start", "tanso.target"]):
        out = inside(*command, timeout=40)
        if out.returncode and command[0] == "systemctl":
            raise AssertionError(f"{command}: {out.stdout}{out.stderr}")
    for stage in STAGES:
        unit = f"tanso-{stage}.service"
        if not wait_for(lambda: show(unit, "ActiveState") == "active", 30):
            raise AssertionError(inside("systemctl", "status", "--no-pager", unit).stdout + inside("journalctl", "--no-pager", "-n", "20", "-u", unit).stdout)
        pid = show(unit, "MainPID")
        user = inside("ps", "-o", "user:32=", "-p", pid).stdout.strip()
        if user != f"tanso-{stage}":
            raise AssertionError(f"{stage} runs as {user}")


def it_answers():
    def answer():
        return inside("curl", "-s", "-m", "5", "-X", "POST", "http://127.0.0.1:30800/tools/list_top_power_consumers", "-d", "{}").stdout
    if not wait_for(lambda: '"consumers"' in answer(), 30, 0.3):
        raise AssertionError(answer())
    status = show("tanso-collector.service", "StatusText")
    if "ebpf" not in status:
        raise AssertionError(f"the collector does not count by eBPF: {status}")
    if not wait_for(joules, 30, 0.3):
        raise AssertionError("no joules in /metrics")


def killed_stages_come_back_with_what_was_kept():
    for stage in ("collector", "estimator", "analyst", "exporter", "frontend", "resolver"):
        unit, before = f"tanso-{stage}.service", joules()
        old = show(unit, "MainPID")
        inside("systemctl", "kill", "-s", "KILL", unit)
        if not wait_for(lambda: show(unit, "MainPID") not in (old, "0") and show(unit, "ActiveState") == "active", 30):
            raise AssertionError(f"{stage} did not come back")
        after = wait_for(joules, 30, 0.2)
        if before is None or after is None or after < before:
            raise AssertionError(f"after the kill of {stage} the node has {after} J, before {before} J")
    if "counters kept" not in show("tanso-collector.service", "StatusText"):
        raise AssertionError("the collector began new counters: " + show("tanso-collector.service", "StatusText"))
    if int(show("tanso-collector.service", "NFileDescriptorStore") or 0) < 10:
        raise AssertionError("nothing in the collector's fd store")


def stop_leaves_nothing():
    inside("systemctl", "stop", "tanso.target", timeout=40)
    left = wait_for(lambda: not inside("pgrep", "-f", "libexec/tanso").stdout, 30)
    if not left:
        raise AssertionError(inside("pgrep", "-af", "libexec/tanso").stdout)
    sockets = inside("find", "/run/tanso", "-type", "s").stdout
    if sockets:
        raise AssertionError("stale sockets: " + sockets)


def start():
    global boot, init
    log = open(work / "boot.log", "wb")
    boot = subprocess.Popen([HERE / "boot-systemd", work, GROUP], stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
    # by name: before it, the script has children of its own
    child = wait_for(lambda: subprocess.run(["pgrep", "-x", "-P", str(boot.pid), "systemd"], capture_output=True, text=True).stdout.split(), 20)
    init = int(child[0]) if child else None
    return init and wait_for(lambda: inside("systemctl", "is-system-running").stdout.strip() in ("running", "degraded"), 40, 0.5)


failed = False
try:
    if not start():
        print("SKIP the units under a real systemd: it could not be booted in namespaces here")
    else:
        out = subprocess.run(["cmake", "--install", BIN.parent], env={**os.environ, "DESTDIR": str(work / "merged")}, capture_output=True, text=True)
        if out.returncode:
            raise SystemExit("FAIL install: " + out.stderr)
        for name, test in {"the units verify clean": units_verify_clean, "all seven units start, each as its own user": all_stages_start_as_their_own_users,
                           "the tools answer under systemd": it_answers, "killed units come back with what the fd store kept": killed_stages_come_back_with_what_was_kept,
                           "systemctl stop leaves nothing": stop_leaves_nothing}.items():
            failed |= not run(name, test)
    if failed:
        print((work / "boot.log").read_text(errors="replace")[-5000:])
finally:
    clean_up()
sys.exit(failed)
