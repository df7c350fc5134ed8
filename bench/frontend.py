"""Questions a second through a running pipeline, beside libh2o answering as many fixed bytes: frontend.py BUILD_FOLDER"""
import json, pathlib, re, subprocess, sys, time

build = pathlib.Path(sys.argv[1]).resolve()
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "system"))
sys.argv[1] = str(build / "bin")
from pipeline import Pipeline, free_port, wait_for  # noqa: E402

REQUESTS, CONNECTIONS = 20000, 16


def load(url, body, *headers):
    """Requests a second over HTTP/1.1 with keep-alive; every one must succeed."""
    file = pathlib.Path("/tmp/tanso-bench-body")
    file.write_text(body)
    rates = []
    for _ in range(3):
        out = subprocess.run(["h2load", "--h1", "-n", str(REQUESTS), "-c", str(CONNECTIONS), "-d", str(file),
                              *[x for h in headers for x in ("-H", h)], url], capture_output=True, text=True).stdout
        if f"{REQUESTS} succeeded" not in out or f"{REQUESTS} 2xx" not in out:
            raise SystemExit("not every request succeeded:\n" + out)
        rates.append(float(re.search(r"([\d.]+) req/s", out)[1]))
    file.unlink()
    return sorted(rates)[1]


with Pipeline(http_requests_per_second=1000000) as p:
    wait_for(lambda: p.tool("list_top_power_consumers")[0] == 200, 8)
    answer = p.get(f"http://127.0.0.1:{p.http}/tools/list_top_power_consumers", b"{}")[1]
    call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_top_power_consumers", "arguments": {}}})
    port = free_port()
    fixed = subprocess.Popen([build / "bench" / "bench_fixed_h2o", str(port), str(len(answer))])
    time.sleep(0.3)
    limit = load(f"http://127.0.0.1:{port}/", call)
    for what, path, body in (("POST /tools/list_top_power_consumers", "/tools/list_top_power_consumers", "{}"),
                             ("MCP tools/call of the same", "/mcp", call), ("MCP ping", "/mcp", '{"jsonrpc":"2.0","id":1,"method":"ping"}')):
        rate = load(f"http://127.0.0.1:{p.http}{path}", body, "MCP-Protocol-Version: 2025-11-25")
        print(f"{what}, HTTP/1.1, {CONNECTIONS} connections | {rate:.4g} req/s | libh2o, {len(answer)} fixed bytes | {limit:.4g} req/s | {rate / limit:.3g}", flush=True)
    fixed.kill()
