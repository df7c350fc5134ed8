"""`tanso mcp`: a pipe to a frontend on this machine, a bridge to any other. Usage: test_stdio.py BIN_FOLDER
Prints PASS or FAIL a test; exit status 1 when any failed."""
import json, os, pathlib, signal, socket, subprocess, sys, threading, time

from cli_fixture import ENVIRONMENT, place, tanso as _tanso
from frontend_fixture import BIN, Frontend, expect, run_all, wait_for
from hashlib import sha256

CALL = {"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": {
    "name": "assess_workload_compliance", "arguments": {"workload_name": "app"}}}


def mcp_bridges_line_by_line():
    with Frontend().start() as f:
        f.start_analyst()
        lines = [{"jsonrpc": "2.0", "id": "한/1", "method": "initialize", "params": {"protocolVersion": "2025-11-25"}},
                 {"jsonrpc": "2.0", "method": "notifications/initialized"}, CALL, "nonsense", "", [CALL],
                 {"jsonrpc": "2.0", "id": 6, "method": "ping"}]
        text = "\n".join(line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines)
        code, out, error = _tanso("mcp", *place(f), text=text)  # the last line has no end
        expect((code, error), (0, ""))
        replies = [json.loads(line) for line in out.splitlines()]  # each as soon as it is there
        expect(replies[0]["id"], "한/1")
        expect(sorted(str(reply["id"]) for reply in replies[1:]), ["5", "6", "None", "None"])
        answer = next(reply for reply in replies if reply["id"] == 5)
        expect(answer["result"]["structuredContent"]["echo"]["workload_name"], "app")
        expect(sorted(reply["error"]["code"] for reply in replies if reply["id"] is None), [-32700, -32600])


def who_looked_what_is_spoken_may_still_initialize():
    """The official client tries the newest first, and greets the old way where it does not like the answer."""
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
    with Frontend().start() as f:
        f.start_analyst()
        pipe = Pipe(*place(f))
        pipe.say(id=1, method="server/discover", params={"_meta": meta})
        expect(pipe.hear()["result"]["supportedVersions"], ["2026-07-28"])
        pipe.greet()
        pipe.say(id=2, method="tools/call", params=CALL["params"])
        assert "structuredContent" in pipe.hear()["result"]
        expect(pipe.end(), b"")


def mcp_survives_a_line_over_the_limit():
    with Frontend().start() as f:
        f.start_analyst()
        text = json.dumps({**CALL, "pad": "x" * (1 << 20)}) + "\n" + json.dumps(CALL) + "\n"
        code, out, _ = _tanso("mcp", *place(f), text=text)
        replies = [json.loads(line) for line in out.splitlines()]
        expect(code, 0)
        expect([reply["id"] for reply in replies], [None, 5])
        assert "1 MiB" in replies[0]["error"]["message"], replies[0]


def mcp_without_a_pipeline_answers_with_the_remedy():
    code, out, _ = _tanso("mcp", "--runtime-dir", "/nonexistent", "--url", "http://127.0.0.1:9",
                         text=json.dumps(CALL) + "\n" + json.dumps({"jsonrpc": "2.0", "method": "notifications/x"}) + "\n{\n")
    expect(code, 0)
    replies = {reply["id"]: reply["error"] for reply in map(json.loads, out.splitlines())}
    expect({number: error["code"] for number, error in replies.items()}, {5: -32603, None: -32700})
    assert "tanso up" in replies[5]["message"], replies
    for lang, told in (("en", "Check the address"), ("ko", "주소")):  # another machine's pipeline cannot be started from here
        code, out, _ = _tanso("mcp", "--lang", lang, "--url", "https://no-such-host.invalid/mcp", text=json.dumps(CALL) + "\n")
        message = json.loads(out)["error"]["message"]
        assert told in message and "tanso up" not in message, message
    code, out, error = _tanso("mcp", "--url", "ftp://127.0.0.1/mcp")
    assert (code, out) == (2, "") and "http:// or https://" in error, error


def a_token_goes_to_https_or_to_this_machine_alone():
    for url in ("http://127.0.0.1.example.com/mcp", "http://localhost.example.com/mcp", "http://localhost@192.0.2.1/mcp",
                "http://192.0.2.1/mcp", "ftp://127.0.0.1/mcp"):
        code, out, error = _tanso("mcp", "--url", url, env={**ENVIRONMENT, "TANSO_TOKEN": "secret"})
        assert code == 2 and out == "" and "https:// alone" in error, (url, code, error)
    for url in ("http://127.0.0.1:9/mcp", "http://localhost:9/mcp", "http://[::1]:9/mcp", "https://192.0.2.1/mcp"):
        expect(_tanso("mcp", "--url", url, env={**ENVIRONMENT, "TANSO_TOKEN": "secret"})[0], 0)


def mcp_finds_a_pipeline_that_starts_later():
    f = Frontend()
    f.listener.close()
    bridge = subprocess.Popen([str(BIN / "tanso"), "mcp", *place(f), "--url", f"http://127.0.0.1:{f.port}"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT)

    def ask():
        bridge.stdin.write((json.dumps(CALL) + "\n").encode())
        bridge.stdin.flush()
        return json.loads(bridge.stdout.readline())
    assert "error" in ask()
    with f.start():
        f.start_analyst()
        expect(ask()["result"]["isError"], False)
        begin = time.monotonic()
        bridge.stdin.close()
        expect(bridge.wait(10), 0)
        assert time.monotonic() - begin < 5


class Pipe:
    """`tanso mcp` as a client has it; `besides` is what it heard that is no answer."""
    def __init__(self, *arguments):
        self.process = subprocess.Popen([str(BIN / "tanso"), "mcp", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env=ENVIRONMENT)
        self.besides = []

    def say(self, **message):
        self.process.stdin.write((json.dumps({"jsonrpc": "2.0", **message}) + "\n").encode())
        self.process.stdin.flush()

    def hear(self):
        """The next answer."""
        while "id" not in (message := json.loads(self.process.stdout.readline())):
            self.besides.append(message["method"])
        return message

    def greet(self):
        self.say(id="hello", method="initialize", params={"protocolVersion": "2025-11-25"})
        expect(self.hear()["id"], "hello")
        self.say(method="notifications/initialized")

    def end(self):
        self.process.stdin.close()
        expect(self.process.wait(10), 0)
        return self.process.stdout.read()


def mcp_asks_a_frontend_that_comes_back_what_its_predecessor_did_not_answer():
    with Frontend().start() as f:
        f.start_analyst()
        pipe = Pipe(*place(f), "--lang", "ko")
        libraries = pathlib.Path(f"/proc/{pipe.process.pid}/maps").read_text()
        assert "libcurl" not in libraries and "libssl" not in libraries, libraries
        pipe.say(id="a", method="initialize", params={"protocolVersion": "2025-11-25"})
        expect(pipe.hear()["id"], "a")
        f.analyst.send_signal(signal.SIGSTOP)
        pipe.say(id=1, method="tools/call", params=CALL["params"])
        pipe.say(id=2, method="ping")
        expect(pipe.hear()["id"], 2)  # the call waits
        f.process.kill()
        f.process.wait()
        pipe.say(id=3, method="tools/call", params=CALL["params"])
        f.start()
        f.analyst.send_signal(signal.SIGCONT)
        answers = {answer["id"]: answer["result"] for answer in (pipe.hear() for _ in range(2))}
        expect(sorted(answers), [1, 3])
        for answer in answers.values():  # in the revision and the language that were settled before
            expect(answer["structuredContent"]["lang"], "ko")
        expect(pipe.end(), b"")


def mcp_ends_with_its_input_whatever_lines_stood_in_it():
    lines = ['{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":NaN}}', '{"jsonrpc":"2.0","id":"' + "x" * 300 + '","method":"ping"}',
             '{"jsonrpc":"2.0","id":2,"result":{}}', json.dumps({**CALL, "id": 3})]
    with Frontend().start() as f:
        f.start_analyst()
        code, out, error = _tanso("mcp", *place(f), text="\n".join(lines) + "\n")
        expect((code, error), (0, ""))
        replies = [json.loads(line) for line in out.splitlines()]
        expect([reply["id"] for reply in replies if "result" in reply], [3])
        assert len(replies) < 8, replies  # what has no answer that names it is asked a few times, not for ever


def mcp_passes_the_answers_of_a_batch_on():
    batch = json.dumps([{"jsonrpc": "2.0", "id": 1, "method": "ping"}, CALL])
    with Frontend().start() as f:
        f.start_analyst()
        for where in (place(f), ["--url", f"http://127.0.0.1:{f.port}/mcp"]):
            code, out, error = _tanso("mcp", *where, text=batch + "\n")
            expect((code, error), (0, ""))
            expect(sorted(reply["id"] for reply in json.loads(out)), [1, 5])


def mcp_says_in_plain_words_that_the_frontend_went_away_and_finds_it_again():
    with Frontend().start() as f:
        f.start_analyst()
        pipe = Pipe(*place(f))
        pipe.say(id=1, method="ping")
        expect(pipe.hear()["id"], 1)
        f.process.kill()
        f.process.wait()
        pipe.say(id=[2], method="ping")
        pipe.say(id="2", method="ping")
        answer = pipe.hear()
        assert answer["id"] == "2" and "tanso up" in answer["error"]["message"], answer
        f.start()
        pipe.say(id=3, method="ping")
        expect(pipe.hear(), {"jsonrpc": "2.0", "id": 3, "result": {}})
        expect(pipe.end(), b"")


def _start_anew(f, *settings):
    """A frontend that knows none of its predecessor's sessions."""
    f.process.kill()
    f.process.wait()
    (f.folder / "state/frontend/session.key").unlink()
    f.start(*settings)
    assert wait_for(lambda: f.status("/readyz") == 200)


def mcp_begins_a_session_anew_when_the_server_knows_it_no_more():
    with Frontend().start() as f:
        f.start_analyst()
        pipe = Pipe("--url", f"http://127.0.0.1:{f.port}")
        pipe.greet()
        for turn in range(2):  # and again
            _start_anew(f)
            for number in range(5):
                pipe.say(id=number, method="tools/call", params=CALL["params"])
            answers = {answer["id"]: answer.get("result") for answer in (pipe.hear() for _ in range(5))}
            assert sorted(answers) == list(range(5)) and all(answers.values()), answers
            pipe.say(id="s", method="resources/subscribe", params={"uri": "carbon-intensity://ap-northeast-2"})
            expect(pipe.hear(), {"jsonrpc": "2.0", "id": "s", "result": {}})  # none without a session
        heard = []

        def listen():
            for line in pipe.process.stdout:
                heard.append(json.loads(line)["method"])
        threading.Thread(target=listen, daemon=True).start()

        def is_told_of_the_analyst():  # what is said before the stream is back is lost
            f.analyst.kill()
            f.analyst.wait()
            f.start_analyst()
            return wait_for(lambda: "notifications/message" in heard, 1)
        assert wait_for(is_told_of_the_analyst), "the session's stream did not come back"
        pipe.process.stdin.close()
        expect(pipe.process.wait(10), 0)


def mcp_lets_nobody_but_itself_write_to_its_output():
    with Frontend().start() as f:
        f.start_analyst()
        for way in (place(f), ("--runtime-dir", "/nonexistent", "--url", f"http://127.0.0.1:{f.port}")):
            pipe = Pipe(*way)
            pipe.greet()
            out, error = [os.readlink(f"/proc/{pipe.process.pid}/fd/{number}") for number in (1, 2)]  # where a stray print would go
            assert out == error != os.readlink(f"/proc/self/fd/{pipe.process.stdout.fileno()}"), (out, error)
            pipe.end()


def mcp_reads_a_resource_whatever_name_stands_beside_its_uri():
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
    with Frontend().start() as f:
        f.start_analyst()
        for way in (place(f), ("--url", f"http://127.0.0.1:{f.port}")):
            pipe = Pipe(*way)
            pipe.say(id=1, method="resources/read", params={"name": "x", "uri": "carbon-intensity://KR", "_meta": meta})
            answer = pipe.hear()
            assert "contents" in answer.get("result", {}), answer
            pipe.end()


def mcp_takes_a_token_of_4_KiB_and_reads_its_file_again_when_it_is_refused():
    old, new, other = ("a" * 4088, "new", "other")  # the longest that the server takes
    f = Frontend()
    tokens, file = f.folder / "tokens", f.folder / "secret"

    def know(name, secret):
        tokens.write_text(f"{name} {sha256(secret.encode()).hexdigest()}\n")
    know("alice", old)
    with f.start(f"http_tokens={tokens}"):
        f.start_analyst()
        file.write_text(old + "\n")
        pipe = Pipe("--url", f"http://127.0.0.1:{f.port}", "--token-file", str(file))

        def ask():
            pipe.say(id=1, method="tools/call", params=CALL["params"])
            return pipe.hear()
        pipe.greet()
        expect(ask()["result"]["isError"], False)
        for name, secret in (("alice", new), ("bob", other)):  # another principal has another session
            know(name, secret)
            assert wait_for(lambda: "error" in (answer := ask()) and answer), "the old token is still taken"
            message = ask()["error"]["message"]
            assert "HTTP 401" in message and "--token-file" in message, message
            file.write_text(secret)
            expect(ask()["result"]["isError"], False)
        expect(pipe.process.poll(), None)
        pipe.end()
        file.write_text("x" * 4097)
        code, out, error = _tanso("mcp", "--url", f"http://127.0.0.1:{f.port}", "--token-file", str(file))
        assert (code, out) == (2, "") and "4096 bytes" in error, error


def _door(f):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(20)
    client.connect(str(f.run_dir / "frontend/mcp.sock"))
    return client


def the_stdio_door_takes_whatever_bytes_come():
    with Frontend().start() as f:
        f.start_analyst()
        expect(oct((f.run_dir / "frontend/mcp.sock").stat().st_mode)[-3:], "660")
        half, client = _door(f), _door(f)
        half.sendall(b'{"jsonrpc":"2.0","id":1,"meth')
        client.sendall(b"\0\xff\xfe\n\r\n" + b"x" * (1 << 21) + b"\n[]\n{}\n" + b"[" * 5000 + b"\n" +
                       b'{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}\n{"jsonrpc":"2.0","id":2,"method":"ping"}')
        half.close()
        client.shutdown(socket.SHUT_WR)
        replies = [json.loads(line) for line in client.makefile("rb")]
        expect([(reply["id"], reply.get("error", {}).get("code")) for reply in replies],
               [(None, -32700), (None, -32600), (None, -32600), (None, -32600), (None, -32700), (1, -32602), (2, None)])


def a_client_of_the_stdio_door_that_does_not_read_is_not_read_from():
    with Frontend().start() as f:
        f.start_analyst()
        client = _door(f)
        client.setblocking(False)
        line, sent = (json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}) + "\n").encode(), 0
        try:
            while sent < 50000:
                client.sendall(line * 100)
                sent += 100
        except BlockingIOError:
            pass
        assert sent < 50000
        expect(f.status("/healthz"), 200)
        client.setblocking(True)
        client.settimeout(20)
        assert client.recv(65536).startswith(b'{"jsonrpc":"2.0","id":1,"result"')


def one_user_has_a_bounded_number_of_connections_to_the_stdio_door():
    with Frontend().start() as f:
        clients = [_door(f) for _ in range(40)]
        for client in clients:
            try:
                client.sendall(b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n')
            except BrokenPipeError:
                pass
        answered = 0
        for client in clients:
            try:
                answered += client.recv(100) != b""
            except ConnectionResetError:
                pass
        expect(answered, 32)
        for client in clients:
            client.close()
        assert wait_for(lambda: _pings(f))


def _pings(f):
    with _door(f) as client:
        try:
            client.sendall(b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n')
            return client.recv(100) != b""
        except OSError:
            return False


sys.exit(run_all("stdio", globals()))
