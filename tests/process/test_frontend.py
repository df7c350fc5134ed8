"""tanso-frontend as a process, with an analyst that answers by script. Usage: test_frontend.py BIN_FOLDER
Needs curl, nghttp and h2load. Prints PASS or FAIL a test; exit status 1 when any failed."""
import contextlib, http.client, json, os, pathlib, random, re, signal, socket, subprocess, sys, time

from frontend_fixture import ASSESS, BIN, Frontend, expect, expect_error, run_all, wait_for
from history_fixture import History, steady

INITIALIZE = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-11-25"}}
MODERN = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}


def the_plain_curl_line_is_answered():
    with Frontend().start() as f:
        f.start_analyst()
        out = subprocess.run(["curl", "-s", "-X", "POST", f"http://127.0.0.1:{f.port}{ASSESS}", "-d",
                              '{"workload_name": "app", "namespace": "prod"}'], stdout=subprocess.PIPE).stdout
        expect(json.loads(out)["echo"], {"workload_name": "app", "namespace": "prod"})


def both_http_versions_and_the_unix_socket_serve():
    with Frontend().start() as f:
        f.start_analyst()
        expect(f.ask("app")[0], 200)
        expect(f.ask("app", "--http2-prior-knowledge")[0], 200)
        expect(f.curl("/tools", "--http1.0", "-H", "Host:")[0], 200)
        expect(f.curl("/healthz", "--unix-socket", str(f.run_dir / "frontend/http.sock"))[0], 200)
        expect(oct((f.run_dir / "frontend/http.sock").stat().st_mode)[-3:], "660")
        out = subprocess.run(["nghttp", "-v", "-m", "20", f"http://127.0.0.1:{f.port}/tools"], stdout=subprocess.PIPE).stdout
        expect(out.count(b":status: 200"), 20)
        names = [tool["name"] for tool in json.loads(f.curl("/tools")[1])["tools"]]
        assert "assess_workload_compliance" in names and "list_top_power_consumers" in names, names


def no_threads_and_libraries_are_there_that_nobody_uses():
    with Frontend().start() as f:
        proc = pathlib.Path(f"/proc/{f.process.pid}")
        threads = sorted((task / "comm").read_text().strip() for task in (proc / "task").iterdir())
        assert 2 < len(threads) <= 7 and threads.count("nng:task") <= 1 and "nng:resolver" not in threads, threads  # 6: its own and 5 of nng's
        assert not re.findall("lib(?:mbed|nng)[^ ]*", (proc / "maps").read_text())


def language_comes_from_header_or_argument():
    with Frontend().start() as f:
        f.start_analyst()
        expect(f.ask("app")[1]["lang"], "en")
        expect(f.ask("app", "-H", "Accept-Language: de, ko;q=0.9, en;q=0.3")[1]["lang"], "ko")
        error = expect_error(f.curl(ASSESS, "-H", "Accept-Language: ko", body="{}"), 422, "INVALID_ARGUMENT")
        assert "인수" in error["message"], error


def wrong_requests_are_refused_by_name():
    with Frontend().start() as f:
        f.start_analyst()
        error = expect_error(f.curl("/tools/asess_workload_compliance", body="{}"), 404, "UNKNOWN_TOOL")
        expect(error["candidates"], ["assess_workload_compliance"])
        error = expect_error(f.curl("/nothing"), 404, "NOT_FOUND")
        for path in re.findall(r"/[a-z.]*(?=[,;])", error["hint"].split("POST")[0]):
            if path != "/events":  # never ends
                assert f.curl(path)[0] == 200, (path, error)
        expect_error(f.curl(ASSESS, "-X", "PUT"), 405, "METHOD_NOT_ALLOWED")
        expect_error(f.curl("/tools", "-X", "DELETE"), 405, "METHOD_NOT_ALLOWED")
        expect(f.curl("/mcp")[0], 405)
        for method in ("GET", "DELETE"):  # a revision without such methods, and one that is none
            for version, status in (("2026-07-28", 405), ("2027-01-01", 400), ("nonsense", 400)):
                expect(f.curl("/mcp", "-X", method, "-H", "Accept: text/event-stream", "-H", f"MCP-Protocol-Version: {version}")[0], status)
        for path in ("/tools", f"{ASSESS}", "/openapi.json", "/reasons", "/llms.txt", "/nothing"):  # a cache keeps one for each language
            head = f.curl(path, "-D", "-", "-o", "/dev/null")[1]
            assert "vary: accept-language" in head.lower(), (path, head)
        expect_error(f.curl(ASSESS, body='{"workload_name": '), 400, "INVALID_JSON")
        expect_error(f.curl(ASSESS, body="{'workload_name': 'a'}"), 400, "INVALID_JSON")
        expect_error(f.curl(ASSESS, body='{"workload_name": "a", "workload_name": "b"}'), 400, "INVALID_JSON")
        expect_error(f.curl(ASSESS, body="[]"), 422, "INVALID_ARGUMENT")
        expect_error(f.curl(ASSESS, body=""), 422, "INVALID_ARGUMENT")
        expect_error(f.curl(ASSESS, body='{"workload_name": 5}'), 422, "INVALID_ARGUMENT")
        error = expect_error(f.curl(ASSESS, body='{"workload_nam": "a"}'), 422, "INVALID_ARGUMENT")
        expect(error["candidates"], ["workload_name"])
        expect_error(f.ask("a", pue=0.5), 422, "PUE_BELOW_ONE")
        expect(f.ask("a", pue="1.6")[1]["echo"]["pue"], 1.6)
        expect_error(f.curl(ASSESS, "-H", "Content-Encoding: gzip", body="{}"), 415, "UNSUPPORTED_ENCODING")


def pages_of_other_sites_are_refused():
    with Frontend().start("allowed_hosts=tanso.example") as f:
        f.start_analyst()
        for header in ("Origin: https://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site",
                       "Sec-Fetch-Site: same-site"):
            expect_error(f.ask("app", "-H", header), 403, "FORBIDDEN_ORIGIN")
            expect(f.mcp(INITIALIZE, "-H", header)[0], 403)
        for header in ("Origin: http://localhost:6274", f"Origin: http://127.0.0.1:{f.port}", "Sec-Fetch-Site: same-origin"):
            expect(f.ask("app", "-H", header)[0], 200)
        two = ("Origin: http://localhost:6274", "Origin: https://evil.example")
        for pair in (two, two[::-1], (two[0], two[0])):
            expect_error(f.ask("app", *[word for header in pair for word in ("-H", header)]), 403, "FORBIDDEN_ORIGIN")
        expect_error(f.curl("/tools", "-H", "Host: evil.example"), 421, "UNKNOWN_HOST")
        expect_error(f.curl("/tools", "-H", "Host: evil.example", "--http2-prior-knowledge"), 421, "UNKNOWN_HOST")
        for host in ("localhost", "10.1.2.3:80", "[::1]:99", "tanso.example:443"):
            expect(f.curl("/tools", "-H", f"Host: {host}")[0], 200)
        expect(f.curl("/healthz", "-H", "Host: evil.example")[0], 200)


def a_body_over_the_limit_is_413_on_both_versions():
    with Frontend().start() as f:
        f.start_analyst()
        body = b'{"workload_name": "' + b"a" * (1 << 20) + b'"}'
        expect_error(f.curl(ASSESS, body=body), 413, "BODY_TOO_LARGE")
        expect_error(f.curl(ASSESS, "--http2-prior-knowledge", body=body), 413, "BODY_TOO_LARGE")
        fits = b" " * ((1 << 20) - 30) + b'{"workload_name": "app"}'
        expect(f.curl(ASSESS, body=fits)[0], 200)


def the_analysts_answers_come_through_as_they_are():
    with Frontend().start() as f:
        f.start_analyst()
        expect_error(f.ask("missing"), 404, "WORKLOAD_NOT_FOUND")
        status, text = f.curl(ASSESS, body='{"workload_name": "big"}')
        expect((status, len(text)), (200, 600000))
        expect_error(f.ask("huge"), 500, "INTERNAL")
        expect(f.ask("twice")[0], 200)
        expect(f.ask("nonsense")[1]["echo"]["workload_name"], "nonsense")
        status, reply = f.mcp({"jsonrpc": "2.0", "id": "한", "method": "tools/call", "params": {
            "name": "assess_workload_compliance", "arguments": {"workload_name": "missing"}}},
            "-H", "MCP-Protocol-Version: 2025-11-25")
        expect((status, reply["id"], reply["result"]["isError"]), (200, "한", True))
        assert "structuredContent" not in reply["result"], reply
        status, reply = f.mcp({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {
            "name": "assess_workload_compliance", "arguments": {"workload_name": "app"}}},
            "-H", "MCP-Protocol-Version: 2025-11-25")
        expect(json.loads(reply["result"]["content"][0]["text"]), reply["result"]["structuredContent"])
        expect(reply["result"]["isError"], False)


def without_an_analyst_the_answer_is_not_ready():
    with Frontend().start() as f:
        error = expect_error(f.ask("app"), 503, "NOT_READY")
        assert "analyst" in error["message"], error
        expect(f.status("/readyz"), 503)
        reply = f.mcp({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
            "name": "list_top_power_consumers"}})[1]
        expect(reply["result"]["isError"], True)
        f.start_analyst()
        expect(f.ask("app")[0], 200)


def a_silent_analyst_is_busy_after_the_time_of_a_question():
    with Frontend().start("http_question_ms=250") as f:
        f.start_analyst()
        begin = time.monotonic()
        expect_error(f.ask("silent"), 503, "BUSY")
        assert 0.24 <= time.monotonic() - begin < 4
        assert wait_for(lambda: f.ask("app")[0] == 200)


def an_analyst_that_is_late_costs_a_503_and_answers_again():
    with History(steady(40, 10, live=True), http_question_ms=250) as history:
        def ask(limit):  # another question each time: none is answered from memory
            return history.frontend.curl("/tools/list_top_power_consumers", "-i", body=json.dumps({"limit": limit}))
        assert wait_for(lambda: ask(1)[0] == 200)
        history.analyst.send_signal(signal.SIGSTOP)
        try:
            status, text = ask(2)
            expect_error((status, text[text.index("{"):]), 503, "BUSY")
            assert "retry-after: 1" in text.lower(), text
        finally:
            history.analyst.send_signal(signal.SIGCONT)
        assert wait_for(lambda: ask(3)[0] == 200)


def limits_are_those_that_are_configured():
    with Frontend().start("http_header_bytes=1500", "http_body_bytes=2000", "http_request_ms=300", "http_connections=3") as f:
        f.start_analyst()
        expect(f.curl(ASSESS, body=" " * 1900 + '{"workload_name": "app"}')[0], 200)
        expect_error(f.curl(ASSESS, body=" " * 2000 + '{"workload_name": "app"}'), 413, "BODY_TOO_LARGE")
        for version in ("--http1.1", "--http2-prior-knowledge"):
            expect(f.curl("/llms.txt", version, "-H", "X-Pad: " + "x" * 1200)[0], 200)
            for long in (("-H", "X-Pad: " + "x" * 1500), [f"-HX-{i}: {'x' * 100}" for i in range(15)],
                         ("-H", "Host: " + "x" * 1500)):
                status, told = f.curl("/llms.txt", version, *long)
                assert status == 431 and "http_header_bytes" in told, (status, told)
            expect(f.curl("/llms.txt?" + "x" * 1500, version)[0], 431)
        idle = [socket.create_connection(("127.0.0.1", f.port)) for _ in range(3)]
        for one in idle:
            one.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\n")  # and no more
        for one in idle:
            one.settimeout(10)
            with contextlib.suppress(ConnectionResetError):  # one too many, where a connection of before has not gone yet
                while one.recv(4096):
                    pass
            one.close()
        assert wait_for(lambda: f.status("/healthz") == 200)


def _flood(f, *senders):
    """(status codes of 100 requests on one connection, None = it was cut; how many a rate of 20 can have let through)."""
    begin, codes = time.monotonic(), []
    connection = http.client.HTTPConnection("127.0.0.1", f.port, timeout=20)
    for i in range(100):
        try:
            connection.request("GET", "/llms.txt", headers={"X-Forwarded-For": senders[i % len(senders)]})
            response = connection.getresponse()
            response.read()
            codes.append(response.status)
        except (OSError, http.client.HTTPException):
            connection.close()
            codes.append(None)
            break
    connection.close()
    return codes, 21 + 20 * (time.monotonic() - begin)


def behind_a_trusted_proxy_each_client_has_a_limit_of_its_own():
    with Frontend().start("http_requests_per_second=20", "trusted_proxies=127.0.0.0/8,2001:db8::/32") as f:
        # by another name, written by themselves or told by another proxy, a client is the same one
        for senders in ["203.0.113.9", "198.51.100.1, 203.0.113.9", "198.51.100.2, 203.0.113.9, 2001:db8::7"], ["2001:db9::1", "2001:db9::2"]:
            codes, most = _flood(f, *senders)
            assert set(codes) <= {200, 429} and 19 <= codes.count(200) <= most, (senders, most, codes)
            expect(f.curl("/tools", "-H", "X-Forwarded-For: 203.0.113.10")[0], 200)  # somebody else is served
        codes, most = _flood(f, *(f"192.0.2.{i}" for i in range(100)))  # none of them asked before
        expect(set(codes), {200})


def nobody_but_a_trusted_proxy_says_who_asks():
    for settings in (), ("trusted_proxies=10.0.0.0/8",):
        with Frontend().start("http_requests_per_second=20", *settings) as f:
            codes, most = _flood(f, *(f"203.0.113.{i}" for i in range(100)))
            assert codes[-1] is None and 429 not in codes and 19 <= codes.count(200) <= most, codes  # the connection was cut
    for wrong in "10.0.0.0/33", "proxy.example":
        done = subprocess.run([BIN / "tanso-frontend", "--set", f"trusted_proxies={wrong}"], stderr=subprocess.PIPE, timeout=10)
        assert done.returncode != 0 and f"trusted_proxies = {wrong}" in done.stderr.decode(), done.stderr


def a_question_outlives_the_analyst_it_was_asked():
    with Frontend().start() as f:
        f.start_analyst("die")
        assert wait_for(lambda: f.status("/readyz") == 200)
        asking = subprocess.Popen(["curl", "-s", "-m", "20", f"http://127.0.0.1:{f.port}{ASSESS}", "-d",
                                   '{"workload_name": "app"}'], stdout=subprocess.PIPE)
        expect(f.analyst.wait(10), 0)
        f.start_analyst()
        expect(json.loads(asking.communicate()[0])["echo"]["workload_name"], "app")


def a_client_that_leaves_takes_its_question_along():
    with Frontend().start() as f:
        f.start_analyst()
        for version in ("--http1.1", "--http2-prior-knowledge"):
            children = [subprocess.Popen(["curl", "-s", version, f"http://127.0.0.1:{f.port}{ASSESS}", "-d",
                                          '{"workload_name": "silent"}'], stdout=subprocess.DEVNULL) for _ in range(20)]
            time.sleep(0.3)
            for child in children:
                child.kill()
                child.wait()
        expect(f.ask("app")[0], 200)


def a_flood_of_questions_ends_in_refusals_and_not_in_death():
    with Frontend().start() as f:
        f.start_analyst()
        data = f.folder / "silent.json"
        data.write_text('{"workload_name": "silent"}')
        load = subprocess.Popen(["h2load", "-n", "400", "-c", "8", "-m", "50", "-d", str(data),
                                 f"http://127.0.0.1:{f.port}{ASSESS}"], stdout=subprocess.PIPE)
        out = load.communicate(timeout=60)[0].decode()
        assert "400 done" in out and "400 5xx" in out, out
        expect(f.ask("app")[0], 200)


def garbage_on_the_wires_changes_nothing():
    chaos = random.Random(20261124)
    with Frontend().start() as f:
        f.start_analyst()
        for _ in range(50):
            with socket.create_connection(("127.0.0.1", f.port)) as s:
                s.sendall(chaos.randbytes(chaos.randrange(1, 2000)))
        for _ in range(50):
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(str(f.run_dir / "frontend/analyst.ipc"))
                try:
                    s.sendall(b"\0SP\0\0\x50\0\0" + b"\x01" + (chaos.randrange(1, 400)).to_bytes(8, "big") + chaos.randbytes(400))
                except OSError:
                    pass
        expect(f.ask("app")[0], 200)


def a_body_whose_length_is_told_twice_is_refused():
    """h2o 2.2.5 would take one of the two; a proxy may take the other, and see another request behind the body."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"}).encode()
    length, chunked = b"Content-Length: %d\r\n" % len(body), b"Transfer-Encoding: chunked\r\n"
    with Frontend().start() as f:
        for headers, content, status in ((length, body, 200), (chunked, b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body), 200), (length * 2, body, 400),
                                         (length + b"Content-Length: 0\r\n", body, 400), (length + chunked, b"0\r\n\r\n", 400)):
            with socket.create_connection(("127.0.0.1", f.port), 5) as s:
                s.sendall(b"POST /mcp HTTP/1.1\r\nHost: localhost\r\n" + headers + b"\r\n" + content)
                s.shutdown(socket.SHUT_WR)
                answers = b"".join(iter(lambda: s.recv(65536), b""))
            expect((answers.split(b" ")[1], answers.count(b"HTTP/1.1 ")), (b"%d" % status, 1))


def an_address_with_a_slash_behind_it_is_the_same():
    with Frontend().start() as f:
        f.start_analyst()
        for path, status in (("/healthz/", 200), ("/docs/", f.status("/docs")), ("/tools/", 200), ("/mcp//", 404)):
            expect((path, f.status(path)), (path, status))
        expect(f.curl(ASSESS + "/", body='{"workload_name": "app"}')[0], 200)
        expect(f.curl("/mcp/", body=json.dumps(INITIALIZE))[0], 200)


def arguments_behind_a_question_mark_are_not_overlooked():
    with Frontend().start() as f:
        f.start_analyst()
        for query, field in (("namespace=prod", "namespace"), ("x=1&lang=ko", "lang")):
            error = expect_error(f.curl(f"{ASSESS}?{query}", body='{"workload_name": "app"}'), 422, "INVALID_ARGUMENT")
            expect(error["field"], field)
            assert "body" in error["hint"], error
        expect(f.curl(f"{ASSESS}?utm=namespace&_=1&subnamespace=1", body='{"workload_name": "app"}')[0], 200)


def mcp_speaks_its_protocol():
    with Frontend().start() as f:
        f.start_analyst()
        reply = f.mcp(INITIALIZE)[1]["result"]
        expect((reply["protocolVersion"], reply["serverInfo"]["name"], list(reply["capabilities"])), ("2025-11-25", "tanso", ["tools", "resources", "prompts", "completions", "logging"]))
        newer = {**INITIALIZE, "params": {"protocolVersion": "2027-01-01"}}
        expect(f.mcp(newer, "-H", "MCP-Protocol-Version: 2027-01-01")[1]["result"]["protocolVersion"], "2025-11-25")
        both = {**INITIALIZE, "params": {**INITIALIZE["params"], "_meta": MODERN}}  # 2026-07-28 has no such method
        status, reply = f.mcp(both, "-H", "MCP-Protocol-Version: 2026-07-28", "-H", "Mcp-Method: initialize")
        expect((status, reply["error"]["code"]), (404, -32601))
        expect(f.mcp({"jsonrpc": "2.0", "method": "notifications/initialized"}), (202, None))
        expect(f.mcp({"jsonrpc": "2.0", "id": 18446744073709551617, "method": "ping"})[1], {"jsonrpc": "2.0", "id": 18446744073709551617, "result": {}})
        expect(len(f.mcp({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})[1]["result"]["tools"]) >= 2, True)
        expect(f.mcp({"jsonrpc": "2.0", "id": 1, "method": "no/such"})[1]["error"]["code"], -32601)
        unknown = f.mcp({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_top"}}, "-H", "Accept-Language: ko")[1]["error"]
        expect((unknown["code"], unknown["message"].split(". ")[0]), (-32602, "list_top: 그런 도구가 없습니다"))
        expect(f.mcp("{")[0], 400)
        expect(f.mcp([INITIALIZE], "-H", "MCP-Protocol-Version: 2025-11-25")[1]["error"]["code"], -32600)
        expect(f.mcp({"jsonrpc": "2.0", "id": 1, "method": "ping"}, "-H", "MCP-Protocol-Version: 1999-01-01")[0], 400)


def what_clients_do_in_practice_is_served_alike_by_both_http_versions():
    meta = MODERN
    with Frontend().start() as strict, Frontend().start("mcp_lenient_headers=yes") as lenient:
        strict.start_analyst()
        lenient.start_analyst()
        for http in ("--http1.1", "--http2-prior-knowledge"):
            def call(f, *headers, meta=None, **arguments):
                params = {"name": "assess_workload_compliance", "arguments": {"workload_name": "app", **arguments}, **({"_meta": meta} if meta else {})}
                status, text = f.curl("/mcp", http, *[word for header in headers for word in ("-H", header)],
                                      body=json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}))
                if not text.startswith("{"):
                    return status, "stream"
                answer = json.loads(text)
                return status, answer["error"]["code"] if "error" in answer else answer["result"]["isError"]
            good = (200, False)
            expect([call(strict, f"Accept:{accept}") for accept in ("", " */*", " application/json")], [good] * 3)  # none, any, one
            expect(call(strict, "Accept: text/event-stream"), (200, "stream"))  # it names nothing else
            for version in ("2025-11-25, 2025-11-25", "2024-11-05", "2025-06-18"):
                expect(call(strict, f"MCP-Protocol-Version: {version}"), good)
            expect(call(strict, pue="1.5"), good)
            expect(call(strict, "Mcp-Session-Id: stale"), (404, -32001))
            expect(strict.mcp(INITIALIZE, http, "-H", "Mcp-Session-Id: stale")[0], 200)
            older = ("MCP-Protocol-Version: 2025-11-25", "Mcp-Method: tools/call", "Mcp-Name: assess_workload_compliance")
            expect((call(strict, *older, meta=meta), call(lenient, *older, meta=meta)), ((400, -32020), good))
            expect(strict.curl(ASSESS, http, body="workload_name=app")[0], 200)
            expect_error(strict.curl(ASSESS, http, "-H", "Origin: https://evil.example", body="workload_name=app"), 403, "FORBIDDEN_ORIGIN")


def lines_of_one_header_are_one_value():
    """A proxy may split a list, or send a line twice; whoever looks at another line than we do is not misled."""
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
    call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_top_power_consumers", "_meta": meta}})
    good = ["MCP-Protocol-Version: 2026-07-28", "Mcp-Method: tools/call", "Mcp-Name: list_top_power_consumers"]
    with Frontend().start() as f:
        f.start_analyst()
        words = lambda headers: [word for header in headers for word in ("-H", header)]
        for http in ("--http1.1", "--http2-prior-knowledge"):
            expect(f.mcp(call, http, *words(good + good))[0], 200)
            for other in ("MCP-Protocol-Version: 2025-11-25", "Mcp-Method: tools/list", "Mcp-Name: identify_power_hotspots"):
                for headers in (good + [other], [other] + good):
                    status, answer = f.mcp(call, http, *words(headers))
                    expect((status, answer["error"]["code"]), (400, -32020))
            f.mcp(INITIALIZE, "-D", str(f.folder / "headers"))
            session = next(line for line in (f.folder / "headers").read_text().splitlines() if line.lower().startswith("mcp-session-id"))
            listen = words([session, "Accept: application/json", "Accept: text/event-stream"])
            assert f.curl("/mcp", http, *listen, "-m", "1")[1].startswith("id: ")
            expect(f.mcp({"jsonrpc": "2.0", "id": 1, "method": "ping"}, http, *words([session, "Mcp-Session-Id: other"]))[0], 404)


def sessions_outlive_a_restart_and_streams_are_resumed():
    f = Frontend()
    with f.start(inherit=True):
        f.start_analyst()
        def header(name, path):
            lines = path.read_text().splitlines()
            return next(line.split(": ", 1)[1] for line in lines if line.lower().startswith(name + ":"))
        headers = f.folder / "headers"
        f.mcp(INITIALIZE, "-D", str(headers))
        session = ("-H", "Mcp-Session-Id: " + header("mcp-session-id", headers), "-H", "MCP-Protocol-Version: 2025-11-25")
        listen = ("-H", "Accept: text/event-stream", "-m", "1")
        first = f.curl("/mcp", *session, *listen)[1]
        assert first.startswith("id: ") and "retry:" in first, first
        event = first.split("\n")[0].removeprefix("id: ")
        again = f.curl("/mcp", *session, *listen, "-H", f"Last-Event-ID: {event}")[1]
        assert event.split("-")[0] in again or again.startswith(":"), again
        expect(f.mcp({"jsonrpc": "2.0", "id": 1, "method": "ping"}, *session)[0], 200)
        f.process.kill()
        f.process.wait()
        f.start(inherit=True)
        expect(f.mcp({"jsonrpc": "2.0", "id": 1, "method": "ping"}, *session)[0], 200)
        expect(f.curl("/mcp", *session, "-X", "DELETE")[0], 204)
        expect(f.mcp({"jsonrpc": "2.0", "id": 1, "method": "ping"}, *session)[0], 404)
        f.process.kill()
        f.process.wait()
        f.start(inherit=True)
        expect(f.mcp({"jsonrpc": "2.0", "id": 1, "method": "ping"}, *session)[0], 404)


def batches_belong_to_one_revision():
    with Frontend().start() as f:
        f.start_analyst()
        ping = {"jsonrpc": "2.0", "method": "ping"}
        call = {"jsonrpc": "2.0", "id": "c", "method": "tools/call", "params": {"name": "list_top_power_consumers"}}
        batch = [{**ping, "id": 1}, {"jsonrpc": "2.0", "method": "notifications/initialized"}, call, {"id": 2}]
        status, replies = f.mcp(batch, "-H", "MCP-Protocol-Version: 2025-03-26")
        expect((status, sorted(str(reply["id"]) for reply in replies)), (200, ["1", "2", "c"]))
        for silent in (batch[1:2], [{"jsonrpc": "2.0", "id": 4, "result": {}}]):
            expect(f.curl("/mcp", "-H", "MCP-Protocol-Version: 2025-03-26", body=json.dumps(silent)), (202, ""))
        expect(f.mcp([], "-H", "MCP-Protocol-Version: 2025-03-26")[0], 400)
        for version in ("2024-11-05", "2025-06-18", "2025-11-25"):
            expect(f.mcp(batch, "-H", f"MCP-Protocol-Version: {version}")[0], 400)


def a_restart_keeps_the_port_and_drops_what_was_asked_before():
    f = Frontend()
    with f.start(inherit=True):
        f.start_analyst()
        expect(f.ask("app")[0], 200)
        f.process.kill()
        f.process.wait()
        # between two lives the kernel keeps the connection waiting
        waiting = subprocess.Popen(["curl", "-s", "-m", "20", f"http://127.0.0.1:{f.port}/healthz"], stdout=subprocess.PIPE)
        f.start(inherit=True)
        expect(waiting.communicate()[0], b"ok\n")
        assert wait_for(lambda: f.ask("app")[0] == 200)


def a_taken_port_and_an_open_address_are_explained():
    f = Frontend()
    try:
        command = [str(BIN / "tanso-frontend"), "--set", f"runtime_dir={f.run_dir}", "--set"]
        done = subprocess.run([*command, f"http_listen=127.0.0.1:{f.port}"], stderr=subprocess.PIPE)
        text = done.stderr.decode()
        expect(done.returncode, 1)
        assert f"127.0.0.1:{f.port}" in text and f"pid {os.getpid()}" in text and "http_listen" in text, text
        done = subprocess.run([*command, "http_listen=0.0.0.0:1"], stderr=subprocess.PIPE)
        expect(done.returncode, 1)
        assert "allow_plaintext" in done.stderr.decode(), done.stderr
        done = subprocess.run([*command, "http_listen=nonsense"], stderr=subprocess.PIPE)
        assert "ADDRESS:PORT" in done.stderr.decode() or "allow_plaintext" in done.stderr.decode(), done.stderr
    finally:
        f.stop()


def the_end_is_clean():
    with Frontend().start() as f:
        streams = [socket.create_connection(("127.0.0.1", f.port), timeout=10) for _ in range(2)]
        listen = {"jsonrpc": "2.0", "id": "l", "method": "subscriptions/listen", "params": {"_meta": MODERN, "notifications": {"resourceSubscriptions": []}}}
        body = json.dumps(listen)
        streams[0].sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        streams[1].sendall(("POST /mcp HTTP/1.1\r\nHost: localhost\r\nAccept: application/json, text/event-stream\r\n"
                            "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: subscriptions/listen\r\n"
                            f"Content-Length: {len(body)}\r\n\r\n{body}").encode())
        for stream in streams:
            assert b" 200 OK" in stream.recv(4096)
        f.process.send_signal(signal.SIGTERM)
        expect(f.process.wait(10), 0)
        f.process = None
        for stream in streams:
            while stream.recv(4096):  # to its end, and no reset
                pass


sys.exit(run_all("frontend", globals()))
