"""A kubelet that answers GET /pods as the real one does, over real TLS, and misbehaves on request.
Shapes: k8s.io/api/core/v1 PodList as kubelet 1.30 serializes it (no managedFields)."""
import json, pathlib, socket, ssl, struct, subprocess, threading, time


def make_authority(folder, name):
    """NAME.ca.pem signs NAME.pem/NAME.key (localhost, 127.0.0.1) and NAME.client.pem/.key."""
    def openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)

    base = pathlib.Path(folder) / name
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    openssl("req", "-x509", *key, "-subj", f"/CN={name}", "-keyout", f"{base}.ca.key", "-out", f"{base}.ca.pem")
    for who, extension in (("", "subjectAltName=DNS:localhost,IP:127.0.0.1"), (".client", "extendedKeyUsage=clientAuth")):
        openssl("req", "-x509", *key, "-CA", f"{base}.ca.pem", "-CAkey", f"{base}.ca.key", "-subj", f"/CN=node{who}",
                "-addext", "basicConstraints=critical,CA:FALSE", "-addext", extension,
                "-keyout", f"{base}{who}.key", "-out", f"{base}{who}.pem")


def container(name, identity, requests=None, limits=None):
    return {"spec": {"name": name, "image": "registry.example/app:1", "resources": {"requests": requests or {}, "limits": limits or {}},
                     "env": [{"name": "A", "value": "ü \"quoted\" \\ "}]},
            "status": {"name": name, "containerID": f"containerd://{identity}" if identity else "", "ready": True, "restartCount": 0,
                       "state": {"running": {"startedAt": "2024-05-01T10:00:05Z"}}, "lastState": {}}}


def pod(name, namespace, uid, containers, owner=None, labels=None, annotations=None, created="2024-05-01T10:00:00Z", init=()):
    metadata = {"name": name, "namespace": namespace, "uid": uid, "creationTimestamp": created, "labels": labels or {},
                "annotations": {"kubernetes.io/config.source": "api", **(annotations or {})}}
    if owner:
        metadata["ownerReferences"] = [{"apiVersion": "v1", "kind": owner[0], "name": owner[1], "uid": "0", "controller": True,
                                        "blockOwnerDeletion": True}]
    return {"metadata": metadata,
            "spec": {"nodeName": "node-1", "containers": [c["spec"] for c in containers], "initContainers": [c["spec"] for c in init]},
            "status": {"phase": "Running", "containerStatuses": [c["status"] for c in containers],
                       "initContainerStatuses": [c["status"] for c in init]}}


class Kubelet:
    def __init__(self, folder, authority="good", token="first", port=0):
        self.folder, self.token, self.mode = pathlib.Path(folder), token, "ok"
        self.pods, self.requests, self.padding = [], [], 0
        self.on_unauthorized = lambda: None
        self.wants_client = False
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(f"{folder}/{authority}.pem", f"{folder}/{authority}.key")
        self.socket = socket.create_server(("", port))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def ask_for_client_certificate(self):
        self.context.verify_mode = ssl.CERT_REQUIRED
        self.context.load_verify_locations(f"{self.folder}/good.ca.pem")

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.handle, args=(connection,), daemon=True).start()

    def close(self):
        self.socket.close()

    def handle(self, connection):
        try:
            with self.context.wrap_socket(connection, server_side=True) as tls:
                tls.settimeout(10)
                request = b""
                while b"\r\n\r\n" not in request:
                    more = tls.recv(65536)
                    if not more:
                        return
                    request += more
                self.requests.append((time.monotonic(), request.decode("latin-1")))
                self.answer(tls, request)
        except (OSError, ssl.SSLError):
            pass

    def body(self):
        # the real list is wrapped so; "status": {} and nulls stand where kubelet leaves them
        text = json.dumps({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": self.pods or None}, ensure_ascii=False)
        return (text + " " * self.padding).encode()

    def answer(self, tls, request):
        head, body = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n", self.body()
        if f"Bearer {self.token}\r\n".encode() not in request and self.token:
            self.on_unauthorized()
            tls.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 12\r\n\r\nUnauthorized")
        elif self.mode == "500":
            tls.sendall(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\n\r\noops")
        elif self.mode == "redirect":
            tls.sendall(f"HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1:{self.port}/other\r\nContent-Length: 0\r\n\r\n".encode())
        elif self.mode == "garbage":
            tls.sendall(f"{head}Content-Length: 9\r\n\r\n".encode() + b"{'a':NaN}")
        elif self.mode == "no list":
            tls.sendall(f"{head}Content-Length: 11\r\n\r\n".encode() + b'{"kind": 1}')
        elif self.mode == "truncated":
            tls.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[: len(body) // 2])
        elif self.mode == "reset":
            tls.sendall(head.encode())
            tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif self.mode == "dribble":
            tls.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode())
            for byte in body:
                tls.sendall(bytes([byte]))
                time.sleep(0.05)
        elif self.mode == "endless":
            tls.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
            while True:
                tls.sendall(b"100000\r\n" + b" " * 0x100000 + b"\r\n")
        else:
            tls.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
