"""The frontend's TLS door: HTTP/1.1 and HTTP/2, new keys without a restart, client certificates, what is refused at the
start, and `tanso mcp --url` through it."""
import json, shutil, socket, ssl, subprocess, sys

from exporter_fixture import make_certificate
from frontend_fixture import BIN, Frontend, expect, run_all, wait_for

TANSO = BIN / "tanso"


class Door(Frontend):
    """A frontend with a key of its own; its probes come by the unix socket, which needs no certificate."""

    def __init__(self):
        super().__init__()
        make_certificate(self.folder, "ca")
        self.make("server")

    def make(self, name):
        make_certificate(self.folder, name, "ca")

    def status(self, path):
        out = subprocess.run(["curl", "-s", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket",
                              str(self.run_dir / "frontend/http.sock"), f"http://localhost{path}"], stdout=subprocess.PIPE).stdout
        return int(out or 0)

    def open(self, *settings):
        return self.start(f"http_tls_key={self.folder}/server.key", f"http_tls_certificate={self.folder}/server.crt", *settings)

    def get(self, path, *arguments):
        """(status and HTTP version, body); status 0 where no TLS came about."""
        out = subprocess.run(["curl", "-s", "-m", "10", "--cacert", f"{self.folder}/ca.crt", "-w", "\n%{http_code} %{http_version}",
                              f"https://127.0.0.1:{self.port}{path}", *arguments], stdout=subprocess.PIPE).stdout.decode()
        body, _, told = out.rpartition("\n")
        return tuple(told.split()), body

    def as_client(self, name):
        return "--cert", f"{self.folder}/{name}.crt", "--key", f"{self.folder}/{name}.key"

    def serial(self):
        context = ssl._create_unverified_context()
        with socket.create_connection(("127.0.0.1", self.port)) as s, context.wrap_socket(s) as t:
            return t.getpeercert(True)


def both_versions_of_http_and_of_tls_are_spoken():
    with Door() as d:
        d.open()
        d.start_analyst()
        expect(d.get("/healthz", "--http2"), (("200", "2"), "ok\n"))
        expect(d.get("/healthz", "--http1.1"), (("200", "1.1"), "ok\n"))
        expect(d.get("/healthz", "--tls-max", "1.2")[0][0], "200")
        expect(d.get("/healthz", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0")[0][0], "000")
        told, body = d.get("/tools/assess_workload_compliance", "--http2", "-d", json.dumps({"workload_name": "web"}))
        expect(told, ("200", "2"))
        json.loads(body)


def a_new_key_is_taken_up_without_a_restart_and_a_bad_one_is_not():
    with Door() as d:
        d.open()
        first = d.serial()
        (d.folder / "server.crt").write_text("nonsense")
        assert wait_for(lambda: "not what was expected" in (d.folder / "log").read_text()), "nothing was said"
        expect(d.serial(), first)
        d.make("next")
        shutil.copy(d.folder / "next.key", d.folder / "server.key")
        shutil.copy(d.folder / "next.crt", d.folder / "server.crt")
        assert wait_for(lambda: d.serial() != first), "the old certificate is still shown"
        expect(d.get("/healthz")[0][0], "200")


def only_certificates_of_the_authority_are_let_in():
    with Door() as d:
        d.make("alice")
        make_certificate(d.folder, "other")
        make_certificate(d.folder, "mallory", "other")
        d.open(f"http_client_ca={d.folder}/ca.crt")
        for version in ("--http1.1", "--http2"):
            expect(d.get("/healthz", version)[0][0], "000")
            expect(d.get("/healthz", version, *d.as_client("mallory"))[0][0], "000")
            expect(d.get("/tools", version, *d.as_client("alice"))[0][0], "200")
        expect(d.status("/tools"), 200)  # by the unix socket, which permissions guard


def several_addresses_are_served():
    with Door() as d:
        second = socket.create_server(("127.0.0.1", 0))
        port = second.getsockname()[1]
        second.close()
        d.open(f"http_listen=127.0.0.1:{d.port},127.0.0.1:{port}")
        for d.port in (d.port, port):
            expect(d.get("/healthz")[0][0], "200")


def beyond_loopback_tls_and_a_credential_are_asked_for():
    with Door() as d:
        tls = [f"http_tls_key={d.folder}/server.key", f"http_tls_certificate={d.folder}/server.crt"]
        for settings, words in (([], "without TLS and a credential"), (tls, "without a credential"),
                                (["allow_plaintext=no"], "allow_plaintext = yes"), (tls[:1], "go together"),
                                ([f"http_client_ca={d.folder}/ca.crt"], "http_client_ca needs"),
                                ([tls[0], f"http_tls_certificate={d.folder}/ca.crt"], "no pair")):
            command = [str(BIN / "tanso-frontend")]
            for setting in (f"runtime_dir={d.run_dir}", f"state_dir={d.folder}/state", f"http_listen=0.0.0.0:{d.port}", *settings):
                command += ["--set", setting]
            done = subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=10)
            assert done.returncode != 0 and words in done.stderr, (settings, done.stderr)
        d.open(f"http_listen=0.0.0.0:{d.port}", "allow_plaintext=yes")
        assert "without a credential" in (d.folder / "log").read_text()
        assert "warning: http_listen" in d.get("/readyz")[1]


def tanso_mcp_goes_through_it():
    with Door() as d:
        d.open()
        d.start_analyst()
        hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize",
                 "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}}
        listing = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
        done = subprocess.run([str(TANSO), "mcp", "--url", f"https://127.0.0.1:{d.port}/mcp", "--ca", f"{d.folder}/ca.crt"], text=True,
                              input=json.dumps(hello) + "\n" + json.dumps(listing) + "\n", capture_output=True, timeout=20)
        answers = {m["id"]: m for m in map(json.loads, done.stdout.splitlines()) if "id" in m}
        assert answers[1]["result"]["serverInfo"] and answers[2]["result"]["tools"], (done.stdout, done.stderr)


sys.exit(run_all("tls", globals()))
