"""The official MCP suite, clients and inspector. Usage: test_conformance.py BIN_FOLDER NPM_FOLDER
NPM_FOLDER has in node_modules what package-lock.json pins. Prints PASS or FAIL a test."""
import hashlib, os, pathlib, re, subprocess, sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "process"))
import frontend_fixture  # noqa: E402
from frontend_fixture import BIN, Frontend, expect, run_all  # noqa: E402
from tls_fixture import Door  # noqa: E402

PATIENT = "http_request_ms=60000"  # on a busy machine these clients pause longer than a connection may be idle
REQUIRED = {"2025-11-25": 30, "2026-07-28": 37}
PACKAGES = "node_modules/@modelcontextprotocol"


NPM = pathlib.Path(sys.argv[2]).resolve()
NODE = next(NPM.glob("node_modules/node-linux-*/bin/node"))


def _run(*arguments, seconds=90, **environment):
    done = subprocess.run([NODE, *map(str, arguments)], cwd=NPM, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=seconds, env={**os.environ, **environment, "PATH": f"{NODE.parent}:{os.environ['PATH']}"})
    return done.returncode, done.stdout.decode()


def _inspect(*arguments, **environment):
    return _run(f"{PACKAGES}/inspector/clients/launcher/build/index.js", "--cli", *arguments, **environment)


def _suite(url, revision, folder, *more):
    return _run(f"{PACKAGES}/conformance/dist/index.js", "server", "--url", url, "--requirements", revision,
                "-o", folder / f"suite-{revision}", *more)


def _scored(text):
    """Names of the scored scenarios that passed and that failed."""
    summary = text[text.index("=== SUMMARY ==="):]
    unscored = set(re.findall(r"^  [✓✗] (\S+) \(", summary, re.M))
    marks = {name: mark for mark, name in re.findall(r"^(\S) (\S+): \d+ passed", summary, re.M)}
    return ({name for name, mark in marks.items() if mark == "✓" and name not in unscored},
            {name for name, mark in marks.items() if mark != "✓" and name not in unscored})


def _required_scenarios_pass(revision):
    frontend_fixture.COMMAND = str(BIN.parent / "tests" / "conformance_frontend")
    try:
        with Frontend().start() as f:
            f.start_analyst()
            status, text = _suite(f"http://127.0.0.1:{f.port}/mcp", revision, f.folder)
            passed, failed = _scored(text)
            assert not failed and status == 0, f"{failed}: {text[-3000:]}"
            expect(len(passed), REQUIRED[revision])
    finally:
        frontend_fixture.COMMAND = None


def all_30_scenarios_of_2025_11_25_pass_with_the_fixtures():
    _required_scenarios_pass("2025-11-25")


def all_37_scenarios_of_2026_07_28_pass_with_the_fixtures():
    _required_scenarios_pass("2026-07-28")


def the_shipped_server_fails_nothing_but_what_needs_the_fixtures():
    with Frontend().start() as f:
        f.start_analyst()
        for revision in REQUIRED:
            status, text = _suite(f"http://127.0.0.1:{f.port}/mcp", revision, f.folder, "--expected-failures",
                                  HERE / f"expected-failures-{revision}.yml")
            assert status == 0, text[-3000:]


def the_inspector_lists_and_calls_over_both_transports():
    with Frontend().start() as f:
        f.start_analyst()
        targets = [[f"http://127.0.0.1:{f.port}/mcp", "--transport", "http"],
                   [BIN / "tanso", "mcp", "--runtime-dir", f.run_dir]]
        for target in targets:
            status, text = _inspect(*target, "--method", "tools/list")
            assert status == 0 and "assess_workload_compliance" in text, text
            status, text = _inspect(*target, "--method", "tools/call", "--tool-name", "assess_workload_compliance", "--tool-arg",
                                    "workload_name=app")
            assert status == 0 and "structuredContent" in text, text


def clients_and_inspector_speak_tls_and_show_a_token():
    with Door() as d:
        (d.folder / "tokens").write_text(f"ci {hashlib.sha256(b'let-me-in').hexdigest()}\n")
        d.open(f"http_tokens={d.folder}/tokens", "mcp_http_sse=yes", PATIENT)
        d.start_analyst()
        url, ca = f"https://127.0.0.1:{d.port}/mcp", {"NODE_EXTRA_CA_CERTS": f"{d.folder}/ca.crt"}
        target = [url, "--transport", "http", "--header", "Authorization: Bearer let-me-in", "--method", "tools/call",
                  "--tool-name", "assess_workload_compliance", "--tool-arg", "workload_name=app"]
        status, text = _inspect(*target, **ca)
        assert status == 0 and "structuredContent" in text, text
        status, text = _inspect(*target)  # a server that nobody vouches for is not spoken to
        assert status != 0 and "structuredContent" not in text, text
        (NPM / "clients.mjs").write_bytes((HERE / "clients.mjs").read_bytes())
        status, text = _run(NPM / "clients.mjs", url, d.run_dir, TANSO_TOKEN="let-me-in", **ca)
        print(text.replace("PASS ", "PASS conformance: ").replace("FAIL ", "# FAIL "), end="")
        assert status == 0, text[-3000:]


def the_official_clients_find_everything_as_they_expect():
    with Frontend().start("mcp_http_sse=yes", PATIENT) as f:
        f.start_analyst()
        (NPM / "clients.mjs").write_bytes((HERE / "clients.mjs").read_bytes())  # beside the packages it imports
        status, text = _run(NPM / "clients.mjs", f"http://127.0.0.1:{f.port}/mcp", f.run_dir,
                            BIN / "tanso", "mcp", "--runtime-dir", f.run_dir)
        print(text.replace("PASS ", "PASS conformance: ").replace("FAIL ", "# FAIL "), end="")
        assert status == 0, text[-3000:]


sys.exit(run_all("conformance", globals()))
