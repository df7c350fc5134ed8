#!/usr/bin/env python3
"""deploy/kubernetes: what kubectl makes of it, by the API's schemas; and its pods, run by runc against the real kernel."""
import copy, hashlib, json, os, pathlib, re, shutil, signal, subprocess, sys, tempfile, time, uuid

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "system"), str(HERE.parent / "process")]
from fake_kubelet import Kubelet, container as kubelet_container, make_authority, pod as kubelet_pod  # noqa: E402
from manifests import COMPONENTS, KUBERNETES, complaints, config_map, fetch, find, render, render_from  # noqa: E402
from pipeline import BIN, STAGES, Group, Pipeline, pod_path, run, wait_for  # noqa: E402
from pod import POD_IP, Container, enter_new_network  # noqa: E402

METRICS, LOOPBACK, DOOR = f"https://{POD_IP}:30443", "http://127.0.0.1:30800", f"https://{POD_IP}:30800"
COLLECTORS = 1 << 38 | 1 << 39  # CAP_PERFMON, CAP_BPF
get = Pipeline.get


def pod_of(objects, kind, name):
    return find(objects, kind, name)["spec"]["template"]["spec"]


def data_of(objects, **more):
    return {**{o["metadata"]["name"]: o["data"] for o in objects if o["kind"] == "ConfigMap"}, **more}


class Node:
    """The folders of a node with containerd, and a pod shop/web-1 on it that works and requests half a CPU."""

    def __init__(self, root):
        self.root, self.folder = root, pathlib.Path(tempfile.mkdtemp(prefix="tanso-node-"))
        self.uid, self.container = str(uuid.uuid4()), hashlib.sha256(os.urandom(8)).hexdigest()
        task = self.folder / "run/containerd/io.containerd.runtime.v2.task/k8s.io" / self.container
        task.mkdir(parents=True)
        notes = {"sandbox-name": "web-1", "sandbox-namespace": "shop", "container-name": "app"}
        (task / "config.json").write_text(json.dumps({"annotations": {f"io.kubernetes.cri.{k}": v for k, v in notes.items()},
                                                      "linux": {"resources": {"cpu": {"shares": 512}}}}))
        (self.folder / f"var/log/pods/shop_web-1_{self.uid}").mkdir(parents=True)
        self.group = Group(pod_path(self.uid, self.container))
        self.group.spawn(BIN.parent / "tests/load", "running", "300")
        self.containers = []

    def start(self, name, spec, data, **more):
        self.containers.append(Container(name, spec, self.root, self.folder, data, **more).start())
        return self.containers[-1]

    def ledger(self, sql):
        out = subprocess.run(["sqlite3", f"file:{self.folder}/var/lib/tanso/analyst/ledger.db?mode=ro", sql], capture_output=True, text=True, check=True)
        return out.stdout.split()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for container in self.containers:
            container.remove()
        self.group.remove()
        shutil.rmtree(self.folder, ignore_errors=True)


def is_ready(base):
    try:
        return get(base + "/readyz")[0] == 200
    except OSError:
        return False


def ready(container, base=METRICS):
    assert wait_for(lambda: is_ready(base) or container.process.poll() is not None, 30) and container.process.poll() is None, container.log()
    return container


def ask(base, tool, token=None, **arguments):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    status, body = get(f"{base}/tools/{tool}", json.dumps(arguments).encode(), headers)
    return status, json.loads(body)


def web(base=LOOPBACK, token=None):
    """What is answered about the pod, once it is known by its name and has used something."""
    found = wait_for(lambda: next((a for s, a in [ask(base, "assess_workload_compliance", token, workload_name="web-1")]
                                   if s == 200 and a["namespace"] == "shop" and a.get("current_power_watts", 0) > 0), None), 45, 0.2)
    assert found and found["kind"] == "pod", found or [ask(base, t, token, **a) for t, a in (("assess_workload_compliance", {"workload_name": "web-1"}), ("list_top_power_consumers", {}))]
    return found


def joules():
    found = [float(line.rsplit(" ", 1)[1]) for line in get(METRICS + "/metrics")[1].splitlines()
             if line.startswith("kepler_pod_cpu_joules_total{") and 'pod="web-1",namespace="shop"' in line and 'zone="package"' in line]
    return found[0] if len(found) == 1 else None


def rendered_manifests_are_valid():
    cases = [("base", ()), ("cluster", ()), ("base", COMPONENTS), ("cluster", COMPONENTS)] + [("base", (c,)) for c in COMPONENTS if c != "kubelet-proxy"]
    for folder, components in cases:
        wrong = complaints(render(folder, *components))
        assert not wrong, (folder, components, wrong)
    assert (KUBERNETES / "kustomization.yaml").read_text().endswith("resources:\n  - base\n")
    pods = [o["spec"]["template"]["spec"] for o in render_from("registry.example") if o["kind"] in ("DaemonSet", "Deployment")]
    assert [c["image"] for pod in pods for c in pod["containers"]] == ["registry.example/tanso:0.1.0"] * 2
    objects = render("base")
    assert "share_idle = request\n" in config_map(objects, "tanso-node")["tanso.conf"]
    for spoil in (lambda c: c["securityContext"].update(readOnly=True), lambda c: c.update(image=7), lambda c: c["ports"][0].pop("containerPort")):
        spoilt = copy.deepcopy(objects)
        spoil(pod_of(spoilt, "DaemonSet", "tanso")["containers"][0])
        assert len(complaints(spoilt)) == 1, complaints(spoilt)


def rights_of(objects):
    return {r for o in objects if o["kind"] == "ClusterRole" for rule in o["rules"] for r in rule["resources"]}


def it_asks_for_no_right_that_it_does_not_need():
    for folder in ("base", "cluster"):
        objects = render(folder)
        assert rights_of(objects) == set() and "RoleBinding" not in str(objects), folder
        for o in objects:
            if o["kind"] in ("DaemonSet", "Deployment"):
                spec = o["spec"]["template"]["spec"]
                assert spec["automountServiceAccountToken"] is False and not spec.get("hostNetwork") and "privileged" not in str(spec), o["kind"]
    assert rights_of(render("base", "kubelet")) == {"nodes/pods"}
    assert rights_of(render("base", *(c for c in COMPONENTS if c != "kubelet-proxy"))) == {"nodes/pods"}
    assert rights_of(render("base", "kubelet", "kubelet-proxy")) == {"nodes/pods", "nodes/proxy"}


def check_confinement(container):
    """No thread of a stage has a capability too many; nothing of the node but the ledger's folder can be written."""
    pids = container.pids()
    assert set(STAGES) <= set(pids), pids
    for stage in STAGES:
        for task in pathlib.Path(f"/proc/{pids[stage]}/task").iterdir():
            text = (task / "status").read_text()
            permitted = int(re.search(r"CapPrm:\s+(\w+)", text)[1], 16)
            assert "Seccomp:\t2" in text and not permitted & ~(COLLECTORS if stage == "collector" else 0), (stage, text)
    for line in pathlib.Path(f"/proc/{pids['collector']}/mountinfo").read_text().splitlines():
        where, options = line.split()[4:6]
        if where == "/" or where.startswith("/host/") and not where.startswith("/host/sys/fs/cgroup/"):  # v1's hierarchies stand there, each a mount
            assert "ro" in options.split(","), line


def a_pod_is_named_and_judged(node, objects):
    c = ready(node.start("a", pod_of(objects, "DaemonSet", "tanso"), data_of(objects)))
    answer = web()
    assert answer["power_breakdown_watts"]["idle_share"] > 0, answer  # by request
    assert answer["provenance"]["power"]["source"] == "pipeline", answer
    metrics = get(METRICS + "/metrics")[1]
    assert 'usage="ebpf"' in metrics and 'node_name="node-a"' in metrics and 'container="app"' in metrics, metrics[:2000]
    try:
        raise AssertionError(get(DOOR.replace("https", "http") + "/healthz"))
    except OSError:
        pass  # people come in through port-forward only
    out = c.execute("/usr/bin/tanso", "top", "--json")
    assert out.returncode == 0 and "web-1" in out.stdout, out
    out = c.execute("/usr/bin/tanso", "doctor")
    assert "CPU time is read by ebpf" in out.stdout and "kernel type information is there" in out.stdout, out
    check_confinement(c)


def killed_stages_are_back(node):
    c, before = node.containers[0], joules()
    for stage in STAGES:
        pid = c.pids()[stage]
        os.kill(pid, signal.SIGKILL)
        assert wait_for(lambda: c.pids().get(stage) not in (None, pid), 10), (stage, c.log())
        assert wait_for(lambda: is_ready(METRICS) and is_ready(LOOPBACK), 15), (stage, c.log())
    assert wait_for(lambda: (joules() or 0) > before, 40), [line for line in get(METRICS + "/metrics")[1].splitlines() if line.startswith(("kepler_pod_cpu_j", "tanso_frames", "tanso_names"))]
    assert c.process.poll() is None


def names_are_told_again_to_an_estimator_that_hears_of_the_rows_later(node):
    c = node.containers[0]
    time.sleep(5)  # what changed a moment ago is told for two turns of 2 s anyway
    pids = c.pids()
    os.kill(pids["collector"], signal.SIGSTOP)
    try:
        os.kill(pids["estimator"], signal.SIGKILL)
        assert wait_for(lambda: c.pids().get("estimator") not in (None, pids["estimator"]), 10), c.log()
        time.sleep(1.5)  # the resolver has reached it
    finally:
        os.kill(pids["collector"], signal.SIGCONT)
    used = joules() or 0
    assert wait_for(lambda: (joules() or 0) > used, 10), c.log()


def it_ends_when_it_is_told_and_the_next_one_goes_on(node, objects):
    """The next one has kubelet's names, and a door of its own for whoever has a token."""
    c = node.containers[0]
    assert wait_for(lambda: node.ledger("SELECT name FROM workload WHERE name = 'web-1'"), 20)
    status, began = c.stop(15), time.monotonic()
    assert status == 0 and "the ledger is closed" in c.log() and time.monotonic() - began < 10, (status, c.log())
    c.remove()
    assert not (node.folder / "var/lib/tanso/analyst/ledger.db-wal").exists()
    energy = node.ledger("SELECT sum(active_package + idle_package) FROM slot_node")
    make_authority(node.folder, "good")
    kubelet = Kubelet(node.folder, port=10250)
    kubelet.pods = [kubelet_pod("web-1", "shop", node.uid, [kubelet_container("app", node.container, {"cpu": "500m"})], owner=("StatefulSet", "web"))]
    secret, token = make_secret(node.folder)
    account = {"token": "first", "ca.crt": (node.folder / "good.ca.pem").read_text()}
    objects = render("base", "kubelet", "expose")
    try:
        c = ready(node.start("b", pod_of(objects, "DaemonSet", "tanso"), data_of(objects, **{"tanso-http": secret, "serviceaccount": account})))
        assert get(DOOR + "/healthz")[0] == 200 and ask(DOOR, "list_top_power_consumers")[0] == 401
        assert web(DOOR, token)["workload"] == "web-1" and ask(DOOR, "assess_workload_compliance", token, workload_name="web")[1]["kind"] == "statefulset"
        assert kubelet.requests and "names from kubelet" in c.log(), c.log()
        assert int(node.ledger("SELECT sum(active_package + idle_package) FROM slot_node")[0]) >= int(energy[0]) > 0
        assert c.execute("/usr/bin/tanso", "top").returncode == 0  # beside the door
    finally:
        kubelet.close()


def make_secret(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=tanso",
                    "-keyout", folder / "tls.key", "-out", folder / "tls.crt"], check=True, capture_output=True)
    out = subprocess.run([BIN / "tanso", "token", "me"], capture_output=True, text=True, check=True)
    secret = {"tokens": out.stdout, **{f: (folder / f).read_text() for f in ("tls.key", "tls.crt")}}
    return secret, re.search(r"tanso_\w+", out.stderr)[0]


def one_answers_for_the_cluster(node):
    """From a real Prometheus that scrapes the node's pod as its annotations say; not as root, and without any capability."""
    objects = render("cluster")
    notes = find(objects, "DaemonSet", "tanso")["spec"]["template"]["metadata"]["annotations"]
    (node.folder / "prometheus.yml").write_text(json.dumps({"scrape_configs": [{
        "job_name": "pods", "scrape_interval": "1s", "scheme": notes["prometheus.io/scheme"], "honor_labels": True, "tls_config": {"insecure_skip_verify": True},
        "static_configs": [{"targets": [f"{POD_IP}:{notes['prometheus.io/port']}"]}]}]}))
    prometheus = subprocess.Popen(["prometheus", f"--config.file={node.folder}/prometheus.yml", f"--storage.tsdb.path={node.folder}/store",
                                   "--web.listen-address=127.0.0.1:9090"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    secret, token = make_secret(node.folder)
    data = data_of(objects, **{"tanso-http": secret})
    config = next(d for name, d in data.items() if name.startswith("tanso-cluster"))
    assert "prometheus_url = http://prometheus-operated.monitoring.svc:9090\n" in config["tanso.conf"]
    config["tanso.conf"] = "source_interval_seconds = 1\n" + config["tanso.conf"].replace("prometheus-operated.monitoring.svc", "127.0.0.1").replace("0.0.0.0:30800", "0.0.0.0:31800")
    door = f"https://{POD_IP}:31800"
    try:
        c = ready(node.start("c", pod_of(objects, "Deployment", "tanso-cluster"), data), door)
        assert set(c.pids()) - {"cli"} == {"fetcher", "analyst", "frontend"}, c.pids()
        answer = web(door, token)
        assert answer["provenance"]["power"]["source"] == "prometheus", answer
        status, summary = ask(door, "get_power_consumption_summary", token)
        assert status == 200 and "node_count" not in summary, summary  # of how many nodes a store tells is not known
        assert ask(door, "get_power_consumption_summary")[0] == 401
        assert c.stop(15) == 0, c.log()
    finally:
        prometheus.terminate()
        prometheus.wait(20)


def an_older_filter_leaves_it_procfs(node, objects):
    """RuntimeDefault before containerd 1.7: bpf is refused. /proc then shows paths that begin at this container's own cgroup."""
    node.containers[1].stop(15)
    ready(node.start("d", pod_of(objects, "DaemonSet", "tanso"), data_of(objects), runtime_is_old=True))
    assert web()["power_breakdown_watts"]["cpu"] > 0
    used = joules() or 0
    assert wait_for(lambda: 'usage="procfs"' in get(METRICS + "/metrics")[1] and (joules() or 0) > used + 0.2, 10), (used, joules())


def main():
    fetch()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tanso-image-"))
    root = folder / "root"
    try:
        subprocess.run([KUBERNETES / "root", BIN.parent, root], check=True)
        enter_new_network(POD_IP)
        base = render("base")
        with Node(root) as node:
            return [run(name, test) for name, test in {
                "what kubectl renders is what the API allows, with and without each component": rendered_manifests_are_valid,
                "nothing that is shipped asks for nodes/proxy but the component of that name": it_asks_for_no_right_that_it_does_not_need,
                "in a container a pod is named and judged, with two capabilities and nothing of the node writable": lambda: a_pod_is_named_and_judged(node, base),
                "each stage that is killed in the container is back, and the joules go on": lambda: killed_stages_are_back(node),
                "an estimator that hears of the rows after their names is told the names again": lambda: names_are_told_again_to_an_estimator_that_hears_of_the_rows_later(node),
                "the container ends at SIGTERM, and the next one goes on with the ledger": lambda: it_ends_when_it_is_told_and_the_next_one_goes_on(node, base),
                "one tanso answers for the cluster, by what Prometheus scraped": lambda: one_answers_for_the_cluster(node),
                "where the runtime's filter refuses bpf the pods' CPU time is read from /proc": lambda: an_older_filter_leaves_it_procfs(node, base),
            }.items()]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


sys.exit(not all(main()))
