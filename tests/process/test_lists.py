"""The verbs about many workloads against a server that answers by script. Usage: test_lists.py BIN_FOLDER
Prints PASS or FAIL a test; exit status 1 when any failed."""
import contextlib, http.server, json, os, pathlib, subprocess, sys, tempfile, threading, unicodedata
import xml.etree.ElementTree as xml

from frontend_fixture import BIN, expect, run_all

ENVIRONMENT = {**os.environ, "LANG": "C.UTF-8", "LC_ALL": ""}
OUT = pathlib.Path(tempfile.mkdtemp(prefix="tanso-check-"))


def _row(name, status="COMPLIANT", confidence="clear", namespace="prod", **more):
    return {"workload": name, "namespace": namespace, "kind": "deployment", "status": status, "confidence": confidence,
            "reason_codes": ["GRID_ANNUAL"], **more}


@contextlib.contextmanager
def _serving(*pages, of_list=None, status=200, **members):
    """Pages of rows; the arguments asked with come back as a list. `of_list`: members of the answer about all workloads alone."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            arguments = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(arguments)
            page = int(arguments.get("cursor", 0))
            answer = {"workloads": pages[page] if pages else [], "recommendation": "Words.", **members, **(of_list if of_list and "list_workloads" in self.path else {})}
            if page + 1 < len(pages):
                answer["next_cursor"] = str(page + 1)
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _tanso(*arguments):
    done = subprocess.run([str(BIN / "tanso"), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT,
                          timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def check_says_it_by_its_exit_status():
    good, bad, edge, unknown = _row("a"), _row("b", "NON_COMPLIANT"), _row("c", "NON_COMPLIANT", "borderline"), _row("d", "UNKNOWN")
    for rows, options, wanted in (([good], [], 0), ([good, bad], [], 1), ([good, unknown], [], 2), ([bad, unknown], [], 1),
                                  ([], [], 2), ([good, edge], [], 1), ([good, edge], ["--ignore-borderline"], 0),
                                  ([edge, unknown], ["--ignore-borderline"], 2), ([bad, edge], ["--ignore-borderline"], 1),
                                  ([good, unknown], ["--fail-on", "UNKNOWN"], 1), ([good], ["--fail-on=NON_COMPLIANT"], 0)):
        with _serving(rows) as (url, _):
            code, out, _ = _tanso("check", "-n", "prod", "--url", url, *options)
            expect((rows, options, code), (rows, options, wanted))
            expect(len(out.splitlines()), len(rows))
    expect(_tanso("check", "--url", "http://127.0.0.1:9")[0], 2)
    expect(_tanso("check", "--fail-on", "COMPLIANT")[0], 2)
    code, _, error = _tanso("check", "--status-filter", "COMPLIANT")
    expect((code, "--status-filter" in error, "--fail-on" in error), (2, True, False))
    expect(_tanso("check", "--junit")[0], 2)
    report = OUT / "earlier.xml"
    for options in (("--url", "http://127.0.0.1:9"), ("--status-filter", "COMPLIANT"), ("--no-such-option",)):
        report.write_text("<testsuites/>")  # of an earlier run, in which all was well
        expect(_tanso("check", "--junit", str(report), *options)[0], 2)
        expect([child.tag for child in xml.parse(report).getroot().find("testsuite/testcase")], ["error"])


def check_reads_every_page_and_writes_junit():
    report = OUT / "out.xml"
    pages = [[_row(f"p{i}") for i in range(3)], [_row("<&\"'>\u0007탄소", "NON_COMPLIANT")], [_row("last", "UNKNOWN")]]
    with _serving(*pages) as (url, asked):
        code, out, error = _tanso("check", "-n", "prod", "--fail-on", "NON_COMPLIANT", "--junit", str(report), "--url", url)
        expect((code, error), (1, "tanso check: 3 within the benchmark, 1 over it, 0 over it but borderline and ignored, 1 undecided\n"))
        expect(len(out.splitlines()), 5)
    expect([a.get("cursor") for a in asked], [None, "1", "2"])
    with _serving([{**_row("d", "UNKNOWN"), "reason_codes": ["PUE_ASSUMED"]}]) as (url, _):
        expect("--pue 1.45" in _tanso("check", "--url", url)[2], True)
    expect({(a["namespace"], a["limit"]) for a in asked}, {("prod", "1000")})
    suite = xml.parse(report).getroot().find("testsuite")
    expect({key: suite.get(key) for key in ("tests", "failures", "errors")}, {"tests": "5", "failures": "1", "errors": "1"})
    expect([case.get("name") for case in suite], ["p0", "p1", "p2", "<&\"'>\ufffd탄소", "last"])
    with _serving([_row("a")]) as (url, _):
        expect(_tanso("check", "--junit", "/nonexistent/out.xml", "--url", url)[0], 2)


def _columns(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def tables_are_aligned_in_both_languages():
    rows = [_row("api", "NON_COMPLIANT", power_watts=12.5, emissions_kg_month=5.1, gap_percent=20.3), _row("탄소", "UNKNOWN")]
    for lang, word in (("en", "NON-COMPLIANT"), ("ko", "기준 초과")):
        with _serving(rows, idle={"power_watts": 3, "emissions_kg_month": 1}) as (url, asked):
            code, out, _ = _tanso("list", "--lang", lang, "--sort", "power", "--url", url)
            expect((code, asked[0]["sort"]), (0, "power"))
            lines = out.splitlines()
            assert word in lines[1] and "prod/api" in lines[1], out
            expect(_columns(lines[1][:lines[1].index("prod/")]), _columns(lines[2][:lines[2].index("prod/")]))
            assert ("(borderline)" not in out and "(경계값)" not in out) and lines[0].split()[0] in ("status", "판정"), out
            assert "12.50" in lines[1] and "20.3" in lines[1] and "Words." in out, out


def what_is_borderline_is_said_to_be_wherever_it_is_judged():
    edge, clear = _row("edge", "NON_COMPLIANT", "borderline", power_watts=5), _row("clear", "NON_COMPLIANT", power_watts=5)
    compared = {"current_status": "NON_COMPLIANT", "current_confidence": "clear", "optimized_status": "COMPLIANT", "optimized_confidence": "borderline",
                "service_intensity_after": 390, "service_status_after": "COMPLIANT", "service_confidence_after": "borderline"}
    for lang, words, after in (("en", "NON-COMPLIANT (borderline)", "NON-COMPLIANT → COMPLIANT (borderline)"), ("ko", "기준 초과 (경계값)", "기준 초과 → 기준 충족 (경계값)")):
        with _serving([edge, clear], hotspots=[edge, clear], top_consumers=[edge, clear], **compared) as (url, _):
            for verb in ("list", "hotspots", "summary"):
                out = _tanso(verb, "--lang", lang, "--url", url)[1]
                rows = [line for line in out.splitlines() if "prod/" in line]
                expect([words in row for row in rows], [True, False])
                expect(len({_columns(row[:row.index("prod/")]) for row in rows}), 1)
            out = _tanso("compare", "edge", "--lang", lang, "--url", url)[1]
            assert after in out and out.count("(borderline)" if lang == "en" else "(경계값)") == 2, out


def compare_shows_how_wrong_it_may_be_and_why():
    compared = {"mean_power_watts": 5, "optimized_power_watts": 4, "current_intensity": 510, "current_intensity_uncertainty": 107.1, "intensity_after": 459,
                "intensity_uncertainty_after": 96.4, "current_monthly_emissions_kg": 3, "optimized_monthly_emissions_kg": 0.004, "current_monthly_emissions_uncertainty_kg": 3.4,
                "steps": [{"applied": True, "type": "temporal_shift", "description": "d", "estimated_reduction_percent": 10, "estimated_kg_month": 0.0042}],
                "reason_codes": ["SHORT_HISTORY", "MODEL_POWER", "GRID_ANNUAL"], "provenance": {"power": {"meter": "curve:unknown", "state": "model", "model_error_percent": 56}}}
    with _serving(**compared) as (url, _):
        out = _tanso("compare", "app", "--url", url)[1]
        for words in ("510.0        459.0 gCO2/kWh, ±107 → ±96 (k = 2)\n", "3.00         0.00 kg/month, now (0 to 6.40, k = 2)\n", "-10.0 %, 4.20 g/month",
                      "Watts by curve:unknown (model, ±56 %, k = 1)\n", "\nMODEL_POWER: ", "\nSHORT_HISTORY: ", "\nGRID_ANNUAL: "):
            assert words in out, (words, out)
        assert "월 4.20 g" in _tanso("compare", "app", "--lang", "ko", "--url", url)[1]
    with _serving(**{**compared, "current_monthly_emissions_kg": 0.008, "current_monthly_emissions_uncertainty_kg": 0.001}) as (url, _):
        assert "8.00         4.00 g/month, now ±1.00 (k = 2)\n" in _tanso("compare", "app", "--url", url)[1]


def a_first_start_that_is_not_now_is_not_called_now():
    hour = {"start": "2026-11-24T11:00:00+09:00", "end": "2026-11-24T15:00:00+09:00", "krw": 940}
    for time, en, ko in (("2026-11-24T10:59:30+09:00", "now", "지금"), ("2026-11-26T09:00:00+09:00", "earliest", "첫 시각"), ("2026-11-23T09:00:00+09:00", "earliest", "첫 시각")):
        with _serving(options={"now": hour}, timestamp=time) as (url, _):
            for lang, word in (("en", en), ("ko", ko)):
                assert any(line.startswith(f"{word} ") and "11-24 11:00" in line for line in _tanso("schedule", "a", "--lang", lang, "--url", url)[1].splitlines()), (time, lang)


def a_refusal_names_the_option_that_was_typed():
    error = {"code": "INVALID_ARGUMENT", "message": "allowed_window must be HH:MM-HH:MM in Korean time, such as 22:00-06:00.", "hint": "Or give workload_name.", "field": "allowed_window"}
    with _serving(status=422, error=error) as (url, _):
        code, out, told = _tanso("schedule", "--power-watts", "5", "--allowed-window", "22-6", "--url", url)
    expect((code, out, told), (2, "", "tanso schedule: --allowed-window must be HH:MM-HH:MM in Korean time, such as 22:00-06:00.\n  Or give NAME.\n"))


def the_heading_of_top_stands_over_its_column():
    for lang, word in (("en", "workload"), ("ko", "워크로드")):
        with _serving(consumers=[_row("api", power_watts=12.5)]) as (url, _):
            heading, row = _tanso("top", "--lang", lang, "--url", url)[1].splitlines()[:2]
            expect(_columns(heading[:heading.index(word)]), _columns(row[:row.index("prod/")]))


def headings_of_money_are_of_the_language_and_stand_over_their_columns():
    hour = {"start": "2026-11-24T11:00:00+09:00", "end": "2026-11-24T15:00:00+09:00", "intensity": 423.0, "gCO2eq": 1200.5, "krw": 940}
    for lang, unit in (("en", "KRW"), ("ko", "원")):
        with _serving(options={"now": hour}, cron="0 11 * * *", optimal_start=hour["start"], reason_codes=["GRID_SAMPLE_DAY"], mean_intensity=431.25, worst_intensity=440, worst_start="2026-11-24T19:00:00+09:00", hours=[{"start": hour["start"], "intensity_gCO2eq_kWh": 423, "krw_per_kWh": 120.5}],
                      providers=[{"name": "kpx", "state": "live", "signal": "average"}]) as (url, _):
            lines = _tanso("schedule", "--power-watts", "5", "--lang", lang, "--url", url)[1].splitlines()
            at = next(i for i, line in enumerate(lines) if "g/kWh" in line)
            assert lines[at].endswith(f" {unit}") and _columns(lines[at]) == _columns(lines[at + 1]), lines
            told = {"en": ("cron, daily, in Korean time: 0 11 * * *", "  worked out for this one job on 11-24 (that day's tariff, the grid of a sample day); another day's best hour may differ", "All possible starts: mean 431.2 g/kWh, worst 440.0 g/kWh (11-24 19:00)"),
                    "ko": ("매일 실행하는 cron(한국 시각): 0 11 * * *", "  이 작업을 11-24에 실행할 때의 결과입니다(그날의 요금, 전력망은 예시일). 다른 날에는 다를 수 있습니다.", "가능한 모든 시작 시각: 평균 431.2 g/kWh, 최악 440.0 g/kWh(11-24 19:00)")}
            assert all(line in lines for line in told[lang]), lines
            lines = _tanso("grid", "--lang", lang, "--url", url)[1].splitlines()
            at = next(i for i, line in enumerate(lines) if "KST" in line)
            assert lines[at].endswith(f" {unit}/kWh") and _columns(lines[at]) == _columns(lines[at + 1]), lines
            assert ("실시간" in lines[-1]) == (lang == "ko"), lines


def hotspots_and_summary_print_and_json_is_the_servers():
    with _serving(hotspots=[{**_row("api"), "optimizations": [{"description": "Lower it", "estimated_reduction_percent": 12.5}]}]) as (url, _):
        code, out, _ = _tanso("hotspots", "--power-threshold-watts", "5", "--url", url)
        expect(code, 0)
        assert "Lower it (12.5 %)" in out, out
    with _serving(node_power_watts=67.5, idle_power_watts=10, top_consumers=[_row("api")],
                 by_namespace=[{"namespace": "prod", "workload_count": 2, "power_watts": 57.5}]) as (url, _):
        code, out, _ = _tanso("summary", "--url", url)
        expect(code, 0)
        assert "67.50 W" in out and "57.50 W" in out and "prod/api" in out, out
        expect(json.loads(_tanso("summary", "--json", "--url", url)[1])["node_power_watts"], 67.5)
    with _serving(node_power_watts=67.5, estimated_cost_krw_month=2193) as (url, _):
        node, cost = _tanso("summary", "--lang", "ko", "--url", url)[1].splitlines()[:2]
        expect(_columns(node[:node.index("노드")]), _columns(cost[:cost.index("월간")]))
    text = _tanso("check", "--help")[1]
    expect([option in text for option in ("--status-filter TEXT", "--status-filter COMPLIANT", "  --cursor", "  --limit", "  --window")], [False, False, False, False, True])
    for verb in ("list", "hotspots", "summary", "check"):
        code, out, _ = _tanso(verb, "--help")
        expect((code, out.count("Exit status")), (0, 1))


def what_has_ended_is_marked():
    with _serving([_row("gone", emissions_kg_month=5.1), _row("there", emissions_kg_month=5.1, power_watts=3)]) as (url, _):
        for lang, word in (("en", "ended"), ("ko", "끝남")):
            lines = _tanso("list", "--lang", lang, "--url", url)[1].splitlines()
            expect([line.endswith(f" (deployment) {word}") for line in lines[1:3]], [True, False])
        expect("ended by now: 1;" in _tanso("check", "--url", url)[2], True)


def where_there_is_no_workload_at_all_the_answers_words_say_so_and_it_is_no_success():
    for members, verbs in (({"total_workloads": 0}, ("list", "check")), ({"workload_count": 0}, ("summary",))):
        with _serving(**members) as (url, _):
            for verb in verbs:
                code, out, error = _tanso(verb, "-n", "nope", "--url", url)
                expect((code, "Words." in (error if verb == "check" else out), "tanso top" in out), (2, True, False))
                expect(_tanso(verb, "--json", "--url", url)[0], 2)
    for empty in ("consumers", "hotspots"):  # whether the namespace has any the list knows
        verb = {"consumers": "top", "hotspots": "hotspots"}[empty]
        for total, status in ((0, 2), (3, 0)):
            more = {"recommendation": None} if verb == "top" else {}  # top has no words of its own
            with _serving(**{empty: []}, **more, of_list={"total_workloads": total, "recommendation": "Known: prod"}) as (url, asked):
                code, out, _ = _tanso(verb, "-n", "nope", "--window", "PT1H", "--url", url)
                expect((code, asked[1]["namespace"], asked[1]["window"]), (status, "nope", "PT1H"))
                expect(("Known: prod" in out or verb == "hotspots"), total == 0 or verb == "hotspots")
                if verb == "top":  # nor is it claimed that nothing was measured where there is nothing to measure
                    expect(("No workload was measured" in out), total > 0)
                expect((_tanso(verb, "--json", "-n", "nope", "--url", url)[0], _tanso(verb, "--url", url)[0]), (status, 0))
    for namespace, is_idle_told in (("nope", False), ("*", True)):
        with _serving(namespace=namespace, total_workloads=0, idle={"power_watts": 3}) as (url, _):
            out = _tanso("list", "--url", url)[1]
            expect(("(idle)" in out, out == "Words.\n"), (is_idle_told, not is_idle_told))  # no empty table of what is not there
    with _serving(consumers=[]) as (url, _):
        expect("`tanso list`" in _tanso("top", "-n", "nope", "--url", url)[1], True)
    with _serving(total_workloads=7) as (url, _):  # the filter lets none through
        code, out, _ = _tanso("list", "--status-filter", "UNKNOWN", "--url", url)
        expect((code, "`tanso top` shows" in out), (0, True))


def regions_that_nobody_knows_are_told_apart_from_the_table_and_are_no_success():
    with _serving(comparisons=[{"region": "ap-northeast-2", "pue": 1.4, "pue_source": "assumed", "emissions_kg_month": 2}], skipped=["foo", "bar"]) as (url, _):
        for lang, words, unit in (("en", "tanso regions: not in the data files: foo, bar\n", "kg/month"), ("ko", "tanso regions: 데이터 파일에 없는 리전: foo, bar\n", "kg/월")):
            code, out, error = _tanso("regions", "--lang", lang, "--url", url)
            expect((code, error, "foo" in out, out.count(unit)), (2, words, False, 2))


def schedule_says_what_its_grams_and_won_rest_on():
    for source, words in (("assumed", "A job of 4 h (--duration-hours) at 500 W, with an assumed PUE of 1.40, not your site's (--pue)"),
                          ("region_table", "A job of 4 h (--duration-hours) at 500 W; PUE: from the region table (--pue)")):
        with _serving(duration_hours=4, power_watts=500, options={}, provenance={"pue": {"source": source}}) as (url, _):
            assert words in _tanso("schedule", "--power-watts", "500", "--url", url)[1].splitlines()


def a_cgroups_path_has_one_slash_before_it():
    with _serving([_row("/init.scope", namespace="cgroup")], consumers=[_row("/init.scope", namespace="cgroup", power_watts=1)]) as (url, _):
        for verb in ("top", "list"):
            expect(" cgroup/init.scope" in _tanso(verb, "--url", url)[1], True)


def texts_say_how_wrong_their_watts_are_and_what_is_assumed():
    power = {"meter": "curve:unknown", "state": "model", "model_error_percent": 56, "collection_method": "procfs"}
    consumers = [_row("api", power_watts=3), _row("idler", power_watts=0.001), _row("other", power_watts=0)]
    with _serving([_row("api")], provenance={"power": power}, consumers=consumers, hours=[{"start": "2026-11-24T11:00:00+09:00"}],
                  comparisons=[{"region": "ap-northeast-2", "pue": 1.4, "pue_source": "assumed", "reduction_grid_percent": 0, "emissions_kg_month": 2}]) as (url, _):
        for verb in ("top", "list", "hotspots", "summary"):
            code, out, _ = _tanso(verb, "--url", url)
            assert code == 0 and out.endswith("Watts by curve:unknown (model, ±56 %, k = 1), CPU time by procfs\n"), (verb, out)
            out = _tanso(verb, "--lang", "ko", "--url", url)[1]  # no word of it is left in English but the names
            assert out.endswith("전력 출처: curve:unknown (모델 추정, ±56 %, k = 1), CPU 시간은 procfs\n"), (verb, out)
        out = _tanso("top", "--url", url)[1].splitlines()
        out_ko = _tanso("models", "--lang", "ko")[1]
        expect(("threads" in out_ko, "스레드" in out_ko), (False, True))
        assert out[0].split() == ["power", "workload"] and out[1].endswith("prod/api") and out[2].endswith("(2 more)"), out
        out = _tanso("regions", "a", "--url", url)[1]
        assert "grid saves %" in out and "with PUE %" in out and "1.40(assumed)" in out.replace(" ", "") and "counts an assumed PUE" in out, out
        out = _tanso("grid", "--url", url)[1]
        assert "no hourly data: set grid_file" in out and "11:00" not in out, out
        assert "시간별 데이터가 없습니다" in _tanso("grid", "--lang", "ko", "--url", url)[1]  # 데이터, as everywhere; 자료 are papers


sys.exit(run_all("lists", globals()))
