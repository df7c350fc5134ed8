"""The HTTP API around the tools: descriptions, forms, CORS, pages, the event stream, and the lines people copy.
Usage: test_api.py BIN_FOLDER. Needs curl, unshare and python3-requests. Prints PASS or FAIL a test."""
import gzip, hashlib, json, os, pathlib, re, socket, subprocess, sys

from frontend_fixture import ASSESS, BIN, Frontend, expect, expect_error, run_all, wait_for
from tls_fixture import Door

# As users were promised them; <IP> is where the server is.
CURL = """curl -X POST http://<IP>:30800/tools/assess_workload_compliance \\
  -d '{"workload_name": "app", "namespace": "prod"}'
"""
REQUESTS = """import requests
response = requests.post(
    "http://mcp-server:8000/tools/assess_workload_compliance",
    json={"workload_name": "app", "namespace": "prod"}
)
status = response.json()["status"]
"""


ROOT = pathlib.Path(__file__).resolve().parents[2]
APP = {"workload_name": "app", "namespace": "prod"}


def head(f, path, *arguments):
    """Status line and headers (lower case) of one request."""
    out = subprocess.run(["curl", "-s", "-m", "10", "-o", "/dev/null", "-D", "-", *arguments, f"http://127.0.0.1:{f.port}{path}"],
                         stdout=subprocess.PIPE).stdout.decode()
    lines = out.strip().splitlines()
    return int(lines[0].split()[1]), {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}


def raw(f, path, *arguments):
    return subprocess.run(["curl", "-s", "-m", "10", *arguments, f"http://127.0.0.1:{f.port}{path}"], stdout=subprocess.PIPE).stdout


def every_tool_and_view_describes_itself():
    with Frontend().start() as f:
        tools = json.loads(f.curl("/tools")[1])["tools"]
        for tool in tools:
            expect(json.loads(f.curl("/tools/" + tool["name"])[1]), tool)
        assert "설명" not in f.curl("/tools/" + tools[0]["name"])[1]
        assert "워크로드" in f.curl("/tools/" + tools[0]["name"], "-H", "Accept-Language: ko")[1]
        expect(json.loads(f.curl("/views/power_history")[1])["inputSchema"]["type"], "object")
        expect_error(f.curl("/tools/power_history"), 404, "UNKNOWN_TOOL")
        error = expect_error(f.curl("/views/power_histori", body="{}"), 404, "UNKNOWN_TOOL")
        expect(error["candidates"], ["power_history"])
        error = expect_error(f.curl("/views/nope", "-H", "Accept-Language: ko", body="{}"), 404, "UNKNOWN_TOOL")
        expect((error["message"], error["hint"].startswith("있는 것: power_history, ")), ("nope: 그런 도구가 없습니다.", True))
        error = expect_error(f.curl(ASSESS, "-X", "PUT"), 405, "METHOD_NOT_ALLOWED")
        expect(error["hint"], "Allow: GET, HEAD, POST")
        paths = json.loads(f.curl("/openapi.json")[1])["paths"]
        assert {"/tools/" + tool["name"] for tool in tools} <= set(paths), list(paths)
        words = f.curl("/llms.txt")[1]
        assert all(tool["name"] in words for tool in tools), words
        assert "GRID_ANNUAL" in json.loads(f.curl("/reasons")[1])["reasons"]
        for path in ("/openapi.json", "/llms.txt", "/reasons", "/tools", "/", "/docs"):
            expect_error(f.curl(path, body="{}"), 405, "METHOD_NOT_ALLOWED")


def a_form_is_as_good_as_json():
    with Frontend().start() as f:
        f.start_analyst()
        status, text = f.curl(ASSESS, "-d", "workload_name=app&pue=1.6&allow_fake=true&namespace=")
        expect((status, json.loads(text)["echo"]), (200, {"workload_name": "app", "pue": 1.6, "allow_fake": True}))
        error = expect_error(f.curl(ASSESS, "-d", "workload_nam=app"), 422, "INVALID_ARGUMENT")
        expect(error["candidates"], ["workload_name"])
        expect_error(f.curl(ASSESS, "-d", "workload_name=%ff"), 400, "INVALID_JSON")
        expect_error(f.curl(ASSESS, "-d", "workload_name=app", "-H", "Origin: https://evil.example"), 403, "FORBIDDEN_ORIGIN")


def only_listed_origins_may_read_answers():
    with Frontend().start("cors_origins=https://a.example, http://b.example:3000") as f:
        f.start_analyst()
        for origin in ("https://a.example", "http://b.example:3000"):
            status, headers = head(f, ASSESS, "-d", '{"workload_name": "app"}', "-H", f"Origin: {origin}", "-H", "Sec-Fetch-Site: cross-site")
            expect((status, headers["access-control-allow-origin"], headers["vary"]), (200, origin, "Origin"))
            assert "Mcp-Session-Id" in headers["access-control-expose-headers"], headers
            asked = ("-X", "OPTIONS", "-H", f"Origin: {origin}", "-H", "Access-Control-Request-Method: POST",
                     "-H", "Access-Control-Request-Headers: content-type,authorization")
            status, headers = head(f, ASSESS, *asked)
            expect((status, headers["access-control-allow-origin"]), (204, origin))
            assert "content-length" not in headers and "transfer-encoding" not in headers, headers  # RFC 9110 §8.6
            assert "POST" in headers["access-control-allow-methods"] and "Authorization" in headers["access-control-allow-headers"]
            expect(head(f, "/mcp", *asked)[0], 204)
        for origin in ("https://b.example:3000", "https://a.example.evil", "null", "https://A.example"):
            status, headers = head(f, ASSESS, "-d", '{"workload_name": "app"}', "-H", f"Origin: {origin}")
            expect(status, 403)
            assert "access-control-allow-origin" not in headers, headers
            expect(head(f, ASSESS, "-X", "OPTIONS", "-H", f"Origin: {origin}", "-H", "Access-Control-Request-Method: POST")[0], 403)
        expect_error(f.curl("/tools", "-H", "Host: evil.example", "-H", "Origin: https://a.example"), 421, "UNKNOWN_HOST")
    with Frontend().start() as f:
        assert "access-control-allow-origin" not in head(f, "/tools", "-H", f"Origin: http://127.0.0.1:{f.port}")[1]


def pages_come_with_their_policy_and_without_data():
    with Frontend().start() as f:
        for path, style in (("/", "'self'"), ("/docs", "'self' 'unsafe-inline'")):
            status, headers = head(f, path)
            policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
            expect((status, policy["default-src"], policy["script-src"], policy["style-src"], policy["frame-ancestors"]),
                   (200, "'none'", "'self'", style, "'none'"))
            expect(headers["x-content-type-options"], "nosniff")
            # a link on another site may open it, a foreign name may not
            expect(head(f, path, "-H", "Sec-Fetch-Site: cross-site", "-H", "Sec-Fetch-Mode: navigate")[0], 200)
            expect(head(f, path, "-H", "Host: evil.example")[0], 421)
            plain, packed = raw(f, path), raw(f, path, "-H", "Accept-Encoding: gzip")
            expect(gzip.decompress(packed), plain)
            expect(int(head(f, path, "-I")[1]["content-length"]), len(plain))
            etag = headers["etag"]
            expect(head(f, path, "-H", f"If-None-Match: {etag}")[0], 304)
            assert b"http://" not in plain.replace(b"http://www.w3.org/", b"") and b"https://" not in plain, "something is loaded from elsewhere"
        expect(f.status("/assets/no-such.js"), 404)
        for path, is_named in (("/sse", True), ("/messages", True), ("/nowhere", False)):
            expect("mcp_http_sse = yes" in expect_error(f.curl(path), 404, "NOT_FOUND")["hint"], is_named)
        expect(f.status("/assets/../../etc/passwd"), 404)


def the_dashboard_is_small():
    source = pathlib.Path(__file__).resolve().parents[2] / "procs/frontend/pages.def"
    paths = [line.split('"')[1] for line in source.read_text().splitlines() if line.startswith("PAGE(") and "swagger" not in line and "docs" not in line]
    with Frontend().start() as f:
        sizes = {path: len(raw(f, path)) for path in paths}
        assert sizes["/assets/uplot.js"] > 30000, "uPlot is not in this build: npm packages were missing when it was made"
        assert sum(sizes.values()) < 150000, sizes


def events(process, names):
    """What is heard until each of these events was: the first of each."""
    got, name = {}, None
    while not set(names) <= set(got):
        line = process.stdout.readline().decode()
        assert line, f"the stream ended after {got}"
        if line.startswith("event: "):
            name = line[7:].strip()
        elif line.startswith("data: "):
            got.setdefault(name, json.loads(line[6:]))
    return got


def listen(f, *arguments):
    return subprocess.Popen(["curl", "-sN", "-m", "30", *arguments, f"http://127.0.0.1:{f.port}/events"], stdout=subprocess.PIPE)


def listeners_hear_the_same_answers_and_outlive_the_analyst():
    with Frontend().start() as f:
        streams = [listen(f), listen(f, "--http2-prior-knowledge")]
        expect(events(streams[0], {"trouble"})["trouble"]["error"]["code"], "NOT_READY")
        f.start_analyst()
        for stream in streams:
            expect(events(stream, {"power", "summary"})["power"]["echo"]["limit"], 8)
        expect_error(f.curl("/events", "-H", "Origin: https://evil.example"), 403, "FORBIDDEN_ORIGIN")
        expect_error(f.curl("/events", body="{}"), 405, "METHOD_NOT_ALLOWED")
        f.process.terminate()
        expect(f.process.wait(10), 0)  # open streams do not hold the end up
        for stream in streams:
            stream.wait(30)
        f.process = None


def listeners_are_bounded_and_leave_nothing_behind():
    with Frontend().start("http_streams=64") as f:
        f.start_analyst()
        held = []
        for _ in range(64):
            s = socket.create_connection(("127.0.0.1", f.port))
            s.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            held.append(s)
        assert wait_for(lambda: expect_busy(f)), "the 65th listener was let in"
        for s in held:
            s.close()
        assert wait_for(lambda: not expect_busy(f), 30), "listeners that left still count"
        expect(f.ask("app")[0], 200)


def expect_busy(f):
    out = subprocess.run(["curl", "-sN", "-m", "1", "-w", "%{http_code}", "-o", "/dev/null", f"http://127.0.0.1:{f.port}/events"],
                         stdout=subprocess.PIPE).stdout
    return out == b"503"


def the_promised_lines_run_as_they_stand():
    """In namespaces of their own, where the names and ports of the lines are those of the server."""
    out = subprocess.run(["unshare", "-mn", sys.executable, __file__, str(BIN), "--inside"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    assert out.returncode == 0, out.stdout.decode()[-2000:]


def _blocks(file, kind):
    return re.findall(rf"^```{kind}\n(.*?)^```$", (ROOT / file).read_text(), re.S | re.M)


def _lines(file):
    return [["sh", "-c", line.replace("curl ", "curl -s ")] for line in (ROOT / file).read_text().splitlines() if line.startswith("curl -X POST ")]


def _python(text):
    return ["python3", "-c", text + "print(response.text if status == 'UNKNOWN' else status)"]


def _promised():
    """(port, lines of tanso.conf, command, arguments that must arrive)"""
    root = {"workload_name": "(root)"}
    docs, tour, programs = _lines("docs/api.md"), _lines("README.md"), _blocks("README.md", "python")
    expect((len(docs) >= 2, len(tour), len(programs)), (True, 1, 1))
    yield from ((30800, "", command, APP) for command in docs)
    yield from ((30800, "", command, root) for command in (*tour, _python(programs[0])))
    yield 30800, "", ["sh", "-c", CURL.replace("<IP>", "127.0.0.1").replace("curl ", "curl -s ")], APP
    for file in ("docs/clients.md", "docs/clients.ko.md"):
        settings, programs = _blocks(file, "ini"), _blocks(file, "python")
        expect((len(settings), len(programs), programs[0]), (2, 2, REQUESTS))
        yield from ((8000, lines, _python(program), APP) for lines, program in zip(settings, programs))


def _inside():
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with Frontend().start() as f:
        hosts = f.folder / "hosts"
        hosts.write_text("127.0.0.1 localhost mcp-server\n")
        subprocess.run(["mount", "--bind", str(hosts), "/etc/hosts"], check=True)
    env = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()}
    for port, lines, command, wanted in _promised():
        with Door(port) as f:
            (f.folder / "token").write_text("let-me-in\n")
            (f.folder / "tokens").write_text(f"reader {hashlib.sha256(b'let-me-in').hexdigest()}\n")
            f.start(*(line.replace(" = ", "=").replace("/etc/tanso", str(f.folder)) for line in lines.splitlines()))
            f.start_analyst()
            out = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, cwd=f.folder)
            assert out.returncode == 0, (command, out.stderr.decode())
            expect(json.loads(out.stdout)["echo"], wanted)


if "--inside" in sys.argv:
    _inside()
else:
    sys.exit(run_all("api", globals()))
