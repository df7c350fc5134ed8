#!/usr/bin/env python3
"""Real containers (runc) and pods' cgroups of both drivers: found under their ids, with the kernel's CPU time and sums that agree."""
import hashlib, json, pathlib, shutil, subprocess, sys, tempfile, uuid

from account import LOAD, check_account, Load, uj
from pipeline import Group, Pipeline, pod_path, run, wait_for

WATTS = 100


def new_id(seed):
    return hashlib.sha256(f"{seed}{uuid.uuid4()}".encode()).hexdigest()


def pod_path_cgroupfs(uid, container, qos="burstable"):
    return f"kubepods/{qos}/pod{uid}/{container}"


class Pod(Load):
    """A hand-made pod's container; its name in tanso is the pod's uid, as long as nobody tells another."""

    def __init__(self, driver, qos="burstable"):
        self.uid, self.container = str(uuid.uuid4()), new_id(driver)
        self.name = self.uid
        Group.__init__(self, driver(self.uid, self.container, qos))


class Runc(Pod):
    """A real container: its own namespaces and root folder, its cgroup where a kubelet would have put it."""

    def __init__(self, driver):
        super().__init__(driver)
        self.bundle = pathlib.Path(tempfile.mkdtemp(prefix="tanso-runc-"))
        subprocess.run(["runc", "spec"], cwd=self.bundle, check=True)
        spec = json.loads((self.bundle / "config.json").read_text())
        for name in ("bin", "lib", "lib64", "usr", "work"):
            (self.bundle / "rootfs" / name).mkdir(parents=True)
        binds = [(f"/{n}", f"/{n}") for n in ("bin", "lib", "lib64", "usr")] + [(str(LOAD.parent), "/work")]
        spec["mounts"] += [{"destination": to, "source": source, "type": "bind", "options": ["rbind", "ro"]} for source, to in binds]
        spec["process"].pop("rlimits", None)  # CAP_SYS_RESOURCE may be missing here
        spec["process"].update(terminal=False, args=["/work/load", "forking", "4"])
        spec["linux"]["cgroupsPath"] = "/" + self.path
        spec["linux"]["namespaces"] = [n for n in spec["linux"]["namespaces"] if n["type"] != "cgroup"]
        (self.bundle / "config.json").write_text(json.dumps(spec))

    def start(self):
        subprocess.run(["runc", "run", "-d", "--bundle", self.bundle, f"tanso-test-{self.uid}"], check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)

    def has_ended(self):
        out = subprocess.run(["runc", "state", f"tanso-test-{self.uid}"], capture_output=True, text=True, check=True).stdout
        return json.loads(out)["status"] == "stopped"

    def remove(self):
        subprocess.run(["runc", "delete", "--force", f"tanso-test-{self.uid}"], capture_output=True)
        super().remove()
        for h in pathlib.Path("/sys/fs/cgroup").iterdir():  # runc makes its parents in every hierarchy
            for folder in pathlib.Path(self.path).parents:
                try:
                    (h / folder).rmdir()
                except OSError:
                    pass
        shutil.rmtree(self.bundle, ignore_errors=True)


def labels_of(p, name, **wanted):
    """The label sets of the series of that name with these labels."""
    return [dict(l) for (n, l), _ in p.metrics().items() if n == name and set(wanted.items()) <= l]


def found_under_its_ids(p, pod, runtime):
    found = wait_for(lambda: labels_of(p, "kepler_container_cpu_joules_total", container_id=pod.container, zone="package"), 30, 0.2)
    if not found or found[0]["pod_id"] != pod.uid or found[0]["runtime"] != runtime:
        raise AssertionError(f"container {pod.container}: {found}")
    found = labels_of(p, "kepler_pod_cpu_joules_total", pod_id=pod.uid, zone="package")
    if len(found) != 1 or found[0]["pod"] != pod.uid:
        raise AssertionError(f"pod {pod.uid}: {found}")


def sums_agree(p, pod, containers):
    """The pod is the sum of its containers, in one exposition, to the µJ."""
    def of(series, name, **labels):
        return [uj(v) for (n, l), v in series.items() if n == name and set(labels.items()) <= l and ("zone", "package") in l]
    series = p.metrics()
    whole = of(series, "kepler_pod_cpu_joules_total", pod_id=pod.uid)
    parts = [of(series, "kepler_container_cpu_joules_total", container_id=c) for c in containers]
    print(f"  pod {whole} µJ, containers {parts} µJ")
    if len(whole) != 1 or not whole[0] or sum(x for part in parts for x in part) != whole[0]:
        raise AssertionError(f"pod {whole}, containers {parts}")


def both_drivers(p):
    pods = {Pod(pod_path): "containerd", Pod(lambda u, c, q: pod_path(u, c, "besteffort")): "containerd", Pod(pod_path_cgroupfs): "kubernetes"}
    try:
        started = [pod.begin("threads", 3) for pod in pods]
        for process in started:
            process.wait()
        for pod, runtime in pods.items():
            found_under_its_ids(p, pod, runtime)
        check_account(p, list(pods))
        for pod in pods:
            sums_agree(p, pod, [pod.container])
    finally:
        for pod in pods:
            pod.remove()


def real_containers(p):
    if not shutil.which("runc"):
        raise AssertionError("runc is missing (deploy/packages lists it)")
    pods = {Runc(pod_path): "containerd", Runc(pod_path_cgroupfs): "kubernetes"}
    try:
        # runc enters the hierarchies one after the other: what it uses in between is in one account only.
        for pod in pods:
            pod.start()
        for pod in pods:
            if not wait_for(pod.has_ended, 60, 0.2):
                raise AssertionError(f"container {pod.container} does not end")
        for pod, runtime in pods.items():
            found_under_its_ids(p, pod, runtime)
        check_account(p, list(pods))
        for pod in pods:
            sums_agree(p, pod, [pod.container])
    finally:
        for pod in pods:
            pod.remove()


def two_containers_and_a_nested_group(p):
    """A pod of two containers, one of which makes cgroups of its own, as a container with systemd in it does."""
    first = Pod(pod_path)
    second_id = new_id("second")
    second = Group(f"{first.path.rsplit('/', 1)[0]}/cri-containerd-{second_id}.scope")
    nested = Group(first.path + "/init.scope")
    whole = Load.__new__(Load)
    whole.name, whole.path, whole.processes = first.uid, first.path.rsplit("/", 1)[0], []
    try:
        for process in [g.spawn(LOAD, kind, "3") for g, kind in ((first, "running"), (second, "sleeping"), (nested, "forking"))]:
            process.wait()
        found_under_its_ids(p, first, "containerd")
        check_account(p, [whole])
        sums_agree(p, first, [first.container, second_id])
    finally:
        for g in (nested, second, first):
            g.remove()


with Pipeline(meters="fake", fake_watts=WATTS, interval_ms=500) as pipeline:
    results = [run(name, lambda: test(pipeline)) for name, test in {
        "pods of the systemd and the cgroupfs driver have their ids and the kernel's CPU time": both_drivers,
        "real containers have their ids and the kernel's CPU time": real_containers,
        "a pod is the sum of its containers, nested cgroups included": two_containers_and_a_nested_group,
    }.items()]
    if not all(results):
        print(pipeline.log())
sys.exit(not all(results))
