"""tanso-exporter in folders and on a port of its own, with a scripted estimator. For the process and system tests."""
import base64, http.client, pathlib, re, shutil, socket, ssl, subprocess, tempfile, time

from fd_store import FdStore
from runner import BIN, free_port, run_all, wait_for  # noqa: F401 - for the tests that start from here

FAKE = BIN.parent / "tests" / "fake_power"
SERIES = re.compile(r'(\w+)(?:\{((?:\w+="(?:[^"\\]|\\.)*",?)*)\})? (\S+)')


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_certificate(folder, name, ca=None, names="IP:127.0.0.1"):
    """NAME.key and NAME.crt, self-signed or by the authority `ca`."""
    openssl(folder, "req", "-x509" if ca is None else "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", f"{name}.key", "-out", f"{name}.crt" if ca is None else f"{name}.csr", "-subj", f"/CN={name}",
            "-addext", f"subjectAltName={names}", *(["-days", "2"] if ca is None else []))
    if ca is not None:
        openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.crt", "-CAkey", f"{ca}.key", "-CAcreateserial", "-days", "2", "-copy_extensions", "copyall", "-out",
                f"{name}.crt")


def parse(text):
    """{(name, frozenset of labels): value}; every line that is no comment must be a series, and none may stand twice."""
    series = {}
    for line in text.split("\n"):  # a label may hold every other kind of line break
        if line.startswith("#") or not line:
            continue
        match = SERIES.fullmatch(line)
        assert match, f"no series: {line!r}"
        labels = frozenset(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match[2] or ""))
        assert (match[1], labels) not in series, f"twice: {line}"
        series[match[1], labels] = float(match[3])
    return series


class Exporter:
    def __init__(self, pods=3, interval_ms=100, tls=True, **settings):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tanso-exporter-"))
        self.port = free_port()
        self.tls, self.pods, self.interval_ms = tls, pods, interval_ms
        self.settings = {"runtime_dir": self.folder / "run", "state_dir": self.folder / "state", "metrics_tls": "yes" if tls else "no",
                         "metrics_listen": f"127.0.0.1:{self.port}", **settings}
        self.process = self.estimator = None

    def begin(self):
        command = [str(BIN / "tanso-exporter")]
        for key, value in self.settings.items():
            command += ["--set", f"{key}={value}"]
        with open(self.folder / "log", "ab") as log:
            self.process = self.spawn(command, log)
        return self

    def spawn(self, command, log):
        return subprocess.Popen(command, stdout=log, stderr=log)

    def start(self):
        self.begin()
        assert wait_for(self.is_up), self.log()
        self.start_estimator()
        assert wait_for(lambda: self.get("/readyz")[0] == 200), self.log()
        time.sleep(4 * self.interval_ms / 1000)  # two frames at least: there are watts
        return self

    def start_estimator(self):
        self.estimator = subprocess.Popen([str(FAKE), str(self.folder / "run"), str(self.pods), str(self.interval_ms)], stdin=subprocess.PIPE,
                                          stdout=subprocess.DEVNULL, text=True)

    def tell(self, line):
        self.estimator.stdin.write(line + "\n")
        self.estimator.stdin.flush()
        time.sleep(3 * self.interval_ms / 1000)

    def log(self):
        return (self.folder / "log").read_text()

    def is_up(self):
        try:
            return self.process.poll() is None and self.get("/healthz")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def connection(self, context=None, timeout=20):
        if not self.tls:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        context = context or ssl._create_unverified_context()
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout, context=context)

    def ask(self, path="/metrics", headers=None, context=None, method="GET"):
        """(status, headers, body bytes)"""
        connection = self.connection(context)
        try:
            connection.request(method, path, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, dict((k.lower(), v) for k, v in answer.getheaders()), answer.read()
        finally:
            connection.close()

    def get(self, path="/metrics", headers=None, context=None):
        status, _, body = self.ask(path, headers, context)
        return status, body.decode()

    def series(self, **labels):
        status, text = self.get()
        assert status == 200, (status, text)
        return parse(text)

    def find(self, name, **labels):
        """Values of the series of that name that carry these labels."""
        return [v for (n, l), v in self.series().items() if n == name and set(labels.items()) <= l]

    def peer_certificate(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as s:
            with ssl._create_unverified_context().wrap_socket(s) as t:
                return t.getpeercert(binary_form=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        alive = self.process is None or self.process.poll() is None
        log = self.log() if (self.folder / "log").exists() else ""
        for process in (self.estimator, self.process):
            if process is not None and process.poll() is None:
                process.terminate()
                process.wait(10)
        shutil.rmtree(self.folder)
        assert alive, "the exporter died:\n" + log[-3000:]


class Supervised(Exporter):
    """Under a supervisor that keeps what the exporter stores."""

    def __init__(self, **settings):
        super().__init__(**settings)
        self.store = FdStore(self.folder)

    def spawn(self, command, log):
        return self.store.spawn(command, log)

    def kill(self):
        self.process.kill()
        self.process.wait(10)
        self.store.take_notices()

    def restart(self):
        self.begin()
        assert wait_for(self.is_up), self.log()
        assert wait_for(lambda: self.get("/readyz")[0] == 200), self.log()

    def ask(self, *arguments, **settings):
        """One that ended itself to listen anew, as nng now and then makes it do (docs/decisions/0021), is started again."""
        try:
            return super().ask(*arguments, **settings)
        except OSError:
            time.sleep(0.05)
            if self.process.poll() is None or "to listen anew" not in self.log():
                raise
        self.store.take_notices()
        self.restart()
        return super().ask(*arguments, **settings)

    def __exit__(self, *_):
        if self.process.poll() is not None and "to listen anew" in self.log():
            self.restart()
        self.store.close()
        super().__exit__()


def expect(got, wanted):
    assert got == wanted, f"got {got!r}, wanted {wanted!r}"


def basic(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}
