"""tanso-resolver as a process, under its real filter and Landlock, between a fake collector and estimator, and a fake kubelet
over real TLS. Usage: test_resolver.py BIN_FOLDER. Prints PASS or FAIL a test; exit status 1 when any failed."""
import json, os, pathlib, shutil, subprocess, sys, tempfile, threading, time
from fake_kubelet import Kubelet, container, make_authority, pod
from runner import BIN, run, wait_until

AUTHORITIES = tempfile.TemporaryDirectory(prefix="tanso-authorities-")
PEER = BIN.parent / "tests/fake_neighbours"
UID = "12345678-1234-5678-9abc-1234567890%02x"
IDS = ["%064x" % i for i in range(1, 20)]


def capabilities(process):
    return int(next(line.split()[1] for line in open(f"/proc/{process.pid}/status") if line.startswith("CapEff:")), 16)


class World:
    """A resolver, its neighbours and a place for files; all under another user's id if one is given (only as root)."""

    def __init__(self, uid=None):
        self.uid = uid

    def as_user(self, *with_capability):
        return [] if self.uid is None else ["setpriv", f"--reuid={self.uid}", f"--regid={self.uid}", "--clear-groups", *with_capability]

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tanso-resolver-"))
        (self.folder / "host").mkdir()
        (self.folder / "cgroup").mkdir()
        self.names, self.process, self.kubelet = {}, None, None
        if self.uid is not None:
            os.chown(self.folder, self.uid, self.uid)
        self.peer = subprocess.Popen([*self.as_user(), PEER, self.folder / "run"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self.listen, daemon=True).start()
        return self

    def listen(self):
        for line in self.peer.stdout:
            _, row, text = line.split(" ", 2)
            self.names[int(row)] = json.loads(text)

    def __exit__(self, *_):
        for process in (self.process, self.peer):
            if process and process.poll() is None:
                process.kill()
            if process:
                process.wait()
        if self.kubelet:
            self.kubelet.close()
        shutil.rmtree(self.folder)

    def with_kubelet(self, **options):
        for file in pathlib.Path(AUTHORITIES.name).iterdir():
            shutil.copy(file, self.folder)
        (self.folder / "token").write_text("first\n")
        self.kubelet = Kubelet(self.folder, **options)
        return self.kubelet

    def start(self, *settings, host="127.0.0.1"):
        sets = [f"runtime_dir={self.folder}/run", f"host_root={self.folder}/host", f"cgroup_root={self.folder}/cgroup"]
        if self.kubelet:
            sets += [f"kubelet_url=https://{host}:{self.kubelet.port}", f"kubelet_ca_file={self.folder}/good.ca.pem",
                     f"kubelet_token_file={self.folder}/token", "kubelet_timeout_seconds=2"]
        with open(self.folder / "log", "a") as log:
            self.process = subprocess.Popen([*self.as_user("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"),
                                             BIN / "tanso-resolver", *(a for s in [*sets, *settings] for a in ("--set", s))],
                                            stderr=log, env={k: v for k, v in os.environ.items() if "PROXY" not in k.upper()})
        return self

    def restart(self, *settings):
        self.process.kill()
        self.process.wait()
        self.names.clear()
        return self.start(*settings)

    def tell(self, line):
        self.peer.stdin.write(line + "\n")
        self.peer.stdin.flush()

    def add_pod(self, row, uid, identity="-", path=None):
        self.tell(f"add {row} pod {uid} {identity} {uid} " + (path or f"/kubepods/pod{uid}" + ("" if identity == "-" else f"/{identity}")))

    def log(self):
        return (self.folder / "log").read_text()

    def wait_name(self, row, seconds=30, **wanted):
        def fits():
            assert self.process.poll() is None, f"the resolver ended with {self.process.returncode}: {self.log()}"
            return all(self.names.get(row, {}).get(key) == value for key, value in wanted.items())
        wait_until(fits, seconds, f"row {row} is {self.names.get(row)}, wanted {wanted}; log: {self.log()}")


def some_pods():
    scheduled = 28571640  # unix minutes of 2024-04-28T10:00:00Z
    return [
        pod("web-5d9c7b8f6-x2x4q", "shop", UID % 1,
            [container("nginx", IDS[1], {"cpu": "250m", "memory": "128Mi"}, {"cpu": "1", "memory": "1G"}), container("side", IDS[2])],
            owner=("ReplicaSet", "web-5d9c7b8f6"), labels={"pod-template-hash": "5d9c7b8f6"},
            init=[container("migrate", IDS[3], {"cpu": "1.5"})]),
        pod(f"report-{scheduled}-abcde", "shop", UID % 2, [container("run", IDS[4])], owner=("Job", f"report-{scheduled}"),
            created="2024-04-28T10:00:01Z"),
        pod("etcd-node-1", "kube-system", "0123456789abcdef0123456789abcdef", [container("etcd", IDS[5])],
            annotations={"kubernetes.io/config.source": "file", "kubernetes.io/config.hash": "0123456789abcdef0123456789abcdef"}),
        pod("alone", "default", UID % 4, [container("shell", IDS[6])]),
    ]


def names_owners_and_requests_arrive():
    with World() as w:
        w.with_kubelet().pods = some_pods()
        w.kubelet.pods[3]["spec"]["resources"] = {"requests": {"cpu": "2"}, "limits": {"memory": "1Gi"}}  # of the pod as a whole
        w.start()
        w.add_pod(1, UID % 1)                # the pod's own cgroup
        w.add_pod(2, UID % 1, IDS[1])
        w.add_pod(3, UID % 1, IDS[9])        # its pause container: kubelet does not list it
        w.add_pod(4, UID % 1, IDS[1], f"/kubepods/pod{UID % 1}/{IDS[1]}/init.scope")
        w.add_pod(5, UID % 2, IDS[4])
        w.add_pod(6, "0123456789abcdef0123456789abcdef", IDS[5])
        w.add_pod(7, UID % 4, IDS[6])
        w.add_pod(8, UID % 1, IDS[3])
        w.add_pod(9, UID % 4)
        part = f"/kubepods.slice/kubepods-pod{(UID % 4).replace('-', '_')}.slice"
        w.add_pod(10, UID % 4, path=part)
        w.add_pod(11, UID % 4, path=f"{part}/crio-conmon-{IDS[6]}.scope")
        deployment = dict(namespace="shop", pod="web-5d9c7b8f6-x2x4q", pod_uid=UID % 1, owner_kind="Deployment", owner="web")
        nothing = dict(cpu_request=0, cpu_limit=0, memory_request=0, memory_limit=0)
        w.wait_name(2, container="nginx", cpu_request=250, cpu_limit=1000, memory_request=128 << 20, memory_limit=10**9, **deployment)
        w.wait_name(1, container="", **deployment, **nothing)
        w.wait_name(3, container="", **deployment, **nothing)
        w.wait_name(4, container="nginx", **deployment, **nothing)  # below the container: what it requests counts once
        w.wait_name(5, container="run", owner_kind="CronJob", owner="report", namespace="shop")
        w.wait_name(6, container="etcd", owner_kind="Node", owner="node-1", namespace="kube-system")
        w.wait_name(7, pod="alone", container="shell", owner_kind="", owner="")
        w.wait_name(8, container="migrate", cpu_request=1500)
        w.wait_name(9, pod="alone", container="", cpu_request=2000, memory_limit=1 << 30)
        w.wait_name(10, pod="alone", container="", cpu_request=2000, memory_limit=1 << 30)
        w.wait_name(11, pod="alone", container="", **nothing)
        status = pathlib.Path(f"/proc/{w.process.pid}/task")
        modes = {line for t in status.iterdir() for line in (t / "status").read_text().splitlines() if line.startswith("Seccomp:")}
        assert modes == {"Seccomp:\t2"}, modes
        assert capabilities(w.process) == 0
        assert "Authorization: Bearer first" in w.kubelet.requests[0][1] and w.kubelet.requests[0][1].startswith("GET /pods ")


def an_unknown_pod_is_asked_for_soon_and_not_too_often():
    with World() as w:
        w.with_kubelet().pods = some_pods()
        w.start("kubelet_interval_seconds=600")
        w.add_pod(1, UID % 1)
        w.wait_name(1, pod="web-5d9c7b8f6-x2x4q")
        for i in range(30):
            w.add_pod(100 + i, UID % (0x30 + i))
        time.sleep(0.5)
        w.kubelet.pods.append(pod("late", "default", UID % 0x31, [container("c", IDS[7])]))
        w.wait_name(101, pod="late")
        asked = [when for when, _ in w.kubelet.requests]
        assert all(b - a > 1.5 for a, b in zip(asked, asked[1:])), asked


def a_host_name_is_looked_up_before_the_sandbox():
    with World() as w:
        w.with_kubelet().pods = some_pods()
        w.start(host="localhost")
        w.add_pod(1, UID % 1, IDS[1])
        w.wait_name(1, container="nginx")


def a_client_certificate_serves_instead_of_a_token():
    with World() as w:
        w.with_kubelet(token="").pods = some_pods()
        w.kubelet.ask_for_client_certificate()
        w.start("kubelet_token_file=", f"kubelet_client_cert={w.folder}/good.client.pem", f"kubelet_client_key={w.folder}/good.client.key")
        w.add_pod(1, UID % 1, IDS[1])
        w.wait_name(1, container="nginx")


def a_rotated_token_is_read_again_at_once():
    with World() as w:
        w.with_kubelet().pods = some_pods()
        w.kubelet.token = "second"
        w.kubelet.on_unauthorized = lambda: (w.folder / "token").write_text("second\n")  # it rotates while we ask
        w.start("kubelet_interval_seconds=600")
        w.add_pod(1, UID % 1)
        w.wait_name(1, pod="web-5d9c7b8f6-x2x4q")
        assert "no pods" not in w.log(), w.log()  # the second try did not wait for a next round


def a_refused_token_is_said_and_tried_again():
    with World() as w:
        w.with_kubelet().pods = some_pods()
        w.kubelet.token = "second"
        w.start()
        w.add_pod(1, UID % 1)
        wait_until(lambda: "HTTP status 401" in w.log())
        (w.folder / "token").write_text("second\n")
        w.wait_name(1, pod="web-5d9c7b8f6-x2x4q")
        assert "first" not in w.log() and "second" not in w.log(), "a token is in the log"


def every_trap_is_survived_and_names_stay():
    said = {"500": "HTTP status 500", "redirect": "redirects are not followed", "garbage": "no PodList", "no list": "no PodList",
            "truncated": "no pods", "reset": "no pods", "dribble": "imed out", "endless": "too large"}
    with World() as w:
        w.with_kubelet().pods = some_pods()
        w.start("kubelet_interval_seconds=1")
        w.add_pod(1, UID % 1)
        w.wait_name(1, pod="web-5d9c7b8f6-x2x4q")
        for i, (mode, text) in enumerate(said.items()):
            before = len(w.log())
            w.kubelet.mode = mode
            wait_until(lambda: text in w.log()[before:], 30, f"{mode}: {w.log()[before:]}")
            assert w.process.poll() is None, f"{mode} ended it: {w.log()}"
            w.kubelet.mode = "ok"
            wait_until(lambda: "answers again" in w.log()[before:], 30, f"{mode}: {w.log()[before:]}")
        assert w.names[1]["pod"] == "web-5d9c7b8f6-x2x4q"
        assert not any("/other" in request for _, request in w.kubelet.requests), "the redirect was followed"
        w.kubelet.pods = some_pods() + [pod("new", "default", UID % 9, [container("c", IDS[8])])]
        w.add_pod(9, UID % 9)
        w.wait_name(9, pod="new")


def five_megabytes_are_read():
    with World() as w:
        filler = {f"note-{i}": "x" * 1000 for i in range(45)}
        w.with_kubelet().pods = some_pods() + [pod(f"p{i}", "big", UID % 0x40, [container("c", "")], annotations=filler) for i in range(110)]
        assert len(w.kubelet.body()) > 5_000_000
        w.start("kubelet_timeout_seconds=10")
        w.add_pod(1, UID % 1, IDS[1])
        w.wait_name(1, container="nginx")


def another_authority_is_refused_and_never_shown_the_token():
    with World() as w:
        w.with_kubelet(authority="bad").pods = some_pods()
        w.start()
        w.add_pod(1, UID % 1)
        wait_until(lambda: "certificate" in w.log())
        assert not w.kubelet.requests and not w.names
        w.restart("kubelet_insecure=yes")
        w.wait_name(1, pod="web-5d9c7b8f6-x2x4q")
        assert "kubelet_insecure = yes" in w.log()


def a_name_that_is_not_the_certificates_is_refused():
    with World() as w:
        w.with_kubelet().pods = some_pods()
        w.start(host="127.0.0.2")
        wait_until(lambda: "127.0.0.2" in w.log().split("no pods from", 1)[-1].split(": ", 1)[-1], why="nothing said of the name")
        assert not w.kubelet.requests, "127.0.0.2 is not in the certificate"


def killed_midway_it_names_everything_again():
    with World() as w:
        w.with_kubelet().pods = some_pods()
        w.start()
        for row in range(1, 40):
            w.add_pod(row, UID % 1, IDS[1])
        w.wait_name(39, container="nginx")
        w.restart()
        for row in range(1, 40):
            w.wait_name(row, container="nginx", owner="web")


def bad_urls_are_named():
    with World() as w:
        for url in ("http://127.0.0.1:10250", "127.0.0.1:10250", "https://user@127.0.0.1:1", "https://no.such.host.invalid:10250"):
            w.start(f"kubelet_url={url}")
            assert w.process.wait(20) != 0
            assert f"kubelet_url = {url}" in w.log(), url


def files_give_names_and_limits_and_a_runtime_may_come_later():
    with World() as w:
        w.start("kubelet_url=")
        unit = w.folder / "cgroup/system.slice/web.service"
        unit.mkdir(parents=True)
        (unit / "cpu.max").write_text("150000 100000\n")
        (unit / "memory.max").write_text("268435456\n")
        w.tell("add 1 unit - - web.service /system.slice/web.service")
        w.wait_name(1, cpu_limit=1500, memory_limit=256 << 20, namespace="", container="")
        w.add_pod(2, UID % 1, IDS[1])
        state = w.folder / f"host/run/containerd/io.containerd.runtime.v2.task/k8s.io/{IDS[1]}"
        state.mkdir(parents=True)
        (state / "config.json").write_text(json.dumps({
            "annotations": {"io.kubernetes.cri.sandbox-name": "web", "io.kubernetes.cri.sandbox-namespace": "shop",
                            "io.kubernetes.cri.container-name": "nginx"}, "linux": {"resources": {"cpu": {"shares": 256}}}}))
        if "has no Landlock" not in w.log():
            assert w.process.wait(10) == 0, "it went on although it cannot reach the new folder"
            w.start("kubelet_url=")
        w.wait_name(2, pod="web", namespace="shop", container="nginx", cpu_request=250)
        w.wait_name(1, cpu_limit=1500)


def the_runtimes_files_are_read_as_a_user_of_its_own():
    if os.getuid() != 0:
        print("SKIP the_runtimes_files_are_read_as_a_user_of_its_own: only root can become somebody else", flush=True)
        return "skipped"
    with World(uid=65534) as w:
        state = w.folder / f"host/var/lib/docker/containers/{IDS[1]}"
        state.mkdir(parents=True)
        (state / "config.v2.json").write_text(json.dumps({"Name": "/brave_turing", "Config": {"Labels": {}}}))
        state.chmod(0o700)  # root's, as Docker leaves them
        (state / "config.v2.json").chmod(0o600)
        w.start("kubelet_url=")
        w.tell(f"add 1 container - {IDS[1]} {IDS[1]} /docker/{IDS[1]}")
        w.wait_name(1, container="brave_turing")
        assert capabilities(w.process) == 1 << 2, "CAP_DAC_READ_SEARCH and no other"


for authority in ("good", "bad"):
    make_authority(AUTHORITIES.name, authority)
sys.exit(run((names_owners_and_requests_arrive, an_unknown_pod_is_asked_for_soon_and_not_too_often,
              a_host_name_is_looked_up_before_the_sandbox, a_client_certificate_serves_instead_of_a_token,
              a_rotated_token_is_read_again_at_once, a_refused_token_is_said_and_tried_again, every_trap_is_survived_and_names_stay,
              five_megabytes_are_read, another_authority_is_refused_and_never_shown_the_token,
              a_name_that_is_not_the_certificates_is_refused, killed_midway_it_names_everything_again, bad_urls_are_named,
              files_give_names_and_limits_and_a_runtime_may_come_later,
              the_runtimes_files_are_read_as_a_user_of_its_own)))
