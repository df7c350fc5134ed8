"""tanso-frontend in folders and on a port of its own, with the scripted analyst. For the process tests."""
import json, os, pathlib, shutil, socket, subprocess, tempfile

from runner import BIN, run_all, wait_for  # noqa: F401 - for the tests that start from here

COMMAND = None  # another program than tanso-frontend
FAKE = BIN.parent / "tests" / "fake_analyst"
ASSESS = "/tools/assess_workload_compliance"


class Frontend:
    def __init__(self, port=0):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tanso-frontend-"))
        self.run_dir = self.folder / "run"
        self.analyst = self.process = None
        # held as a supervisor's fd store would hold it
        self.listener = socket.create_server(("127.0.0.1", port), backlog=64)
        self.port = self.listener.getsockname()[1]

    def start(self, *settings, inherit=False):
        log = open(self.folder / "log", "ab")
        command = [COMMAND or str(BIN / "tanso-frontend"), "--set", f"runtime_dir={self.run_dir}", "--set",
                   f"state_dir={self.folder / 'state'}", "--set", f"http_listen=127.0.0.1:{self.port}"]
        for setting in settings:
            command += ["--set", setting]
        if inherit:
            def place():
                os.dup2(self.listener.fileno(), 3)
                os.set_inheritable(3, True)
            # exec by a shell, so that LISTEN_PID is the number of the process itself
            self.process = subprocess.Popen(
                ["sh", "-c", 'exec env LISTEN_FDS=1 LISTEN_FDNAMES=http-listener LISTEN_PID=$$ "$@"', "sh", *command],
                stdout=log, stderr=log, preexec_fn=place, close_fds=False)
        else:
            self.listener.close()
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        assert wait_for(lambda: self.status("/healthz") == 200), (self.folder / "log").read_text()
        return self

    def start_analyst(self, *arguments):
        self.analyst = subprocess.Popen([str(FAKE), str(self.run_dir), *arguments], stdout=subprocess.PIPE)
        if not arguments:
            assert wait_for(lambda: self.status("/readyz") == 200)
            self.analyst.stdout.readline()  # "connected": answers will arrive

    def stop(self):
        for process in (self.analyst, self.process):
            if process is not None and process.poll() is None:
                process.terminate()
                process.wait(10)
        self.listener.close()
        shutil.rmtree(self.folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        alive = self.process is None or self.process.poll() is None
        log = (self.folder / "log").read_text() if (self.folder / "log").exists() else ""
        self.stop()
        assert alive, "the frontend died:\n" + log

    def curl(self, path, *arguments, body=None):
        """(status, body) of one request."""
        command = ["curl", "-s", "-m", "20", "-w", "\n%{http_code}", f"http://127.0.0.1:{self.port}{path}", *arguments]
        if body is not None:
            command += ["--data-binary", "@-"]
        out = subprocess.run(command, input=body.encode() if isinstance(body, str) else body, stdout=subprocess.PIPE).stdout
        text, _, status = out.decode().rpartition("\n")
        return int(status), text

    def status(self, path):
        return self.curl(path)[0]

    def ask(self, name, *arguments, **more):
        status, text = self.curl(ASSESS, *arguments, body=json.dumps({"workload_name": name, **more}))
        return status, json.loads(text)

    def mcp(self, message, *arguments):
        body = message if isinstance(message, (str, bytes)) else json.dumps(message)
        status, text = self.curl("/mcp", *arguments, body=body)
        return status, json.loads(text) if text else None


def expect(got, wanted):
    assert got == wanted, f"got {got!r}, wanted {wanted!r}"


def expect_error(answer, status, code):
    expect(answer[0], status)
    body = answer[1] if isinstance(answer[1], dict) else json.loads(answer[1])
    expect(body["error"]["code"], code)
    assert body["error"]["message"], body
    return body["error"]
