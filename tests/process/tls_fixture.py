"""tanso-frontend behind TLS, with an authority and certificates of its own. For the tests that come by that door."""
import socket, ssl, subprocess

from exporter_fixture import make_certificate
from frontend_fixture import Frontend


class Door(Frontend):
    """A frontend with a key of its own; its probes come by the unix socket, which needs no certificate."""

    def __init__(self, port=0):
        super().__init__(port)
        make_certificate(self.folder, "ca")
        self.make("server")

    def make(self, name):
        make_certificate(self.folder, name, "ca", "IP:127.0.0.1,DNS:mcp-server")

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
