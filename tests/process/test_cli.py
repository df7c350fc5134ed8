"""The command line against tanso-frontend with an analyst that answers by script. Usage: test_cli.py BIN_FOLDER
Prints PASS or FAIL a test; exit status 1 when any failed."""
import http.server, json, os, pathlib, re, shutil, subprocess, sys, tempfile, threading

from cli_fixture import ENVIRONMENT, place, tanso as _tanso
from frontend_fixture import BIN, Frontend, expect, run_all

ROOT = pathlib.Path(__file__).resolve().parents[2]


def help_and_version_need_nothing():
    code, out, _ = _tanso("--help")
    expect(code, 0)
    for verb in ("up", "assess", "top", "list", "hotspots", "summary", "check", "doctor", "models", "train", "mcp", "version"):
        assert verb in out, out
        if verb != "version":
            code, text, _ = _tanso(verb, "--help")
            expect(code, 0)
            assert "Usage: tanso " + verb in text, text
            code, text, _ = _tanso(verb, "--lang", "ko", "--help")
            expect(code, 0)
            assert "사용법: tanso " + verb in text and "Usage" not in text and "Exit status" not in text, text
            expect(_tanso("--lang=ko", verb, "--help"), (0, text, ""))
    expect(_tanso("help", "assess"), _tanso("assess", "--help"))
    expect([_tanso("help", "asess")[0], "did you mean 'assess'" in _tanso("help", "asess")[2]], [2, True])
    assert "fail a CI pipeline" in _tanso("check", "--help")[1].splitlines()[2] and "CI를 실패로" in _tanso("check", "--lang", "ko", "--help")[1]
    assert "the configured one. Default:" not in re.sub(r"\s+", " ", _tanso("grid", "--help")[1])
    for arguments, status in ((["--help"], 0), ([], 2), (["completion", "bash"], 0), (["version"], 0)):
        code, out, error = _tanso("--lang", "ko", *arguments)
        expect((code, "사용법: tanso" in out + error), (status, arguments in (["--help"], [])))
    assert "Length of the job, h. Default: 4." in _tanso("schedule", "--help")[1] and "기본값: P1D." in _tanso("list", "--lang", "ko", "--help")[1]
    assert "draws. This or --power-watts." in _tanso("schedule", "--help")[1]  # and not the argument of the API
    expect(_tanso("version")[0], 0)
    expect(_tanso("nonsense")[0], 2)
    expect(_tanso()[0], 2)


def bash_completes_verbs_options_and_choices():
    code, script, _ = _tanso("completion", "bash")
    expect(code, 0)
    listed = [line.split()[0] for line in _tanso("--help")[1].splitlines() if line.startswith("  ")]
    typed = [[""], ["ass"], *[[verb, ""] for verb in listed], ["assess", "--standa"], ["assess", "--standard", ""], ["schedule", "--objective", "c"],
             ["report", "e"], ["check", "--ju"], ["completion", ""]]
    lines = "".join(f"COMP_WORDS=(tanso {' '.join(repr(w) for w in words)}); COMP_CWORD={len(words)}; _tanso; echo \"${{COMPREPLY[*]}}\"\n"
                    for words in typed)
    done = subprocess.run(["bash", "-euc", f"{script}\n{lines}"], stdout=subprocess.PIPE, timeout=30, check=True)
    told = dict(zip(map(tuple, typed), map(str.split, done.stdout.decode().splitlines()), strict=True))
    expect(told["",], ["--help", "--version", *listed])
    expect(told["ass",], ["assess"])
    for verb in listed[:-1]:  # an option that a line of the help is about is offered, and none that the help does not name
        text = _tanso(verb, "--help")[1]
        offered = {word for word in told[verb, ""] if word.startswith("--")}
        assert set(re.findall(r"^ +(?:-., )?(--[a-z-]+)", text, re.M)) <= offered, (verb, text, offered)
        assert offered - set(re.findall(r"--[a-z-]+", text)) <= {"--help", "--workload-name"}, (verb, text, offered)
    expect(told["assess", "--standa"], ["--standard"])
    expect(told["schedule", "--objective", "c"], ["carbon", "cost"])
    expect(told["report", "e"], ["energy-use", "emissions"])
    expect(told["check", "--ju"], ["--junit"])
    expect(told["completion", ""], ["bash", "zsh", "fish"])
    expect(_tanso("completion", "ksh")[0], 2)


def zsh_and_fish_complete_the_same():
    """Asked where they are installed; else what was written is compared with bash's."""
    bash, zsh, fish = (_tanso("completion", shell)[1] for shell in ("bash", "zsh", "fish"))
    cases = lambda script, begin, end: re.findall(rf'^\t(\S+|"\S+ --\S+")\) {begin}(.*){end} ;;$', script, re.M)
    assert len(cases(bash, 'words="', '"')) > 20
    expect(cases(zsh, r"list=\(", r"\)"), cases(bash, 'words="', '"'))
    for verb, words in cases(bash, 'words="', '"'):
        verb, _, option = verb.strip('"').partition(" --")
        for word in words.split():
            assert re.search(rf"from {verb}' (-l {option} -x )?(-l {word[2:]}\b|-a '.*\b{word}\b)", fish), (verb, option, word)
    for shell, script, ask in (("zsh", zsh, "_files() { :; }; compdef() { :; }; compadd() { print -r -- ${(P)2}; }\neval \"$S\"\n"
                                "words=(tanso schedule --objective ''); CURRENT=4; _tanso"), ("fish", fish, "echo $S | source; complete -C 'tanso schedule --objective '")):
        if not shutil.which(shell):
            continue
        done = subprocess.run([shell, "-c", ask], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**ENVIRONMENT, "S": script}, timeout=30)
        expect((done.returncode, done.stderr, sorted(done.stdout.decode().split())), (0, b"", ["carbon", "cost"]))
    with tempfile.TemporaryDirectory() as folder:  # as installed: the first TAB of a shell finds it, not the second
        (pathlib.Path(folder) / "_tanso").write_text(zsh)
        ask = f"fpath=({folder}); autoload -Uz _tanso; compadd() {{ print -r -- ${{(P)2}}; }}\nwords=(tanso schedule --objective ''); CURRENT=4; _tanso"
        done = subprocess.run(["zsh", "-fc", ask], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30) if shutil.which("zsh") else None
        assert done is None or (done.stdout.split(), done.stderr) == ([b"carbon", b"cost"], b""), done


def the_manual_has_every_option_of_every_verb():
    page = (BIN.parent / "deploy/tanso.1").read_text()
    made = subprocess.run([ROOT / "deploy/man-page", BIN / "tanso", ROOT / "docs/man/tanso.1"], stdout=subprocess.PIPE, env=ENVIRONMENT, check=True, timeout=60)
    expect(made.stdout.decode(), page)
    sections = {part.split("\n", 1)[0]: part.replace("\\-", "-") for part in page.split(".SH VERBS")[1].split(".SH EXIT STATUS")[0].split(".SS tanso ")[1:]}
    script = _tanso("completion", "bash")[1]  # of the table that the verbs read their arguments by
    options = {verb: words.split() for verb, words in re.findall(r'^\t(\S+)\) words="(.*)" ;;$', script, re.M)}
    expect(set(options) - set(sections), {"version"})
    for verb, words in options.items():
        missing = {word for word in words if word.startswith("--") and not re.search(re.escape(word) + r"(?![a-z-])", sections.get(verb, ""))}
        assert missing <= {"--help", "--workload-name"}, (verb, missing)
    assert sum(len(words) for words in options.values()) > 150
    done = subprocess.run(["groff", "-man", "-ww", "-Kutf8", "-Tutf8"], input=page.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60) \
        if shutil.which("groff") else None
    assert done is None or (done.returncode, done.stderr) == (0, b""), done.stderr


def usage_errors_name_the_thing():
    for arguments, word in ((["assess"], "NAME"), (["assess", "a", "b"], "too many"), (["assess", "a", "--no-such"], "no-such"),
                            (["assess", "a", "--wait", "x"], "--wait"), (["doctor", "x"], "doctor"), (["mcp", "x"], "mcp"), (["asess", "a"], "did you mean 'assess'?")):
        code, _, error = _tanso(*arguments)
        expect(code, 2)
        assert word in error, error
        code, _, error = _tanso(*arguments, "--lang", "ko")
        expect(code, 2)
        assert arguments[0] in error and any("가" <= letter <= "힣" for letter in error), error


def an_address_that_is_none_is_named_before_anything_starts():
    for pair in ("http_listen=nonsense", "metrics_listen=127.0.0.1:0, 1.2.3.4:99999"):
        for more in ([], ["--check"]):
            code, out, error = _tanso("up", "--set", "runtime_dir=/nonexistent", "--set", pair, *more)
            expect((code, out, f"{pair.split('=')[0]} = {pair.split('=')[1].split(' ')[-1]} is not ADDRESS:PORT" in error), (2, "", True))
    expect(_tanso("up", "--check", "--pue", "1.45"), (0, "", ""))


def what_a_start_would_refuse_is_found_by_a_check():
    pin = "sha256//" + "A" * 43 + "="
    for pairs, words in (("http_listen=0.0.0.0:31800", "can be reached from other machines without TLS and a credential"), ("http_tls_key=/nope http_tls_certificate=/nope", "http_tls_key = /nope"),
                         ("http_tokens=/nope", "/nope"), ("grid_file=/nope", "/nope"), ("grid_providers=foo", "'foo'"), ("kepler_endpoint=node1:28282", "node1:28282"),
                         ("prometheus_url=prom:9090", "prom:9090"), ("pue_facility_query=a", "pue_facility_query and pue_it_query go together"), ("source_pin=abc", "source_pin = abc: wanted is sha256//"),
                         (f"source_pin={pin};{pin}x", "source_pin = "), ("metrics_listen=0.0.0.0:31443 metrics_tls=no", "metrics_listen = 0.0.0.0:31443 can be reached"), ("metrics_tokens=/nope", "/nope")):
        code, out, error = _tanso("up", "--check", "--set", "state_dir=/nonexistent", *(word for pair in pairs.split() for word in ("--set", pair)))
        expect((code, out, words in error), (2, "", True))
    expect(_tanso("up", "--check", "--set", f"source_pin={pin};{pin}", "--set", "state_dir=/nonexistent", "--set", "grid_providers=kpx", "--set", "kpx_url=https://127.0.0.1:9"), (0, "", ""))
    assert not pathlib.Path("/nonexistent").exists()


def stages_that_are_none_are_refused_before_anything_starts():
    for stages in ("", "fetcher,analist", "fetcher,,analyst", "fetcher analyst"):
        code, out, error = _tanso("up", "--check", "--stages", stages)
        expect((code, out, "--stages wants a list of collector, " in error), (2, "", True))
    expect(_tanso("up", "--check", "--stages", "fetcher,analyst,frontend"), (0, "", ""))


def an_unknown_option_is_told_before_anything_is_installed_or_built():
    with tempfile.TemporaryDirectory() as clone:
        for file in ("deploy/up", "deploy/ports.sh", "procs/cli/up/up.c"):
            (pathlib.Path(clone) / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, pathlib.Path(clone) / file)

        def up(*arguments):
            done = subprocess.run([f"{clone}/deploy/up", *arguments], capture_output=True, text=True, env=ENVIRONMENT, timeout=20)
            return done.returncode, done.stdout, done.stderr

        free = ("--set", "http_listen=127.0.0.1:1", "--set=metrics_listen=127.0.0.1:2")
        expect(up(*free, "--porto", "3"), (2, "", "deploy/up: unknown option --porto; deploy/up --help lists them\n"))
        assert up(*free, "--stages=fetcher", "-c", "/etc/x")[0] == 127  # on to what is not here: install-packages
        code, out, error = up("--help")
        assert (code, error) == (0, "") and "  -s, --set KEY=VALUE  override one key" in out and out.endswith("usage or configuration.\n"), out


def an_unknown_option_names_the_nearest_and_a_bad_pue_reads_the_same_at_every_verb():
    for arguments, lang, word in ((["list", "--regoin", "x"], "en", "unknown option --regoin (did you mean --region?)"), (["check", "--junt=x"], "ko", "--junt(혹시 --junit?)"),
                                  (["report", "audit", "--frm"], "en", "did you mean --from?"), (["check", "--junit"], "en", "--junit wants a value"),
                                  (["up", "--set"], "ko", "--set에 값이 빠졌습니다"), (["top", "--json=yes"], "en", "--json takes no value"), (["mcp", "--qqqqqq"], "en", "unknown option --qqqqqq;")):
        code, out, error = _tanso(*arguments, env={**ENVIRONMENT, "LC_ALL": "ko_KR.UTF-8" if lang == "ko" else "en_US.UTF-8"})
        expect((code, out, error.count("\n"), word in error), (2, "", 1, True))
    for value, lang, words, end in (("0.9", "en", "a PUE is facility energy divided by IT energy, a number from 1 to 10", "; see"), ("nan", "ko", "1에서 10 사이의 숫자", ". 도움말")):
        told = [_tanso(*arguments, "--pue", value, "--lang", lang) for arguments in (["assess", "app"], ["list"], ["up"], ["check"])]
        expect([(code, words in error and f"--pue {value}" in error) for code, _, error in told], [(2, True)] * 4)
        expect(len({error.split(": ", 1)[1].split(end)[0] for _, _, error in told}), 1)
    code, _, error = _tanso("compare", "app", "--target-pue", "0.5")
    expect((code, "--target-pue 0.5: a PUE is" in error), (2, True))


def a_configuration_error_names_line_key_and_remedy_in_the_users_language():
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write("lang = en\n\ninterval_ms = soon\n")
        file.flush()
        for environment, word in (("en_US.UTF-8", "is not a number; allowed: 100 to 60000 ms"), ("ko_KR.UTF-8", "숫자가 아닙니다. 허용 범위: 100 ~ 60000 ms")):
            for arguments in (["assess", "app"], ["doctor"], ["up"]):
                code, _, error = _tanso(*arguments, "--config", file.name, env={**ENVIRONMENT, "LANG": environment})
                expect(code, 2)
                assert f"{file.name}:3: interval_ms: " in error and word in error, error


def doctor_takes_no_strangers_server_for_ours():
    class Stranger(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "3")
            self.end_headers()
            self.wfile.write(b"ok\n")

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Stranger) as server, tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"127.0.0.1:{server.server_address[1]}"
        file.write(f"metrics_listen = {address}\nmetrics_tls = no\n")
        file.flush()
        code, out, _ = _tanso("doctor", "--json", "--config", file.name, "--runtime-dir", "/nonexistent", "--url", f"http://{address}")
        server.shutdown()
    report = json.loads(out)
    told = {finding["name"]: (finding["state"], finding["text"]) for finding in report["findings"]}
    words = f"what answers at http://{address} is not tanso but python3 (pid {os.getpid()})"
    expect((code, report["pipeline_up"], told["answers"], told["metrics"], "watts" in told), (1, False, ("missing", words), ("missing", words), False))


def _findings(*arguments):
    return {finding["name"]: (finding["state"], finding["text"]) for finding in json.loads(_tanso("doctor", "--json", *arguments)[1])["findings"]}


def doctor_names_the_cgroups_that_count():
    with tempfile.TemporaryDirectory() as folder:
        root, conf = pathlib.Path(folder), pathlib.Path(folder, "conf")
        for file in ("cpuacct/cgroup.procs", "unified/cgroup.controllers"):
            (root / file).parent.mkdir()
            (root / file).touch()
            for hierarchy, words in (("auto", "cgroup v1" if file[0] == "c" else "CPU time by cgroup v2 (hybrid: v1 stands beside it)"), ("cpuacct", "cgroup v1")):
                conf.write_text(f"cgroup_root = {folder}\ncgroup_hierarchy = {hierarchy}\n")
                expect(_findings("--config", str(conf), "--runtime-dir", "/nonexistent", "--url", "http://127.0.0.1:9")["cgroups"], ("measured", f"{words}: {folder}"))
        conf.write_text(f"cgroup_root = {folder}\n")
        for made, words in (("cpuacct/docker", "cgroup v1"), ("unified/docker", "CPU time by cgroup v2 (hybrid: v1 stands beside it)")):
            (root / made).mkdir()
            expect(_findings("--config", str(conf), "--runtime-dir", "/nonexistent", "--url", "http://127.0.0.1:9")["cgroups"], ("measured", f"{words}: {folder}"))


def doctor_tells_of_the_pipeline_that_is_asked_not_of_the_configuration():
    class Answers(http.server.BaseHTTPRequestHandler):
        def _say(self, body):
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            self._say(b"ready\n")

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self._say(json.dumps({"comparisons": [{"is_current": False, "pue": 1.1, "pue_source": "region_table"},
                                                  {"is_current": True, "pue": 1.3, "pue_source": source}]}).encode())

        def log_message(self, *_):
            pass

    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write("region = us-east-1\nmetrics_listen = 127.0.0.1:7\n")
        file.flush()
        with Frontend().start("pue=1.45", "metrics_listen=127.0.0.1:9") as f:
            f.start_analyst()
            told = _findings(*place(f), "--config", file.name)
        expect([told["pue"], "127.0.0.1:9/metrics" in told["metrics"][1], "us-east-1" in told["region"][1]], [("measured", "PUE 1.45 is declared (pue)"), True, False])
        assert "the running pipeline was started with" in told["configuration"][1], told
        with http.server.HTTPServer(("127.0.0.1", 0), Answers) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            told = {}
            for source in ("declared", "measured", "region_table", "assumed"):
                told[source] = _findings("--config", file.name, "--runtime-dir", "/nonexistent", "--url", f"http://127.0.0.1:{server.server_address[1]}")
            server.shutdown()
    for source, finding in (("declared", ("measured", "PUE 1.3 is declared (the pipeline answers with it)")), ("measured", ("measured", "PUE 1.3 is measured by the site's meters")),
                            ("region_table", ("modelled", "PUE 1.3 is the region's published one, not your site's")), ("assumed", ("missing", "no PUE is declared: the PUE status stays UNKNOWN"))):
        expect((told[source]["pue"], "not of one that runs" in told[source]["configuration"][1]), (finding, True))


def doctor_names_the_source_of_watts_that_come_from_elsewhere_and_the_meters_that_tell_no_pue():
    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self._say(b"ready\n")

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self._say(json.dumps({"comparisons": [{"is_current": True, "pue": 1.4, "pue_source": "assumed"}], "provenance": provenance}).encode())

        def _say(self, body):
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    settings = ("kepler_endpoint=https://k:9102", "pue_facility_query=site", "pue_it_query=racks", "metrics_listen=127.0.0.1:9")
    with Frontend().start(*settings) as f:  # without an exporter, as by --stages
        f.start_analyst()
        told = _findings(*place(f))
        expect({"kernel", "power-meter", "metrics", "cpu-time"} & set(told), set())
        expect((told["watts"], told["measured_pue"][0]), (("modelled", "watts are to come from Kepler (kepler_endpoint) https://k:9102; no answer says whether they do"), "modelled"))
        (f.run_dir / "exporter").mkdir()
        (f.run_dir / "exporter/fetcher.ipc").touch()
        expect(_findings(*place(f))["metrics"][0], "missing")  # it runs here, and does not answer
    with http.server.HTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        arguments = ("--runtime-dir", "/nonexistent", "--url", f"http://127.0.0.1:{server.server_address[1]}")
        for state, age, finding in (("measured", 2, ("measured", "watts come from Kepler (kepler_endpoint) (measured)")), ("model", 2, ("modelled", "watts come from Kepler (kepler_endpoint) (by a model)")),
                                    ("initializing", 2, ("missing", "no watts have come yet from Kepler (kepler_endpoint)")), ("measured", 99, ("missing", "for 99 s no watts have come from Kepler (kepler_endpoint)"))):
            provenance = {"power": {"source": "kepler", "state": state, "metrics_age_s": age, "failure": "k: refused"}, "pue": {"failure": "no value"}}
            told = _findings(*arguments)
            expect((told["watts"], "metrics" in told, "kernel" in told), (finding, False, False))
        expect((told["measured_pue"], told["pue"]), (("missing", "the site's meters tell no PUE now: no value"),
                                                     ("missing", "nor is a PUE declared: until the meters tell one the PUE status stays UNKNOWN")))
        told = _tanso("doctor", "--lang", "ko", *arguments)[1]
        assert "전력 값이 오지 않은 출처: Kepler" in told and "→ k: refused" in told, told
        server.shutdown()


def assess_prints_the_servers_bytes():
    with Frontend().start() as f:
        f.start_analyst()
        for where in (place(f), ["--url", f"http://127.0.0.1:{f.port}"], ["--url", f"127.0.0.1:{f.port}/mcp"]):
            code, out, error = _tanso("assess", "app", "-n", "prod", "--pue", "1.6", "--allow-fake", "--json", *where)
            expect((code, error), (0, ""))
            expect(json.loads(out)["echo"], {"workload_name": "app", "namespace": "prod", "pue": 1.6, "lang": "en", "allow_fake": True})
        body = json.dumps({"workload_name": "app", "lang": "en"})
        code, out, _ = _tanso("assess", "app", "--json", *place(f))
        mine, servers = json.loads(out), json.loads(f.curl("/tools/assess_workload_compliance", body=body)[1])
        mine.pop("deadline_ms"), servers.pop("deadline_ms")
        expect(mine, servers)


def refusals_go_to_stderr_with_status_2():
    with Frontend().start() as f:
        f.start_analyst()
        code, out, error = _tanso("assess", "missing", *place(f))
        expect((code, out), (2, ""))
        assert "no such" in error, error
        code, _, error = _tanso("assess", "app", "--pue", "0.9", "--lang", "ko", *place(f))
        expect(code, 2)
        assert "PUE" in error, error


def without_a_pipeline_the_remedy_is_named():
    code, _, error = _tanso("assess", "app", "--runtime-dir", "/nonexistent", "--url", "http://127.0.0.1:9")
    expect(code, 2)
    assert "tanso up" in error and "127.0.0.1:9" in error, error
    expect("sudo" in error, os.geteuid() != 0)
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    error = subprocess.run([*nobody, BIN / "tanso", "top", "--runtime-dir", "/nonexistent", "--url", "http://127.0.0.1:9"], capture_output=True, text=True,
                           env=ENVIRONMENT, timeout=60).stderr
    assert "without sudo it starts, too, and reads CPU time from /proc" in error, error
    code, out, _ = _tanso("doctor", "--json", "--runtime-dir", "/nonexistent", "--url", "http://127.0.0.1:9")
    expect(code, 1)
    report = json.loads(out)
    expect(report["pipeline_up"], False)
    assert any("not of one that runs" in finding["text"] for finding in report["findings"] if finding["name"] == "configuration"), report
    assert any(finding["name"] == "region" and "the default, not detected" in json.dumps(finding) for finding in report["findings"]), report
    states = {finding["name"]: finding["state"] for finding in report["findings"]}
    expect(states["answers"], "missing")
    for name in ("kernel", "kernel-btf", "capabilities", "pmu", "power-meter", "cgroups", "region", "pue", "grid", "data", "configuration", "metrics"):
        assert states[name] in ("measured", "modelled", "missing"), states


def korean_takes_no_particle_by_halves():
    """Of a number or a foreign name nobody knows which of 을/를 it takes: the sentence is another one."""
    for folder in ("procs", "ipc"):
        for file in (path for path in (ROOT / folder).rglob("*") if path.suffix in (".c", ".def", ".js")):
            halves = re.findall(r".{0,20}(?:[을를은는이가와과]\([을를은는이가와과]\)|\((?:으|이)\)).{0,8}", file.read_text())
            assert not halves, (file, halves)


def waiting_outlasts_a_late_start():
    f = Frontend()
    f.listener.close()
    asking = subprocess.Popen([str(BIN / "tanso"), "assess", "app", "--json", "--wait", "20", *place(f), "--url",
                               f"http://127.0.0.1:{f.port}"], stdout=subprocess.PIPE, env=ENVIRONMENT)
    with f.start():
        f.start_analyst()
        expect(json.loads(asking.communicate(timeout=30)[0])["echo"]["workload_name"], "app")


sys.exit(run_all("cli", globals()))
