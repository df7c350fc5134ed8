#!/usr/bin/env python3
"""A new user's five minutes: start, first answer, errors that help, and a stop that leaves nothing behind."""
import json, os, pathlib, re, shutil, signal, socket, subprocess, sys, time

from pipeline import BIN, STAGES, Pipeline, free_port, run, wait_for


UP = pathlib.Path(__file__).resolve().parents[2] / "deploy/up"


def bpf_links():
    """Ids of all there are, others' too; None where bpftool cannot tell."""
    out = subprocess.run(["bpftool", "link", "-j"], capture_output=True, text=True)
    return {link["id"] for link in json.loads(out.stdout or "[]")} if out.returncode == 0 else None


def links_of(pid):
    return {int(line.split()[1]) for info in pathlib.Path(f"/proc/{pid}/fdinfo").iterdir() for line in info.read_text().splitlines() if line.startswith("link_id:")}


def first_answer_and_clean_stop():
    p = Pipeline().start()
    try:
        ours = links_of(p.pid("collector"))
        log = wait_for(lambda: "Ctrl-C stops everything" in p.log() and p.log(), 30)
        if not log:
            raise AssertionError("no assessment and addresses:\n" + p.log())
        for stage in STAGES:
            if not re.search(rf"✓ {stage} +ready after", log):
                raise AssertionError(f"no line for {stage}")
        for needed in (" W", "error", "pue = ", f"https://127.0.0.1:{p.metrics_port}/metrics", f"/tanso doctor --config {p.config} "):
            if needed not in log:
                raise AssertionError(f"the first answer does not say '{needed}':\n{log}")
        if not re.search(r"✓ estimator .* model \S+: CPU \d+-\d+ W ±\d+ %, memory (\d+ W more|by its own formula)\n", log):
            raise AssertionError(f"what the model says of which part:\n{log}")
        if "\033[" in log:
            raise AssertionError("colours in a pipe")
        if bpf_links() is not None and not (ours and ours <= bpf_links()):
            raise AssertionError(f"no BPF links while it runs: {ours}")
        if p.stop(signal.SIGINT) != 0:
            raise AssertionError("exit status after Ctrl-C")
        left = subprocess.run(["pgrep", "-f", str(p.folder)], capture_output=True, text=True).stdout
        if left:
            raise AssertionError("left running: " + left)
        sockets = [str(f) for f in p.folder.rglob("*") if f.is_socket()]
        if sockets:
            raise AssertionError(f"stale sockets: {sockets}")
        if ours & (bpf_links() or set()):
            raise AssertionError("BPF links stay attached")
        if pathlib.Path(p.settings["state_dir"], "analyst", "ledger.db-wal").exists():
            raise AssertionError("the ledger was not closed")
    finally:
        p.__exit__()


def killed_supervisor_takes_the_stages_along():
    p = Pipeline().start()
    try:
        p.process.kill()
        p.process.wait()
        gone = wait_for(lambda: not subprocess.run(["pgrep", "-f", str(p.folder)], capture_output=True).stdout, 30)
        if not gone:
            raise AssertionError("stages outlive the supervisor")
        p.start()  # over whatever the crash left
    finally:
        p.__exit__()


def a_taken_port_is_told_before_anything_is_built_or_started():
    p = Pipeline()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        p.config.write_text(f"http_listen = {address}\nmetrics_listen = 127.0.0.1:{p.metrics_port}\n")
        out = p.cli("up", "--config", p.config, "--set", f"runtime_dir={p.folder}/run", "--set", f"state_dir={p.folder}/state", "--lang", "ko")
        if out.returncode != 1 or out.stderr.count("\n") != 1 or "준비됨" in out.stdout or \
                f"http_listen = {address}: 이미 사용 중입니다: python3 (pid {os.getpid()})" not in out.stderr or "--set http_listen=" not in out.stderr:
            raise AssertionError(out)
        for key, given in (("http_listen", ("--set", f"http_listen={address}")), ("http_listen", ("-c", p.config)),
                           ("metrics_listen", (f"--set=metrics_listen=[::1]:1,{address}",))):
            out = subprocess.run([UP, *given], capture_output=True, text=True, timeout=60, env={**os.environ, "LC_ALL": "C"})
            if out.returncode != 1 or out.stdout or f"{key} = {address} is in use by python3 (pid {os.getpid()}); stop that" not in out.stderr:
                raise AssertionError(f"{given}: {out}")
    p.__exit__()


def where_the_users_own_folders_cannot_be_written_either_the_one_named_is_the_one_used():
    """Whose HOME is no folder: what is told is there, writable, and what the stages get (`up` ends at the taken port, before they start)."""
    p, named = Pipeline(), re.compile(r"/dev/null/x is not writable for you; using (/tmp/tanso-\d+-(?:run|state))\n")
    before = set(pathlib.Path("/tmp").glob("tanso-*"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        out = subprocess.run([BIN / "tanso", "up", "--config", p.config, "--set", "runtime_dir=/dev/null/x", "--set", "state_dir=/dev/null/x", "--set",
                              f"http_listen=127.0.0.1:{taken.getsockname()[1]}"], capture_output=True, text=True, timeout=60,
                             env={**os.environ, "LC_ALL": "C", "HOME": "/dev/null", "XDG_RUNTIME_DIR": "/dev/null"})
    folders = [pathlib.Path(name) for name in named.findall(out.stdout)]
    there = [os.access(folder, os.W_OK) for folder in folders]
    for folder in set(folders) - before:
        shutil.rmtree(folder)
    p.__exit__()
    if out.returncode != 1 or there != [True, True]:
        raise AssertionError(out)


def errors_name_the_thing_and_the_remedy():
    for key, vague in (("trusted_proxies", "Invalid argument"), ("procfs_root", "cannot start: ")):
        p = Pipeline(**{key: "/nonsense"}).start(wait=False)
        try:
            status = p.process.wait(20)
            log = p.log()
        finally:
            p.__exit__()
        if status != 1 or f"{key} = /nonsense" not in log or "could not start" not in log or vague in log:
            raise AssertionError(f"not one reason, told once: status {status}, {log}")
    p = Pipeline()
    p.config.write_text("pue = 1.4\n\ninterval_ms = soon\n")
    out = p.cli("up", "--config", str(p.config))
    if out.returncode != 2 or ":3:" not in out.stderr or "interval_ms" not in out.stderr:
        raise AssertionError(f"bad config: {out.returncode} {out.stderr}")
    p.config.write_text("region = ap-northeast-22\nstandard = KR_CARBON\n")
    for lang, words in (("en", "region = ap-northeast-22: there is no such code in the data files. Did you mean ap-northeast-2? Known: "),
                        ("ko", "standard = KR_CARBON: 데이터 파일에 그런 코드가 없습니다. 혹시 KR_CARBON_2050? 있는 것: KR_CARBON_2050, ")):
        out = p.cli("up", "--config", str(p.config), "--lang", lang)
        if out.returncode != 2 or out.stdout or out.stderr.count("\n") != 2 or words not in out.stderr:
            raise AssertionError(f"codes of the configuration: {out}")
    p.__exit__()


def the_second_one_is_refused():
    with Pipeline() as p:
        out = p.cli("up", "--config", str(p.config))
        if out.returncode != 1 or "already running" not in out.stderr or f"kill {p.process.pid}" not in out.stderr or "tanso top" not in out.stderr:
            raise AssertionError(f"{out.returncode} {out.stderr}")
        for lang, words in (("C", "already running"), ("ko_KR.UTF-8", "이미 실행 중입니다")):
            out = subprocess.run([UP, "-c", p.config], capture_output=True, text=True, timeout=60, env={**os.environ, "LC_ALL": lang})
            if out.returncode != 1 or out.stdout or f"deploy/up: {words}" not in out.stderr or f"kill {p.process.pid}" not in out.stderr or "in use" in out.stderr:
                raise AssertionError(out)
        out = subprocess.run([UP, "-c", p.config, "--check"], capture_output=True, text=True, timeout=60)
        if (out.returncode, out.stdout, out.stderr) != (0, "", ""):
            raise AssertionError(out)
        for wrong in (["--bogus"], ["--pue", "0.5"], ["--set", "bogus=1"], ["--check", "--set", "grid_file=/nope"]):
            out = subprocess.run([UP, "-c", p.config, *wrong], capture_output=True, text=True, timeout=60)
            if out.returncode != 2 or "already running" in out.stderr or wrong[-1].split("=")[0] not in out.stderr:
                raise AssertionError(out)


def without_root_it_says_what_is_missing_and_runs():
    p = Pipeline()
    os.chmod(p.folder, 0o777)
    try:
        log = open(p.log_path, "ab")
        p.process = subprocess.Popen(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all",
                                      BIN / "tanso", "up", "--config", p.config], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                     env={**os.environ, "HOME": str(p.folder)}, start_new_session=True)
        if not wait_for(p.is_ready, 30):
            raise AssertionError("not ready:\n" + p.log())
        if "CAP_BPF" not in p.log() or "/proc" not in p.log():
            raise AssertionError("does not say what is missing:\n" + p.log())
        if not wait_for(lambda: p.metric("tanso_power_source_info", usage="procfs") == 1, 30):
            raise AssertionError("the numbers are not marked procfs")
        if not wait_for(lambda: p.metric("tanso_probe_attached", probe="read") == p.metric("tanso_probe_attached") == 0, 30):
            raise AssertionError("no probe is attached, and that is not said")
        if not wait_for(lambda: p.metric("kepler_node_cpu_watts", zone="package"), 30):
            raise AssertionError("no watts")
    finally:
        p.__exit__()


# CAP_BPF and CAP_PERFMON; CAP_DAC_READ_SEARCH for the runtimes' files of root
ALLOWED_CAPABILITIES = {"collector": 1 << 39 | 1 << 38, "resolver": 1 << 2}


def forbidden_calls_and_filters_are_real():
    with Pipeline() as p:
        for stage in STAGES:
            for task in pathlib.Path(f"/proc/{p.pid(stage)}/task").iterdir():
                text = (task / "status").read_text()
                if "Seccomp:\t2" not in text:
                    raise AssertionError(f"{stage}: a thread without filter")
            capabilities = int(re.search(r"CapEff:\s+(\w+)", pathlib.Path(f"/proc/{p.pid(stage)}/status").read_text())[1], 16)
            allowed = ALLOWED_CAPABILITIES.get(stage, 0)
            if capabilities & ~allowed:
                raise AssertionError(f"{stage} keeps capabilities {capabilities:x}")


def secrets_reach_who_needs_them():
    secrets = {"TANSO_KPX_KEY": "k", "TANSO_ELECTRICITYMAPS_KEY": "e", "TANSO_WATTTIME_USER": "w:p"}
    p = Pipeline()
    try:
        p.start(**secrets, TANSO_TOKEN="t")
        for stage in STAGES:
            names = {pair.split("=")[0] for pair in pathlib.Path(f"/proc/{p.pid(stage)}/environ").read_text().split("\0")}
            known = names & {*secrets, "TANSO_TOKEN"}
            if known != (set(secrets) if stage == "fetcher" else set()):
                raise AssertionError(f"{stage} knows {known}")
    finally:
        p.__exit__()


def is_fresh(p):
    try:
        status, answer = p.tool("list_top_power_consumers")
        return status == 200 and answer["provenance"]["power"]["metrics_age_s"] < 1 and p.metric("tanso_power_age_seconds") < 1
    except (OSError, RuntimeError):
        return False  # a stage on its way back


def a_broken_handshake_deafens_nobody():
    """nng 1.5.2 took no new pipe on a listener after a connection died within its handshake (ipc/nng/faults.c): nobody has to restart for it."""
    with Pipeline(interval_ms=200) as p:
        wait_for(lambda: p.tool("list_top_power_consumers")[0] == 200, 30)
        for listener, dialer in (("analyst/estimator", "estimator"), ("estimator/collector", "collector"), ("frontend/analyst", "analyst")):
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(str(p.settings["runtime_dir"] / f"{listener}.ipc"))
            os.kill(p.pid(dialer), signal.SIGKILL)  # its successor has to get through
            time.sleep(1)
            if not wait_for(lambda: is_fresh(p), 30, 0.3):
                raise AssertionError(f"nothing fresh after a broken handshake on {listener}:\n" + p.log()[-2000:])
        if "do not come through" in p.log():
            raise AssertionError("a stage was deaf or mute:\n" + p.log()[-2000:])


def a_socket_that_was_removed_is_made_anew():
    """As by who cleans up /tmp. Where it is missed at once: its dialer starts anew."""
    with Pipeline(interval_ms=200) as p:
        wait_for(lambda: p.tool("list_top_power_consumers")[0] == 200, 30)
        for listener, dialer in (("analyst/estimator", "estimator"), ("frontend/analyst", "analyst"), ("estimator/resolver", "resolver"),
                                 ("resolver/collector", "collector"), ("exporter/collector", "collector"), ("analyst/fetcher", "fetcher")):
            path = p.settings["runtime_dir"] / f"{listener}.ipc"
            path.unlink()
            os.kill(wait_for(lambda: p.pid(dialer), 30), signal.SIGKILL)
            if not wait_for(lambda: path.exists() and is_fresh(p), 30, 0.1):
                raise AssertionError(f"nothing fresh after {listener} was removed:\n" + p.log()[-2000:])


def a_slow_start_is_waited_for():
    """The watchdog counts from READY on, as systemd's does: a busy machine may take its time before."""
    p = Pipeline()
    slow = p.folder / "bin"
    shutil.copytree(BIN, slow, ignore=lambda _, names: [n for n in names if not n.startswith("tanso")])
    (slow / "tanso-resolver").write_text(f"#!/bin/sh\nsleep 6\nexec {BIN}/tanso-resolver \"$@\"\n")
    try:
        p.start(wait=False, binaries=slow, LC_ALL="ko_KR.UTF-8")
        if not wait_for(lambda: re.search("✓ resolver .*초 만에 준비됨 · 이름: 런타임의 파일", p.log()), 30) or "다시 시작합니다" in p.log():
            raise AssertionError(p.log())
    finally:
        p.__exit__()


def a_list_adds_up_page_by_page():
    """Over HTTP, MCP and the command line, on what this machine runs."""
    with Pipeline() as p:
        wait_for(lambda: "node_power_watts" in p.tool("get_power_consumption_summary")[1], 30)
        rows, cursor, first = [], {}, None
        for _ in range(10000):
            status, page = p.tool("list_workloads_by_compliance", limit=1, group_by="pod", sort="emissions", pue=1.6, **cursor)
            if status != 200:
                raise AssertionError(page)
            first = first or page
            rows += page["workloads"]
            if page["timestamp"] != first["timestamp"]:
                raise AssertionError("a page of another snapshot")
            if "next_cursor" not in page:
                break
            cursor = {"cursor": page["next_cursor"]}
        if len(rows) != first["total_workloads"] or len({(r["namespace"], r["kind"], r["workload"]) for r in rows}) != len(rows):
            raise AssertionError(f"{len(rows)} rows of {first['total_workloads']}: {rows}")
        if abs(sum(r.get("emissions_kg_month", 0) for r in rows) - first["total_emissions_kg_month"]) > 1e-6:
            raise AssertionError("the rows do not add up to the total")
        status, summary = p.tool("get_power_consumption_summary")
        if abs(summary["workload_power_watts"] + summary["idle_power_watts"] - summary["node_power_watts"]) > 1e-6:
            raise AssertionError(f"the summary does not add up: {summary}")
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
            "name": "identify_power_hotspots", "arguments": {"power_threshold_watts": 0}}}
        status, body = p.get(f"http://127.0.0.1:{p.http}/mcp", json.dumps(call).encode(), {
            "Content-Type": "application/json", "Accept": "application/json, text/event-stream"})
        if status != 200 or json.loads(json.loads(body)["result"]["content"][0]["text"])["total_hotspots"] < 1:
            raise AssertionError(body)
        for pue, wanted in (("1.2", 0), ("1.6", 1)):
            done = p.cli("check", "--url", f"http://127.0.0.1:{p.http}", "--pue", pue, "-n", "system")
            if done.returncode != wanted:
                raise AssertionError(f"PUE {pue}: exit {done.returncode}: {done.stdout}{done.stderr}")


def bad_questions_get_answers():
    with Pipeline() as p:
        base = f"http://127.0.0.1:{p.http}"
        wait_for(lambda: p.tool("list_top_power_consumers")[0] == 200, 30)
        cases = [
            ("/tools/assess_workload_compliance", b'{"workload_name": "rot"}', {}, 404, "WORKLOAD_NOT_FOUND"),
            ("/tools/assess_workload_compliance", b'{"workload_name": "(root)", "standard": "KR"}', {}, 422, "UNKNOWN_STANDARD"),
            ("/tools/assess_workload_compliance", b'{"workload_name": "(root)", "region": "mars"}', {}, 422, "UNKNOWN_REGION"),
            ("/tools/assess_workload_compliance", b'{"workload_name": "(root)", "pue": 0.9}', {}, 422, None),
            ("/tools/assess_workload_compliance", b'{"workload_name": ', {}, 400, "INVALID_JSON"),
            ("/tools/assess_workload_compliance", b'{"workload_nam": "x"}', {}, 422, "INVALID_ARGUMENT"),
            ("/tools/assess_workload_compliance", b'{"workload_name": 7}', {}, 422, "INVALID_ARGUMENT"),
            ("/tools/assess_workload", b"{}", {}, 404, "UNKNOWN_TOOL"),
            ("/tools/list_top_power_consumers", b" " * (1 << 21), {}, 413, "BODY_TOO_LARGE"),
            ("/tools/list_top_power_consumers", b"{}", {"Origin": "https://evil.example"}, 403, "FORBIDDEN_ORIGIN"),
            ("/tools/list_top_power_consumers", b"{}", {"Host": "evil.example"}, 421, "UNKNOWN_HOST"),
            ("/tools/list_top_power_consumers", b"{}", {"Content-Encoding": "gzip"}, 415, "UNSUPPORTED_ENCODING"),
        ]
        for path, body, headers, status, code in cases:
            got, text = p.get(base + path, body, headers)
            if got != status or (code and json.loads(text)["error"]["code"] != code):
                raise AssertionError(f"{path} {body[:60]}: {got} {text[:200]}, wanted {status} {code}")
        status, text = p.get(base + "/tools/list_top_power_consumers")
        if status != 200 or json.loads(text)["name"] != "list_top_power_consumers":
            raise AssertionError(f"GET on a tool tells what it is: {status} {text[:200]}")


results = [run(name, test) for name, test in {
    "the first answer comes by itself and Ctrl-C leaves nothing": first_answer_and_clean_stop,
    "a killed supervisor takes the stages along and starts again": killed_supervisor_takes_the_stages_along,
    "where the user's own folders cannot be written either the one named is the one used": where_the_users_own_folders_cannot_be_written_either_the_one_named_is_the_one_used,
    "a taken port is told before anything is built or started": a_taken_port_is_told_before_anything_is_built_or_started,
    "a setting that cannot be used is explained once": errors_name_the_thing_and_the_remedy,
    "a second tanso up is refused with the pid of the first": the_second_one_is_refused,
    "without root it says what is missing and runs on procfs": without_root_it_says_what_is_missing_and_runs,
    "every thread is filtered and no capability too many is kept": forbidden_calls_and_filters_are_real,
    "keys in the environment reach the fetcher alone": secrets_reach_who_needs_them,
    "a broken handshake deafens nobody": a_broken_handshake_deafens_nobody,
    "a socket that was removed is made anew": a_socket_that_was_removed_is_made_anew,
    "a stage that starts slowly is waited for": a_slow_start_is_waited_for,
    "a list adds up page by page, over HTTP, MCP and the command line": a_list_adds_up_page_by_page,
    "bad questions get the error object": bad_questions_get_answers,
}.items()]
sys.exit(not all(results))
