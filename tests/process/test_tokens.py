"""Bearer tokens over every door: who is let in, what a token's namespaces show, and how much one may ask. Usage: test_tokens.py BIN_FOLDER
Prints PASS or FAIL a test; exit status 1 when any failed."""
import hashlib, json, pathlib, socket, subprocess, sys, tempfile, time, urllib.request

from exporter_fixture import make_certificate
from frontend_fixture import BIN, Frontend, expect, expect_error, run_all, wait_for
from history_fixture import History
from jwt_fixture import AUDIENCE, jwt, key_set

ASSESS, TOP, LIST, SUMMARY = ("assess_workload_compliance", "list_top_power_consumers", "list_workloads_by_compliance",
                              "get_power_consumption_summary")


def _line(name, namespaces=""):
    return f"{name} {hashlib.sha256(('secret-of-' + name).encode()).hexdigest()} {namespaces}\n"


TOKENS = _line("all") + _line("shop", "shop") + _line("two", "shop,bank")


def _world(**settings):
    """Three namespaces; the names in `lab` are near those in `shop`."""
    now = int(time.time())
    rows = [("shop", "cart", 5), ("bank", "vault", 4), ("lab", "cart-secret", 3), ("lab", "twin", 1), ("bank", "twin", 1)]
    lines = [f"name {10 + i} pod {namespace} {name} {name} - -" + " 0" for i, (namespace, name, _) in enumerate(rows)]
    lines += [f"begin {now - 7200}", "idle 10", *(f"power {10 + i} {watts} 0 0 0" for i, (_, _, watts) in enumerate(rows))]
    return History([*lines, f"until {now}", "live"], tokens=TOKENS, token="secret-of-all", **settings)


def _has_watts(history):
    assert wait_for(lambda: "node_power_watts" in history.ask(TOP)[1]), history.ask(TOP)


def _as(history, who):
    history.token = None if who is None else f"secret-of-{who}"
    return history


def _mcp(history, method, **params):
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return history.post("/mcp", body, Accept="application/json, text/event-stream", MCP_Protocol_Version="2025-06-18")[1]


def _event(history, who):
    """The first event with watts that a listener of /events hears."""
    request = urllib.request.Request(history.url + "/events", headers={"Authorization": f"Bearer secret-of-{who}"})
    with urllib.request.urlopen(request, timeout=10) as stream:
        for line in stream:
            if line.startswith(b"data: {"):
                return json.loads(line[6:])


def a_token_that_the_command_made_is_let_in():
    made = subprocess.run([BIN / "tanso", "token", "ci", "--namespaces", "shop"], capture_output=True, text=True, check=True)
    token = made.stderr.strip()
    expect(made.stdout, f"ci {hashlib.sha256(token.encode()).hexdigest()} shop\n")
    for wrong in ([], ["a b"], ["a", "--namespaces", ""], ["a", "--namespaces", "x,,y"], ["a", "--namespaces", "*"], ["a", "b"], ["a", "--no"]):
        done = subprocess.run([BIN / "tanso", "token", *wrong], capture_output=True, text=True)
        assert done.returncode == 2 and not done.stdout and "tanso token --help" in done.stderr, (wrong, done)
    with _world() as history:
        (history.frontend.folder / "tokens").write_text(made.stdout)
        history.token = token
        assert wait_for(lambda: history.ask(TOP)[0] == 200)


def who_shows_no_token_sees_pages_and_nothing_else():
    with _world() as history:
        _as(history, None)
        for path, body in (f"/tools/{TOP}", {}), ("/views/names", {"kind": "namespace"}), ("/mcp", {}):
            status, answer = history.post(path, body)
            expect((status, answer["error"]["code"]), (401, "UNAUTHORIZED"))
        for wrong in "nothing", "secret-of-shop2", "x" * 4000:
            history.token = wrong
            expect(history.ask(TOP)[0], 401)
        curl = history.frontend.curl
        expect_error(curl("/events"), 401, "UNAUTHORIZED")
        expect_error(curl(f"/tools/{TOP}", "-H", "Authorization: Basic Og==", body="{}"), 401, "UNAUTHORIZED")
        head = curl(f"/tools/{TOP}", "-i", body="{}")[1]
        assert "www-authenticate: bearer" in head.lower(), head
        for path in "/", "/healthz", "/readyz", "/docs", "/openapi.json", "/llms.txt":
            expect((path, curl(path)[0]), (path, 200))
        # who may open the socket file needs no token
        expect(curl(f"/tools/{TOP}", "--unix-socket", str(history.frontend.run_dir / "frontend/http.sock"), body="{}")[0], 200)


def a_token_of_one_namespace_sees_no_trace_of_another():
    with _world() as history:
        _has_watts(history)
        _as(history, "shop")
        answers = [history.ask(TOP), history.ask(LIST), history.ask(SUMMARY), history.ask("identify_power_hotspots"),
                   history.ask(ASSESS, workload_name="cart"), history.ask(ASSESS, workload_name="cart-secre"), history.ask(ASSESS, workload_name="vault"),
                   history.ask(ASSESS, workload_name="bank/vault"), history.ask(ASSESS, workload_name="lab/twin (pod)"),
                   history.post("/views/power_history", {}), history.post("/views/names", {"kind": "namespace"}),
                   history.post("/views/names", {"kind": "workload"}), _event(history, "shop")]
        for answer in answers:
            text = json.dumps(answer).replace("vault: No workload", "No workload").replace("bank/vault: ", "").replace('\\"lab/twin (pod)\\": ', "")  # as asked
            assert not any(word in text for word in ("vault", "secret", "twin", "lab", "bank\"", "node_power", "idle_power", "node_watts", "share_of")), text
        top, listed, summary = (answer[1] for answer in answers[:3])
        expect([row["workload"] for row in top["consumers"]], ["cart"])
        expect((listed["total_workloads"], summary["workload_count"], len(summary["by_namespace"])), (1, 1, 1))
        expect((top["namespace"], top["other_power_watts"], round(summary["workload_power_watts"], 1)), ("shop", 0, 5))
        expect([answer[0] for answer in answers[4:9]], [200, 404, 404, 404, 404])
        for tool in ASSESS, TOP, SUMMARY:
            status, body = history.ask(tool, namespace="bank", **({"workload_name": "vault"} if tool == ASSESS else {}))
            expect((status, body["error"]["code"]), (403, "NAMESPACE_FORBIDDEN"))
        # the same question of somebody who sees more was not answered from memory, nor the other way round
        expect(len(_as(history, "all").ask(TOP)[1]["consumers"]), 5)
        expect(len(_as(history, "shop").ask(TOP)[1]["consumers"]), 1)
        assert history.ask(LIST)[1].get("next_cursor") is None
        cursor = _as(history, "all").ask(LIST, limit=1)[1]["next_cursor"]
        expect(_as(history, "shop").ask(LIST, limit=1, cursor=cursor)[0], 422)


def a_token_of_several_namespaces_sees_their_sum():
    with _world() as history:
        _has_watts(history)
        _as(history, "two")
        top = history.ask(TOP, limit=1)[1]
        expect(([row["workload"] for row in top["consumers"]], round(top["other_power_watts"], 1)), (["cart"], 5))
        expect(top["namespace"], "shop,bank")
        summary = history.ask(SUMMARY)[1]
        expect((summary["workload_count"], {row["namespace"] for row in summary["by_namespace"]}), (3, {"shop", "bank"}))
        expect(history.ask(ASSESS, workload_name="twin")[1]["namespace"], "bank")  # for them there is one
        expect(history.ask(TOP, namespace="bank")[1]["namespace"], "bank")
        expect(history.post("/views/names", {"kind": "namespace"})[1]["values"], ["bank", "shop"])
        expect(len(_event(history, "two")["consumers"]), 3)


def resources_completion_and_sessions_keep_to_the_token():
    with _world() as history:
        _as(history, "shop")
        ref = {"type": "ref/resource", "uri": "workload-metrics://{namespace}/{pod_name}"}
        complete = lambda name, **context: _mcp(history, "completion/complete", ref=ref, argument={"name": name, "value": ""}, context={
            "arguments": context})["result"]["completion"]
        expect(complete("namespace"), {"values": ["shop"], "total": 1, "hasMore": False})
        expect(complete("pod_name")["values"], ["cart"])
        expect(complete("pod_name", namespace="bank")["values"], [])
        expect("contents" in _mcp(history, "resources/read", uri="workload-metrics://shop/cart")["result"], True)
        error = _mcp(history, "resources/read", uri="workload-metrics://bank/vault")["error"]
        expect((error["code"], error["data"]), (-32002, {"uri": "workload-metrics://bank/vault", "code": "NAMESPACE_FORBIDDEN",
            "hint": "Name one of these as namespace: shop"}))
        expect(_mcp(history, "tools/call", name=TOP, arguments={"namespace": "bank"})["result"]["isError"], True)
        initialize = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18"}})
        shop = ("-H", "Authorization: Bearer secret-of-shop", "-H", "Content-Type: application/json")
        head = history.frontend.curl("/mcp", "-i", *shop, body=initialize)[1]
        session = next(line.split(": ")[1].strip() for line in head.splitlines() if line.lower().startswith("mcp-session-id"))
        subscribe = json.dumps({"jsonrpc": "2.0", "id": 2, "method": "resources/subscribe", "params": {"uri": "workload-metrics://bank/vault"}})
        answer = history.frontend.curl("/mcp", *shop, "-H", f"Mcp-Session-Id: {session}", body=subscribe)[1]
        expect(json.loads(answer)["error"]["data"]["code"], "NAMESPACE_FORBIDDEN")
        wanted = [f"workload-metrics://{name}" for name in ("bank/vault", "bank/none", "shop/none", "shop/cart")]
        meta = {f"io.modelcontextprotocol/{key}": value for key, value in (("protocolVersion", "2026-07-28"), ("clientCapabilities", {}))}
        listen = {"notifications": {"resourceSubscriptions": wanted}, "_meta": meta}
        told = history.frontend.curl("/mcp", *shop, "-m", "3", "-H", "Accept: text/event-stream, application/json", "-H", "MCP-Protocol-Version: 2026-07-28",
                                     "-H", "Mcp-Method: subscriptions/listen", body=json.dumps({"jsonrpc": "2.0", "id": 3, "method": "subscriptions/listen", "params": listen}))[1]
        expect(json.loads(told.split("data: ")[1].splitlines()[0])["params"]["notifications"]["resourceSubscriptions"], wanted[-1:])
        other = ("-H", "Authorization: Bearer secret-of-two", "-H", f"Mcp-Session-Id: {session}")
        expect(history.frontend.curl("/mcp", *other, body=subscribe)[0], 404)  # another's session is none


def what_was_answered_before_is_still_answered_to_nobody_else():
    """The same bytes again, by who may not ask, in another session, or with headers that say otherwise."""
    def post(who, *headers, body=None):
        sent = [word for header in (f"Authorization: Bearer secret-of-{who}", *headers) for word in ("-H", header)]
        status, text = history.frontend.curl("/mcp", *sent, body=body or call)
        return status, json.loads(text) if text.startswith("{") else text
    with _world() as history:
        call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": TOP}})
        initialize = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-11-25"}})
        head = history.frontend.curl("/mcp", "-i", "-H", "Authorization: Bearer secret-of-shop", body=initialize)[1]
        session = "Mcp-Session-Id: " + next(line.split(": ")[1].strip() for line in head.splitlines() if line.lower().startswith("mcp-session-id"))
        newest = "MCP-Protocol-Version: 2025-11-25"
        def is_shops(answer):
            return answer[0] == 200 and [row["workload"] for row in answer[1]["result"]["structuredContent"]["consumers"]] == ["cart"]
        for _ in range(8):  # over more than one snapshot
            expect([is_shops(post("shop", session)) for _ in range(5)], [True] * 5)
            expect([len(post("all", newest)[1]["result"]["structuredContent"]["consumers"]) for _ in range(3)], [5] * 3)
            expect(post("nobody", session)[0], 401)
            expect(post("all", session, newest)[0], 404)
            expect(post("all", session + "x", newest)[0], 404)
            expect(post("shop", session, "Origin: https://evil.example")[0], 403)
            expect(post("shop", session, "MCP-Protocol-Version: 1999-01-01")[0], 400)
            expect(post("shop", session, "MCP-Protocol-Version: 2026-07-28")[0], 400)
            expect("structuredContent" in post("shop", session, "MCP-Protocol-Version: 2025-03-26")[1]["result"], False)
            expect(post("shop", session, "Accept: text/event-stream")[1].startswith("id: "), True)
            expect(post("shop", session, body=call.replace('"id": 1', '"id": "\\u0041"'))[1]["id"], "A")
            time.sleep(0.15)
        expect(history.frontend.curl("/mcp", "-X", "DELETE", "-H", "Authorization: Bearer secret-of-shop", "-H", session)[0], 204)
        expect([is_shops(post("shop", newest)) for _ in range(3)], [True] * 3)
        expect(post("shop", session, newest)[0], 404)


def who_repeats_a_question_is_counted_and_sees_what_their_token_shows_now():
    with _world() as history:
        sent = ("-H", "Authorization: Bearer secret-of-shop", "-H", "MCP-Protocol-Version: 2025-11-25")
        call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": TOP}})
        def seen(*more):
            return [row["workload"] for row in json.loads(history.frontend.curl("/mcp", *sent, *more, body=call)[1])["result"]["structuredContent"]["consumers"]]
        expect([seen() for _ in range(5)], [["cart"]] * 5)
        (history.frontend.folder / "tokens").write_text(_line("shop", "bank"))
        assert wait_for(lambda: seen() != ["cart"])
        expect([sorted(seen()) for _ in range(5)], [["twin", "vault"]] * 5)
        urls = [f"{history.url}/mcp"] * 2000  # 200 in a second pass
        out = subprocess.run(["curl", "-s", "-i", *sent, "-d", call, *urls], stdout=subprocess.PIPE).stdout.decode()
        assert "HTTP/1.1 200" in out and "HTTP/1.1 429" in out, out[-400:]


def a_json_web_token_shows_its_namespaces_alone():
    with tempfile.TemporaryDirectory() as folder:
        make_certificate(folder, "issuer")
        keys = pathlib.Path(folder) / "jwks.json"
        keys.write_text(key_set(folder, one="issuer"))
        with _world(http_jwks=keys, http_jwt_audience=AUDIENCE) as history:
            _has_watts(history)
            history.token = jwt(folder, "issuer", "one", namespaces=["shop"])
            expect([row["workload"] for row in history.ask(TOP)[1]["consumers"]], ["cart"])
            expect(history.ask(ASSESS, workload_name="vault")[0], 404)
            expect(history.ask(TOP, namespace="bank")[0], 403)
            history.token = jwt(folder, "issuer", "one")
            expect(len(history.ask(TOP)[1]["consumers"]), 5)


def a_token_that_is_withdrawn_lets_nobody_in_and_ends_its_streams():
    with Frontend() as f:
        (f.folder / "tokens").write_text(TOKENS)
        f.start(f"http_tokens={f.folder}/tokens")
        f.start_analyst()
        shop = ("-H", "Authorization: Bearer secret-of-shop")
        stream = subprocess.Popen(["curl", "-sN", "-m", "20", f"http://127.0.0.1:{f.port}/events", *shop], stdout=subprocess.PIPE)
        assert stream.stdout.readline().startswith(b"retry")
        (f.folder / "tokens").write_text("# nobody\n" + _line("all"))
        assert wait_for(lambda: f.curl(f"/tools/{TOP}", *shop, body="{}")[0] == 401)
        stream.communicate(timeout=10)
        (f.folder / "tokens").write_text(_line("shop") + "nonsense\n")  # what was in use stays
        assert wait_for(lambda: ":2: " in (f.folder / "log").read_text())
        expect(f.curl(f"/tools/{TOP}", *shop, body="{}")[0], 401)
        assert "tanso token NAME" in (f.folder / "log").read_text()


def who_asks_too_much_hears_when_to_come_back():
    with Frontend() as f:
        (f.folder / "tokens").write_text(TOKENS)
        f.start(f"http_tokens={f.folder}/tokens", "principal_requests_per_second=20")
        f.start_analyst()
        who = ("-H", "Authorization: Bearer secret-of-all")
        urls = [f"http://127.0.0.1:{f.port}/tools/{TOP}?{i}" for i in range(60)]
        out = subprocess.run(["curl", "-s", "-i", *who, "-d", "{}", *urls], stdout=subprocess.PIPE).stdout.decode()
        assert "RATE_LIMITED" in out and "retry-after: 1" in out.lower() and "429" in out, out[-400:]
        streams = [subprocess.Popen(["curl", "-sN", "-m", "20", f"http://127.0.0.1:{f.port}/events", "-H", "Authorization: Bearer secret-of-two"],
                                    stdout=subprocess.PIPE) for _ in range(8)]
        for stream in streams:
            assert stream.stdout.readline().startswith(b"retry")
        expect_error(f.curl("/events", "-H", "Authorization: Bearer secret-of-two"), 429, "RATE_LIMITED")
        streams[0].kill()
        again = lambda: f.curl("/events", "-m", "1", "-H", "Authorization: Bearer secret-of-two")[0] == 200
        assert wait_for(again)
        for stream in streams:
            stream.kill()
            stream.communicate()


INITIALIZE = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-11-25", "capabilities": {}}}


def _session(f, who):
    """Headers of a new session, for curl."""
    token = ("-H", f"Authorization: Bearer secret-of-{who}")
    f.mcp(INITIALIZE, *token, "-D", str(f.folder / "headers"))
    lines = (f.folder / "headers").read_text().splitlines()
    session = next(line.split(": ", 1)[1] for line in lines if line.lower().startswith("mcp-session-id: "))
    return *token, "-H", f"Mcp-Session-Id: {session}", "-H", "Accept: text/event-stream"


def a_stream_whose_answer_is_given_ends_with_its_token_and_harms_nobody():
    with Frontend() as f:
        (f.folder / "tokens").write_text(TOKENS)
        f.start(f"http_tokens={f.folder}/tokens")
        f.start_analyst()
        call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": TOP}}
        session = _session(f, "shop")
        answer = f.curl("/mcp", *session, body=json.dumps(call))[1]
        assert "isError" in answer, answer
        event = [line for line in answer.splitlines() if line.startswith("id: ")][0].removeprefix("id: ")
        again = f.curl("/mcp", *session, "-H", f"Last-Event-ID: {event}")[1]  # what was not heard is told again
        assert "isError" in again, again
        (f.folder / "tokens").write_text(_line("all"))
        assert wait_for(lambda: f.curl("/mcp", *session, body=json.dumps(call))[0] == 401)
        expect([f.curl("/healthz")[0] for _ in range(3)], [200] * 3)


def who_comes_and_goes_keeps_nobody_out_and_has_no_more_streams_than_others():
    with Frontend() as f:
        (f.folder / "tokens").write_text(TOKENS)
        f.start(f"http_tokens={f.folder}/tokens", "http_streams=4", "principal_streams=2")
        f.start_analyst()
        listen = lambda session, *more: f.curl("/mcp", *session, *more, "--http2-prior-knowledge", "-m", "0.5")
        left = []
        for _ in range(6):  # each waits a minute for its client
            session = _session(f, "shop")
            status, text = listen(session)
            expect(status, 200)
            left.append((session, "-H", "Last-Event-ID: " + text.split("\n")[0].removeprefix("id: ")))
        expect(listen(_session(f, "two"))[0], 200)
        held = [subprocess.Popen(["curl", "-sN", "-m", "20", f"http://127.0.0.1:{f.port}/events", *_session(f, "shop")[:2]], stdout=subprocess.PIPE)
                for _ in range(2)]
        for stream in held:
            assert stream.stdout.readline().startswith(b"retry")
        expect(listen(left[-1][0], *left[-1][1:])[0], 429)  # to come back is to have one more
        held[0].kill()
        numbers = [last.removeprefix("Last-Event-ID: ").split("-")[0] for *_, last in left]
        come_back = lambda i: listen(left[i][0], *left[i][1:])
        assert wait_for(lambda: come_back(-1)[0] == 200)
        assert wait_for(lambda: numbers[-1] in come_back(-1)[1])
        assert wait_for(lambda: come_back(0)[1].startswith("id: ")) and numbers[0] not in come_back(0)[1]  # forgotten for a later one
        for stream in held:
            stream.kill()
            stream.communicate()


class Sse:
    """A client of GET /sse by curl: lines of its stream, and POST to the address that it names."""
    def __init__(self, frontend, who):
        self.frontend, self.who = frontend, ("-H", f"Authorization: Bearer secret-of-{who}")
        self.process = subprocess.Popen(["curl", "-sN", "-m", "20", f"http://127.0.0.1:{frontend.port}/sse", *self.who], stdout=subprocess.PIPE)
        self.address = self.event("endpoint")

    def event(self, name):
        wanted = f"event: {name}"
        for line in self.process.stdout:
            if line.startswith(b"event: "):
                expect(line.decode().strip(), wanted)
            elif line.startswith(b"data: "):
                return line[6:].decode().strip()
        raise AssertionError("the stream ended")

    def post(self, message, who=None):
        return self.frontend.curl(self.address, *(who or self.who), body=json.dumps({"jsonrpc": "2.0", **message}))[0]

    def close(self):
        self.process.kill()
        self.process.communicate()


def the_first_revisions_transport_answers_on_its_stream_and_keeps_the_same_rules():
    with Frontend() as f:
        (f.folder / "tokens").write_text(TOKENS)
        f.start(f"http_tokens={f.folder}/tokens", "mcp_http_sse=yes", "http_streams=10")
        f.start_analyst()
        expect(f.curl("/sse")[0], 401)
        who = ("-H", "Authorization: Bearer secret-of-shop")
        expect(f.curl("/sse", "-H", "Origin: https://evil.example", *who)[0], 403)
        expect(f.curl("/sse", "-H", "Host: evil.example", *who)[0], 421)
        expect(f.curl("/sse", "-X", "POST", *who)[0], 405)
        client = Sse(f, "shop")
        call = {"id": 7, "method": "tools/call", "params": {"name": ASSESS, "arguments": {"workload_name": "app"}}}
        expect(client.post({"id": "a", "method": "initialize", "params": {"protocolVersion": "2024-11-05"}}), 202)
        expect(json.loads(client.event("message"))["result"]["protocolVersion"], "2024-11-05")
        expect(client.post({"method": "notifications/initialized"}), 202)
        expect(client.post(call), 202)
        answer = json.loads(client.event("message"))
        expect((answer["id"], "structuredContent" in answer["result"]), (7, False))  # a later revision has that
        # the address is worth nothing to another, and nothing at the other door
        expect(client.post(call, who=("-H", "Authorization: Bearer secret-of-two")), 404)
        expect(f.mcp({"jsonrpc": "2.0", **call}, *who, "-H", f"Mcp-Session-Id: {client.address.partition('=')[2]}")[0], 404)
        expect(f.curl("/messages", *who, body="{}")[0], 404)
        expect(client.post({"id": 8}), 400)
        expect(client.post({"id": 9, "method": "tools/list", "params": {"_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28"}}}), 400)
        # eight streams of one, ten of all
        more = [Sse(f, "shop") for _ in range(7)]
        expect(f.curl("/sse", *who)[0], 429)
        more += [Sse(f, "two") for _ in range(2)]
        expect(f.curl("/sse", "-H", "Authorization: Bearer secret-of-all")[0], 503)
        expect(client.post({**call, "params": {"name": ASSESS, "arguments": {"workload_name": "silent"}}}), 202)
        for one in [client, *more]:
            one.close()
        assert wait_for(lambda: client.post(call) == 404)  # noticed when an answer is written


def a_token_file_that_is_wrong_is_refused_at_the_start():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for text, why in ("all 123\n", ":1: after the name"), ("# x\n\nan/other " + "0" * 64 + "\n", ":3: a line begins"), (None, "No such file"):
        frontend = Frontend()
        if text is not None:
            (frontend.folder / "tokens").write_text(text)
        command = [BIN / "tanso-frontend", "--set", f"runtime_dir={frontend.run_dir}", "--set", f"state_dir={frontend.folder}/state", "--set",
                   f"http_listen=127.0.0.1:{port}", "--set", f"http_tokens={frontend.folder}/tokens"]
        done = subprocess.run(command, stderr=subprocess.PIPE, timeout=10)
        frontend.stop()
        assert done.returncode != 0 and why in done.stderr.decode(), done.stderr.decode()


sys.exit(run_all("tokens", globals()))
