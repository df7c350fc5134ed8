"""Questions a second through a running pipeline, beside libh2o answering as many fixed bytes: frontend.py BUILD_FOLDER"""
import json, os, pathlib, re, subprocess, sys, time

build = pathlib.Path(sys.argv[1]).resolve()
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "system"))
sys.argv[1] = str(build / "bin")
from pipeline import Pipeline, free_port, wait_for  # noqa: E402

REQUESTS, CONNECTIONS, STREAMS = 10000, 16, 64
STDIO_CALLS, STDIO_DEPTH = 20000, 64
FIRST_ANSWERS = 11


H1, H2 = ["--h1", "-c", str(CONNECTIONS)], ["-c", "1", "-m", str(STREAMS)]


def load(url, body, *headers, way=H1):
    """Requests a second; every one must succeed."""
    file = pathlib.Path("/tmp/tanso-bench-body")
    file.write_text(body)
    rates = []
    for _ in range(3):
        out = subprocess.run(["h2load", *way, "-n", str(REQUESTS), "-d", str(file),
                              *[x for h in headers for x in ("-H", h)], url], capture_output=True, text=True).stdout
        if f"{REQUESTS} succeeded" not in out or f"{REQUESTS} 2xx" not in out:
            raise SystemExit("not every request succeeded:\n" + out)
        rates.append(float(re.search(r"([\d.]+) req/s", out)[1]))
    file.unlink()
    return sorted(rates)[1]


def stdio(config, call):
    """Calls a second through `tanso mcp`, STDIO_DEPTH of them under way."""
    client = subprocess.Popen([build / "bin" / "tanso", "mcp", "--config", config], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def say(message):
        client.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        client.stdin.flush()

    say({"id": 0, "method": "initialize", "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}})
    client.stdout.readline()
    say({"method": "notifications/initialized"})
    line = call.encode() + b"\n"
    begin = time.monotonic()
    os.write(client.stdin.fileno(), line * STDIO_DEPTH)
    done, good, rest = 0, 0, b""
    while done < STDIO_CALLS:  # as many new ones as were answered, by one write: the client must not be the limit
        some = os.read(client.stdout.fileno(), 1 << 20)
        lines = some.count(b"\n")
        whole, rest = (rest + some).rpartition(b"\n")[::2] if lines else (b"", rest + some)
        done, good = done + lines, good + whole.count(b'"isError":false')
        if good != done or not some:
            raise SystemExit("a call over stdio failed")
        os.write(client.stdin.fileno(), line * min(lines, max(0, STDIO_CALLS - done - STDIO_DEPTH + lines)))
    rate = STDIO_CALLS / (time.monotonic() - begin)
    client.stdin.close()
    client.wait(10)
    return rate


def first_answer_ms(config):
    """From exec of `tanso mcp` to the answer of initialize, median; beside it /bin/cat, which answers at once."""
    message = b'{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"b","version":"1"}}}\n'
    times = {"tanso": [], "cat": []}
    for _ in range(FIRST_ANSWERS):
        for name, command in (("tanso", [build / "bin" / "tanso", "mcp", "--config", config]), ("cat", ["/bin/cat"])):
            begin = time.monotonic()
            client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            client.stdin.write(message)
            client.stdin.flush()
            client.stdout.readline()
            times[name].append(1000 * (time.monotonic() - begin))
            client.stdin.close()
            client.wait(10)
    return [sorted(each)[FIRST_ANSWERS // 2] for each in times.values()]


def resident_mb(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) / 1024


with Pipeline(http_requests_per_second=1000000) as p:
    wait_for(lambda: p.tool("list_top_power_consumers")[0] == 200, 8)
    answer = p.get(f"http://127.0.0.1:{p.http}/tools/list_top_power_consumers", b"{}")[1]
    call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_top_power_consumers", "arguments": {}}})
    port = free_port()
    fixed = subprocess.Popen([build / "bench" / "bench_fixed_h2o", str(port), str(len(answer))])
    time.sleep(0.3)
    questions = (("POST /tools/list_top_power_consumers", "/tools/list_top_power_consumers", "{}"),
                 ("MCP tools/call of the same", "/mcp", call), ("MCP ping", "/mcp", '{"jsonrpc":"2.0","id":1,"method":"ping"}'))
    frontend = p.pid("frontend")
    ways = ((H1, f"HTTP/1.1, {CONNECTIONS} connections", questions), (H2, f"h2, {STREAMS} streams", questions[1:2]))
    before = None
    for way, words, asked in ways:
        limit = load(f"http://127.0.0.1:{port}/", call, way=way)
        for what, path, body in asked:
            rate = load(f"http://127.0.0.1:{p.http}{path}", body, "MCP-Protocol-Version: 2025-11-25", way=way)
            before = before or resident_mb(frontend)
            print(f"{what}, {words} | {rate:.4g} req/s | libh2o, {len(answer)} fixed bytes | {limit:.4g} req/s | {rate / limit:.3g}", flush=True)
    limit = load(f"http://127.0.0.1:{port}/", call)
    rate = stdio(p.config, call)
    print(f"MCP tools/call, stdio, {STDIO_DEPTH} under way | {rate:.4g} /s | libh2o over HTTP/1.1 | {limit:.4g} req/s | {rate / limit:.3g}", flush=True)
    ours, theirs = first_answer_ms(p.config)
    print(f"first answer of `tanso mcp` after exec | {ours:.3g} ms | cat of the question | {theirs:.3g} ms | {ours / theirs:.3g}", flush=True)
    after = resident_mb(frontend)
    print(f"frontend resident, after {3 * len(questions) * REQUESTS + STDIO_CALLS} requests more | {after:.3g} MB | after the first {3 * REQUESTS} | {before:.3g} MB | {after / before:.3g}", flush=True)
    fixed.kill()
