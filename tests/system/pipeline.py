"""Starts `tanso up` in folders and on ports of its own, and asks it as users do. For the system tests."""
import json, os, pathlib, re, shutil, signal, socket, ssl, subprocess, sys, tempfile, time, urllib.error, urllib.request

STAGES = ["collector", "resolver", "estimator", "exporter", "analyst", "frontend", "fetcher"]
BIN = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/release/bin").resolve()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what, seconds=10.0, step=0.05):
    """The value of what() as soon as it is true; None when it never was."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = what()
        if value:
            return value
        time.sleep(step)
    return None


def run(name, test):
    """Runs one test function; prints PASS or FAIL. A test fails by raising."""
    try:
        test()
        print(f"PASS {name}", flush=True)
        return True
    except Exception as error:  # noqa: BLE001 a test may fail in any way
        import traceback
        traceback.print_exc(file=sys.stdout)
        print(f"FAIL {name}: {type(error).__name__}: {error}", flush=True)
        return False


class Pipeline:
    def __init__(self, **settings):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tanso-test-"))
        self.http, self.metrics_port = free_port(), free_port()
        self.settings = {
            "data_dir": pathlib.Path(__file__).resolve().parents[2] / "deploy/config/korea", "runtime_dir": self.folder / "run", "state_dir": self.folder / "state",
            "http_listen": f"127.0.0.1:{self.http}", "metrics_listen": f"127.0.0.1:{self.metrics_port}", **settings}
        self.config = self.folder / "tanso.conf"
        self.config.write_text("".join(f"{k} = {v}\n" for k, v in self.settings.items()))
        self.log_path = self.folder / "up.log"
        self.process = None

    def start(self, wait=True, binaries=BIN, **environment):
        log = open(self.log_path, "ab")
        self.process = subprocess.Popen([binaries / "tanso", "up", "--config", self.config], stdout=log, stderr=log,
                                        stdin=subprocess.DEVNULL, start_new_session=True, env={**os.environ, **environment})
        if wait and not wait_for(self.is_ready, 30):
            raise RuntimeError("not ready in 15 s:\n" + self.log())
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def stop(self, number=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise RuntimeError("tanso up did not stop:\n" + self.log())
        return self.process.returncode if self.process else None

    def log(self):
        return self.log_path.read_text(errors="replace")

    def pid(self, stage):
        out = subprocess.run(["pgrep", "-P", str(self.process.pid), "-f", f"tanso-{stage}"], capture_output=True, text=True).stdout.split()
        return int(out[0]) if out else None

    def is_ready(self):
        try:
            return self.process.poll() is None and self.get(f"http://127.0.0.1:{self.http}/readyz")[0] == 200 and \
                self.get(f"https://127.0.0.1:{self.metrics_port}/readyz")[0] == 200
        except OSError:
            return False

    @staticmethod
    def get(url, data=None, headers=None, timeout=8):
        context = ssl._create_unverified_context() if url.startswith("https") else None
        request = urllib.request.Request(url, data=data, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=timeout, context=context) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def tool(self, tool, **arguments):
        status, body = self.get(f"http://127.0.0.1:{self.http}/tools/{tool}", json.dumps(arguments).encode())
        return status, json.loads(body)

    def metrics(self):
        """{(name, frozenset of labels): value}"""
        status, text = self.get(f"https://127.0.0.1:{self.metrics_port}/metrics")
        if status != 200:
            raise RuntimeError(f"/metrics answered {status}: {text}")
        series = {}
        for line in text.splitlines():
            match = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
            if line.startswith("#") or not match:
                continue
            labels = frozenset(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match[2] or ""))
            series[match[1], labels] = float(match[3])
        return series

    def metric(self, name, **labels):
        """Sum of the series of that name with these labels; None if there is none."""
        found = [v for (n, l), v in self.metrics().items() if n == name and set(labels.items()) <= l]
        return sum(found) if found else None

    def cli(self, *arguments, timeout=20, **more):
        return subprocess.run([BIN / "tanso", *arguments], capture_output=True, text=True, timeout=timeout, **more)

    def ledger(self, sql):
        path = pathlib.Path(self.settings["state_dir"]) / "analyst" / "ledger.db"
        out = subprocess.run(["sqlite3", "-json", f"file:{path}?mode=ro", sql], capture_output=True, text=True)
        if out.returncode:
            raise RuntimeError(out.stderr)
        return json.loads(out.stdout or "[]")


# cgroups of our own

def hierarchies():
    root = pathlib.Path("/sys/fs/cgroup")
    if (root / "cgroup.controllers").exists():
        return [root]
    # The kernel's account (cpuacct) and tanso's (unified) stand together: what passes between entering both is in one only.
    return [root / h for h in ("cpu", "memory", "pids", "cpuacct", "cpu,cpuacct", "unified") if (root / h).is_dir()]


class Group:
    """A cgroup under the same path in every hierarchy, as a container runtime makes it."""

    def __init__(self, path):
        self.path = path.strip("/")
        self.processes = []
        for h in hierarchies():
            (h / self.path).mkdir(parents=True, exist_ok=True)

    def enter(self):
        for h in hierarchies():
            (h / self.path / "cgroup.procs").write_text(str(os.getpid()))

    def spawn(self, *command, **more):
        process = subprocess.Popen(command, preexec_fn=self.enter, **more)
        self.processes.append(process)
        return process

    def cpu_seconds(self):
        """The kernel's own account."""
        for h in hierarchies():
            if (h / self.path / "cpuacct.usage").exists():
                return int((h / self.path / "cpuacct.usage").read_text()) / 1e9
        for h in hierarchies():
            if (h / self.path / "cpu.stat").exists():
                return int(re.search(r"usage_usec (\d+)", (h / self.path / "cpu.stat").read_text())[1]) / 1e6
        raise RuntimeError("no CPU account for " + self.path)

    def remove(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        for h in hierarchies():
            folder = h / self.path
            while folder != h:
                try:
                    folder.rmdir()
                except FileNotFoundError:
                    pass  # a runtime removed it: what it stood in is still ours
                except OSError:
                    break
                folder = folder.parent


def pod_path(uid, container="c" * 64, qos="burstable"):
    u = uid.replace("-", "_")
    return f"kubepods.slice/kubepods-{qos}.slice/kubepods-{qos}-pod{u}.slice/cri-containerd-{container}.scope"
