"""Analyst, frontend and fetcher as processes under their real filters, and servers that they ask. For the process tests."""
import contextlib, http.server, json, pathlib, shutil, sqlite3, ssl, subprocess, tempfile, threading, urllib.request

from fd_store import FdStore
from runner import BIN, free_port, wait_until


class Brain:
    """The three stages in folders of their own; `settings` are lines of tanso.conf."""

    def __init__(self, *settings, stages=("frontend", "analyst", "fetcher"), environment=None, binaries={}):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tanso-sources-"))
        self.port = free_port()
        self.settings = [f"runtime_dir={self.folder}/run", f"state_dir={self.folder}/state", f"http_listen=127.0.0.1:{self.port}", *settings]
        self.environment, self.binaries, self.processes, self.store = environment, binaries, {}, FdStore(self.folder)  # the fetcher's
        for stage in stages:
            self.start(stage)

    def start(self, stage):
        log = open(self.folder / stage, "ab")
        command = [self.binaries.get(stage, BIN / f"tanso-{stage}"), *(a for s in self.settings for a in ("--set", s))]
        self.processes[stage] = self.store.spawn(command, log, self.environment) if stage == "fetcher" else \
            subprocess.Popen(command, stdout=log, stderr=log, env=self.environment)

    def kill_fetcher(self):
        self.processes["fetcher"].kill()
        self.processes["fetcher"].wait(10)
        self.store.take_notices()

    def log(self, stage):
        return (self.folder / stage).read_text()

    def supervise(self):
        """nng 1.5.2's deaf listener: a stage that notices ends, and its supervisor starts it again."""
        for stage, process in list(self.processes.items()):
            if process.poll() == 1 and self.log(stage).rstrip().endswith("restarting to listen anew"):
                self.start(stage)

    def post(self, path, body):
        self.supervise()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")
        except OSError:
            return 0, {}

    def ask(self, tool, **arguments):
        return self.post(f"/tools/{tool}", arguments)

    def until(self, tool, condition, seconds=40, **arguments):
        """Asks until an answer satisfies the condition; returns it."""
        last = [None]

        def attempt():
            last[0] = self.ask(tool, **arguments)
            return last[0][0] == 200 and condition(last[0][1])

        wait_until(attempt, seconds, lambda: f"{tool} last said {json.dumps(last[0], ensure_ascii=False)[:2000]}\n{''.join(map(self.log, self.processes))}")
        return last[0][1]

    def booked(self):
        """The fetcher's life that is booked, and its newest frame; (0, 0) before the first."""
        try:
            with contextlib.closing(sqlite3.connect(f"file:{self.folder}/state/analyst/ledger.db?mode=ro", uri=True)) as ledger:
                return ledger.execute("SELECT birth_ns, committed_seq FROM commit_state").fetchone() or (0, 0)
        except sqlite3.OperationalError:  # the file is being made
            return 0, 0

    def wait_readings(self, count=2):
        """A reading that began after now is booked: not one that was answered, for who reads may have waited no longer."""
        life, seq = self.booked()

        def is_there():
            self.supervise()
            now = self.booked()
            return now[1] - (seq if now[0] == life else 0) >= count

        wait_until(is_there, 40, lambda: f"nobody reads\n{self.log('fetcher')}{self.log('analyst')}")

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.supervise()
        died = [f"{stage} died ({p.returncode}): {self.log(stage)}" for stage, p in self.processes.items() if p.poll() is not None]
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        for process in self.processes.values():
            process.wait(10)
        self.store.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        if failure[0] is None:
            assert not died, died


class Server:
    """answer(path, headers, body) -> (status, content type, bytes); over TLS when given a certificate, or in plain text."""

    def __init__(self, answer, certificate=None, client_ca=None):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, kind, text = answer(self.path, self.headers, body.decode())
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = handle_any

            def log_message(self, *_):
                pass

        class Threads(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # clients that refuse our certificate

        self.server = Threads(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(f"{certificate}.pem", f"{certificate}.key")
            if client_ca:
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(client_ca)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"http{'s' if certificate else ''}://localhost:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Node:
    """One node's truth in joules, shown as a Kepler of the wanted generation."""

    def __init__(self, name="n1", style="0.10"):
        self.name, self.style, self.scrapes, self.pods, self.idle = name, style, 0, {}, 0.0
        self.lock, self.is_down, self.watts, self.other, self.ended = threading.Lock(), False, {}, 0.0, [0.0, 0.0]
        self.extra = []  # lines of others, as a store has them too

    def add(self, namespace, pod, package, dram=0.0):
        with self.lock:
            old = self.pods.setdefault((namespace, pod), [0.0, 0.0])
            old[0] += package
            old[1] += dram

    def end(self, namespace, pod):
        """Its series is gone; the node has used what it used."""
        with self.lock:
            self.ended = [a + b for a, b in zip(self.ended, self.pods.pop((namespace, pod)))]

    def reset(self):
        """Kepler restarted: its counters begin anew."""
        with self.lock:
            self.pods = {key: [0.0, 0.0] for key in self.pods}
            self.idle, self.other, self.ended = 0.0, 0.0, [0.0, 0.0]

    def text(self):
        with self.lock:
            out, node = [], f'node_name="{self.name}"'
            active = [sum(v[z] for v in self.pods.values()) + self.ended[z] for z in (0, 1)]
            if self.style == "0.9":
                for (namespace, pod), value in self.pods.items():
                    for zone, joules in zip(("package", "dram"), value):
                        labels = f'container_id="{hash(pod) & 0xffffff:x}",pod_name="{pod}",container_name="c",container_namespace="{namespace}"'
                        out += [f'kepler_container_{zone}_joules_total{{{labels},mode="dynamic",source="rapl"}} {joules:.6f}',
                                f'kepler_container_{zone}_joules_total{{{labels},mode="idle",source="rapl"}} {joules * 3:.6f}']
                out += [f'kepler_node_package_joules_total{{package="0",mode="dynamic"}} {active[0] + self.other:.6f}',
                        f'kepler_node_dram_joules_total{{package="0",mode="dynamic"}} {active[1]:.6f}',
                        f'kepler_node_package_joules_total{{package="0",mode="idle"}} {self.idle:.6f}']
            elif self.style == "watts":
                for (namespace, pod), (package, memory) in self.watts.items():
                    out += [f'kepler_pod_cpu_watts{{pod="{pod}",namespace="{namespace}"}} {package}',
                            f'kepler_pod_memory_watts{{pod="{pod}",namespace="{namespace}"}} {memory}']
            elif self.style == "pod":  # the labels pod and namespace
                for (namespace, pod), value in self.pods.items():
                    for zone, joules in zip(("package", "dram"), value):
                        out.append(f'kepler_pod_cpu_joules_total{{pod="{pod}",namespace="{namespace}",zone="{zone}"}} {joules:.6f}')
                out += [f'kepler_node_cpu_active_joules_total{{zone="{zone}"}} {joules:.6f}' for zone, joules in zip(("package", "dram"), active)]
                out.append(f'kepler_node_cpu_idle_joules_total{{zone="package"}} {self.idle:.6f}')
            else:
                for (namespace, pod), value in self.pods.items():
                    for zone, joules in zip(("package", "dram"), value):
                        out.append(f'kepler_pod_cpu_joules_total{{{node},pod_id="u-{pod}",pod_name="{pod}",pod_namespace="{namespace}",'
                                   f'state="running",zone="{zone}"}} {joules:.6f}')
                        out.append(f'kepler_pod_cpu_watts{{{node},pod_id="u-{pod}",pod_name="{pod}",pod_namespace="{namespace}",'
                                   f'state="running",zone="{zone}"}} 99999')  # a gauge beside a counter does not count
                for zone, joules in zip(("package", "dram"), active):
                    out.append(f'kepler_node_cpu_active_joules_total{{{node},zone="{zone}",path="/x"}} {joules + (self.other if zone == "package" else 0):.6f}')
                out.append(f'kepler_node_cpu_idle_joules_total{{{node},zone="package",path="/x"}} {self.idle:.6f}')
                out.append(f'kepler_node_cpu_joules_total{{{node},zone="package",path="/x"}} {active[0] + self.other + self.idle:.6f}')
            return ("\n".join(out + self.extra) + "\n").encode()

    def answer(self, path, headers, body):
        self.scrapes += 1
        if self.is_down:
            return 500, "text/plain", b"down\n"
        return 200, "text/plain; version=0.0.4", self.text()

    def wait_scrapes(self, count=2):
        """A scrape that began after now has been answered."""
        goal = self.scrapes + count
        wait_until(lambda: self.scrapes >= goal, 40, "nobody scrapes")
