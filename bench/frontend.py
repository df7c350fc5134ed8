"""MCP tools/call a second through running stages, beside libh2o answering as many fixed bytes and the official TypeScript SDK
answering the same: frontend.py BUILD_FOLDER"""
import json, os, pathlib, re, socket, subprocess, sys, tempfile, time

build = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "process"))
sys.argv[1] = str(build / "bin")
from history_fixture import History  # noqa: E402
from runner import free_port, wait_for  # noqa: E402

REQUESTS, CONNECTIONS, STREAMS, PEER_REQUESTS = 30000, 16, 64, 1000
STDIO_CALLS, STDIO_DEPTH = 100000, 64
WORKLOADS, MANY_REQUESTS, FLAT_REQUESTS, STARTS = 10000, 20000, 1000000, 11
LINGER_S, FORK_S = 0.3, 0.05
H1, H2 = ["--h1", "-c", str(CONNECTIONS)], ["-c", "1", "-m", str(STREAMS)]
VERSION = "MCP-Protocol-Version: 2025-11-25"
INITIALIZE = {"jsonrpc": "2.0", "id": 0, "method": "initialize",
              "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}}
work = pathlib.Path(tempfile.mkdtemp(prefix="tanso-bench-"))


def row(what, ours, beside, theirs, unit, ratio=None):
    print(f"{what} | {ours:.4g} {unit} | {beside} | {theirs:.4g} {unit} | {ours / theirs if ratio is None else ratio:.3g}", flush=True)


def load(url, body, *headers, way=H1, requests=REQUESTS, rounds=3):
    """(requests a second, 99th of a hundred response times in ms) of the median round; every request must succeed."""
    (work / "body").write_text(body)
    found = []
    for _ in range(rounds):
        out = subprocess.run(["h2load", *way, "-n", str(requests), "-d", str(work / "body"), f"--log-file={work / 'log'}",
                              *[x for h in headers for x in ("-H", h)], url], capture_output=True, text=True).stdout
        if f"{requests} succeeded" not in out or f"{requests} 2xx" not in out:
            raise SystemExit("not every request succeeded:\n" + out)
        times = sorted(int(line.split("\t")[2]) for line in (work / "log").read_text().splitlines())
        (work / "log").unlink()
        found.append((float(re.search(r"([\d.]+) req/s", out)[1]), times[len(times) * 99 // 100] / 1000))
    return sorted(found)[rounds // 2]


def get(url, body, *headers):
    return subprocess.run(["curl", "-s", *[x for h in headers for x in ("-H", h)], "--data-binary", "@-", url], input=body.encode(),
                          capture_output=True).stdout


class Peer:
    def __init__(self, *command):
        self.port = free_port()
        self.process = subprocess.Popen([str(c).replace("PORT", str(self.port)) for c in command])
        self.url = f"http://127.0.0.1:{self.port}/mcp"
        wait_for(lambda: get(self.url, "{}") != b"", 20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def typescript(result):
    """The SDK's server and the header of its session, or None where npm has not brought it."""
    npm = ROOT / "build" / "npm-conformance"
    subprocess.run([ROOT / "deploy/npm-packages", ROOT / "tests/conformance", npm], stderr=subprocess.DEVNULL)
    node = next(npm.glob("node_modules/node-linux-*/bin/node"), None)
    if node is None:
        return None
    (npm / "peer.mjs").write_bytes((ROOT / "bench/peer.mjs").read_bytes())  # beside the packages it imports
    (work / "result").write_bytes(result)
    return Peer(node, npm / "peer.mjs", "PORT", work / "result")


def beside_peers(h, call):
    url, answer = f"{h.url}/mcp", get(f"{h.url}/mcp", call, VERSION)
    with Peer(build / "bench" / "bench_fixed_h2o", "PORT", len(answer)) as fixed:
        for what, path, body in (("POST /tools/assess_workload_compliance", "/tools/assess_workload_compliance",
                                  json.dumps(json.loads(call)["params"]["arguments"])), ("MCP tools/call of the same", "/mcp", call)):
            limit, (rate, p99) = load(fixed.url, body), load(h.url + path, body, VERSION)
            row(f"{what}, HTTP/1.1, {CONNECTIONS} connections", rate, f"libh2o, {len(answer)} fixed bytes", limit[0], "req/s")
        row(f"99th of a hundred of them", p99, "the same", limit[1], "ms")
        limit, (rate_h2, _) = load(fixed.url, call, way=H2), load(url, call, VERSION, way=H2)
        row(f"MCP tools/call, h2, {STREAMS} streams", rate_h2, f"libh2o, {len(answer)} fixed bytes", limit[0], "req/s")
    limit = stdio(call, [build / "bench" / "bench_stdio", "fixed", str(len(answer) + 1)])
    row(f"MCP tools/call, stdio, {STDIO_DEPTH} under way", stdio(call, mcp(h)), f"a program that answers {len(answer)} fixed bytes a line", limit, "/s")
    peer = typescript(get(f"{h.url}/tools/assess_workload_compliance", json.dumps(json.loads(call)["params"]["arguments"])))
    if peer is None:
        print("the TypeScript SDK is not there (npm): not measured", file=sys.stderr)
        return
    with peer:
        headers = [VERSION, "Content-Type: application/json", "Accept: application/json, text/event-stream"]
        get(peer.url, json.dumps(INITIALIZE), *headers)
        theirs = load(peer.url, call, *headers, "Mcp-Session-Id: bench", requests=PEER_REQUESTS, rounds=1)
        ours = load(url, call, VERSION)
        row(f"MCP tools/call, HTTP/1.1, {CONNECTIONS} connections", ours[0], "TypeScript SDK 1.32, the same answer", theirs[0], "req/s")
        row("99th of a hundred of them", ours[1], "TypeScript SDK 1.32", theirs[1], "ms")


def mcp(h):
    return [build / "bin" / "tanso", "mcp", "--runtime-dir", h.frontend.run_dir]


def stdio(call, command, rounds=3):
    """Calls a second by lines, STDIO_DEPTH of them under way, of the median round; every answer must be a result."""
    lines = json.dumps(INITIALIZE) + "\n" + call + "\n"
    return sorted(float(subprocess.run([build / "bench" / "bench_stdio", str(STDIO_CALLS), str(STDIO_DEPTH), *command], input=lines,
                                       stdout=subprocess.PIPE, text=True, check=True).stdout) for _ in range(rounds))[rounds // 2]


def first_line_ms(command):
    begin = time.monotonic()
    client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    client.stdin.write(json.dumps(INITIALIZE).encode() + b"\n")
    client.stdin.flush()
    client.stdout.readline()
    took = 1000 * (time.monotonic() - begin)
    client.stdin.close()
    client.wait(10)
    return took


def first_http_ms(f, command, path, body):
    """From exec of a server in the frontend's place to its answer; the supervisor holds the listener, so that the question waits in it."""
    time.sleep(LINGER_S)  # as if it had run for a while: no connection of its links is closed within its handshake
    f.process.kill()
    f.process.wait()
    held, go = os.pipe()  # the child is forked, and waits to exec, before the clock starts
    os.set_inheritable(held, True)

    def place():
        os.environb[b"LISTEN_PID"] = b"%d" % os.getpid()
        os.dup2(f.listener.fileno(), 3)
        os.set_inheritable(3, True)

    with socket.create_connection(("127.0.0.1", f.port)) as client:
        client.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        os.environ.update(LISTEN_FDS="1", LISTEN_FDNAMES="http-listener")
        f.process = subprocess.Popen(["sh", "-c", f'read go <&{held}; exec "$@" {held}<&-', "sh", *command], preexec_fn=place,
                                     close_fds=False, stderr=subprocess.DEVNULL)
        time.sleep(FORK_S)
        begin = time.monotonic()
        os.write(go, b"\n")
        answer = client.recv(65536)
        took = 1000 * (time.monotonic() - begin)
    os.close(held)
    os.close(go)
    if not answer.startswith(b"HTTP/1.1 200") or b'"isError":true' in answer:
        raise SystemExit(f"the first answer is no answer: {answer!r}")
    return took


def first_answers(h, call):
    f, initialize = h.frontend, json.dumps(INITIALIZE)
    command = pathlib.Path(f"/proc/{f.process.pid}/cmdline").read_bytes().decode().split("\0")[:-1]
    fixed = [build / "bench" / "bench_fixed_h2o", "-", str(len(get(f"{h.url}/mcp", initialize)))]
    times = {"tanso": [], "cat": [], "h2o": [], "page": [], "tool": []}
    for _ in range(STARTS):
        times["tanso"].append(first_line_ms(mcp(h)))
        times["cat"].append(first_line_ms(["/bin/cat"]))
    for _ in range(STARTS):
        times["h2o"].append(first_http_ms(f, fixed, "/mcp", initialize))
        times["page"].append(first_http_ms(f, command, "/mcp", initialize))
        times["tool"].append(first_http_ms(f, command, "/mcp", call))
    tanso, cat, h2o, page, tool = (sorted(each)[STARTS // 2] for each in times.values())
    row("first answer of `tanso mcp` after exec", tanso, "cat of the question", cat, "ms")
    for what, took in (("initialize", page), ("tools/call", tool)):
        row(f"first HTTP answer after exec of the frontend: {what}", took, "of libh2o alone, fixed bytes", h2o, "ms")


def many(history):
    """Each about another workload, while the analyst's snapshot changes every second."""
    def ask(port, workloads, requests):
        out = subprocess.run([build / "bench" / "bench_ask", str(port), str(CONNECTIONS), str(requests), str(workloads)],
                             capture_output=True, text=True, check=True).stdout
        return [float(word) for word in out.split()]

    answer = get(f"{history.url}/mcp", json.dumps(CALL), VERSION)
    with Peer(build / "bench" / "bench_fixed_h2o", "PORT", len(answer)) as fixed:
        limit, one = ask(fixed.port, 1, REQUESTS), ask(history.frontend.port, 1, REQUESTS)
        all_of_them = ask(history.frontend.port, WORKLOADS, MANY_REQUESTS)
    for what, (rate, _, p99, failed) in (("one workload", one), (f"{WORKLOADS} workloads in turn", all_of_them)):
        words = f"MCP tools/call, HTTP/1.1, {CONNECTIONS} connections, {what} of {WORKLOADS}, a new snapshot every second"
        row(words, rate, f"libh2o, {len(answer)} fixed bytes", limit[0], "req/s")
        row(f"99th of a hundred of them; {failed:.0f} refused", p99, "the same", limit[2], "ms")


def resident_mb(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) / 1024


def flat(h, call):
    pid = h.frontend.process.pid
    load(f"{h.url}/mcp", call, VERSION, way=H2, rounds=1)
    before = resident_mb(pid)
    subprocess.run(["h2load", *H2, "-n", str(FLAT_REQUESTS), "-d", str(work / "body"), "-H", VERSION, f"{h.url}/mcp"], capture_output=True)
    row(f"frontend resident, after {FLAT_REQUESTS} requests more", resident_mb(pid), f"after the first {REQUESTS}", before, "MB")


CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "assess_workload_compliance", "arguments": {"workload_name": "app1", "namespace": "prod"}}}


def stages(count):
    return History([f"many {count}", f"begin {int(time.time()) - 3600}", "live 1000"], http_requests_per_second=1000000)


with stages(100) as one_hundred:
    beside_peers(one_hundred, json.dumps(CALL))
    flat(one_hundred, json.dumps(CALL))
    first_answers(one_hundred, json.dumps(CALL))
with stages(WORKLOADS) as ten_thousand:
    many(ten_thousand)
subprocess.run(["rm", "-r", str(work)])
