"""Every code an answer may give has a question that provokes it over HTTP, here or in the test named. Usage: test_reasons.py BIN_FOLDER
Prints PASS or FAIL a test; exit status 1 when any failed, or when a code of reasons.def has no test."""
import atexit, concurrent.futures, contextlib, pathlib, re, shutil, sqlite3, subprocess, sys, tempfile, time

from frontend_fixture import BIN, run_all
from history_fixture import History, job, last, steady

HERE = pathlib.Path(__file__).resolve().parent
MAKE_LEDGER = BIN.parent / "tests" / "make_ledger"
ASSESS, COMPARE, SCHEDULE, REGIONS, LIST = ("assess_workload_compliance", "compare_optimization_impact", "calculate_optimal_schedule",
                                            "get_regional_comparison", "list_workloads_by_compliance")
NAME = {"workload_name": "ml-training-job", "window": "P3D"}
NIGHT = [459.0 if 2 <= hour < 6 else 510.0 for hour in range(24)]
SOME_HOURS = [424.0] * 5 + [None] * 19

# Provoked elsewhere: the test that does. The question stands in that file.
ELSEWHERE = {"FORBIDDEN_ORIGIN": "test_frontend.py", "METHOD_NOT_ALLOWED": "test_api.py", "BODY_TOO_LARGE": "test_frontend.py",
             "UNSUPPORTED_ENCODING": "test_frontend.py", "UNKNOWN_HOST": "test_frontend.py", "NOT_READY": "test_frontend.py",
             "BUSY": "test_frontend.py", "INTERNAL": "test_frontend.py", "INVALID_JSON": "test_api.py", "UNKNOWN_TOOL": "test_api.py", "NOT_FOUND": "test_frontend.py",
             "GRID_CACHED": "test_grid_providers.py", "COUNTER_RESET": "test_sources.py", "OWNER_INFERRED": "test_sources.py", "PARTIAL_SOURCES": "test_sources.py", "PUE_DEGRADED": "test_sources.py",
             "UNAUTHORIZED": "test_tokens.py", "NAMESPACE_FORBIDDEN": "test_tokens.py", "RATE_LIMITED": "test_tokens.py"}


def _long_job():
    return job(last("14:00") - 4 * 3600, 4, 40, 10, 5.2, 8)


def _cloud():
    """A machine that says it is a guest of a cloud."""
    root = pathlib.Path(tempfile.mkdtemp(prefix="tanso-cloud-"))
    atexit.register(shutil.rmtree, root)
    (root / "class/dmi/id").mkdir(parents=True)
    (root / "class/dmi/id/sys_vendor").write_text("Amazon EC2\n")
    (root / "cpuinfo").write_text("processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\nstepping\t: 7\n"
                                  "model name\t: Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz\nflags\t\t: fpu hypervisor\n\n")
    (root / "meminfo").write_text("MemTotal:        8000000 kB\n")
    return {"sysfs_root": root, "procfs_root": root}


def _two_of_a_name():
    now = int(time.time())
    return ["name 10 pod a twin twin - - 0", "name 11 pod b twin twin - - 0", "name 12 pod a ghost ghost - - 0", "unsampled 12",
            f"begin {now - 86400}", "idle 10", "power 10 5 0 0 0", "power 11 5 0 0 0", f"until {now}", "hold"]


def _stating(state, lines):
    return [f"state {state}", *lines]


# A past, its settings, and the questions to it: tool, arguments, the codes that must come.
SCENES = [
    (lambda: (job(last("14:00") - 4 * 3600, 4, 50), None, {}), [
        (ASSESS, NAME, {"GRID_ANNUAL", "PUE_ASSUMED", "SHORT_HISTORY"}), (COMPARE, NAME, {"NO_HOURLY_DATA", "NO_REQUEST"}),
        (ASSESS, {**NAME, "factor": "official"}, {"BASIS_MISMATCH"}), (ASSESS, {**NAME, "standard": "KR_OFFICIAL_EF_2023"}, {"TARGET_EQUALS_GRID"}),
        (ASSESS, {**NAME, "pue": 2}, {"CARBON_OVER_TARGET", "PUE_OVER_TARGET"}), (REGIONS, {"residency": ["KR"]}, {"RESIDENCY_VIOLATION", "SIGNALS_DISAGREE"}),
        (COMPARE, {**NAME, "optimizations": ["regional_migration"], "target_region": "eu-west-3"}, {"PUE_UNKNOWN", "COST_UNKNOWN"}),
        (SCHEDULE, {"power_watts": 1, "profile": "KPX_2023-09-01"}, {"GRID_SAMPLE_DAY"}),
        (SCHEDULE, {"power_watts": 1, "earliest": "2031-01-03T00:00:00+09:00"}, {"HOLIDAYS_UNKNOWN", "TARIFF_OUT_OF_PERIOD"}), (ASSESS, {"workload_name": "nobody"}, {"WORKLOAD_NOT_FOUND"}),
        (ASSESS, {**NAME, "region": "kr-moon-1"}, {"UNKNOWN_REGION"}), (ASSESS, {**NAME, "standard": "KR_NONE"}, {"UNKNOWN_STANDARD"}),
        (SCHEDULE, {"power_watts": 1, "profile": "never"}, {"UNKNOWN_PROFILE"}), (ASSESS, {**NAME, "pue": 0.9}, {"PUE_BELOW_ONE"}),
        (SCHEDULE, {"power_watts": 1, "duration_hours": 9, "allowed_window": "22:00-06:00"}, {"DURATION_EXCEEDS_WINDOW"}),
        (ASSESS, {"workload": "x"}, {"INVALID_ARGUMENT"})]),
    (lambda: (_long_job(), NIGHT, {"pue": 1.4}), [(COMPARE, NAME, {"IDLE_NOT_SHARED"})]),
    (lambda: (steady(57.5, 0), [424.0] * 24, {"pue": 1.4, **_cloud()}), [
        (COMPARE, NAME, {"CONTINUOUS", "COST_IS_REFERENCE"}), (SCHEDULE, {"power_watts": 1}, {"NO_BENEFIT"})]),
    (lambda: (job(last("23:00") - 3600, 0.5, 40, 0, 1, 2), [400.0 if 9 <= h < 13 else 510.0 for h in range(24)], {"pue": 1.4}), [
        (COMPARE, {**NAME, "implementation_cost_krw": 1000}, {"NO_HISTORY", "COST_INCREASES", "NO_PAYBACK"})]),
    (lambda: (steady(57.5, 0), SOME_HOURS, {}), [
        (ASSESS, NAME, {"GRID_DEGRADED"}), (SCHEDULE, {"power_watts": 1, "duration_hours": 6}, {"NO_FEASIBLE_WINDOW"}),
        (SCHEDULE, {"power_watts": 1, "duration_hours": 6, "objective": "cost"}, {"NO_HOURLY_DATA"}),
        (SCHEDULE, {"power_watts": 1, "allowed_window": "22:00-06:00", "earliest": "2026-11-24T03:00:00+09:00", "deadline": "2026-11-24T09:00:00+09:00"},
         {"NO_FEASIBLE_WINDOW"})]),
    (lambda: (steady(0, 0), None, {"korea_carbon_intensity": 436}), [(ASSESS, NAME, {"ZERO_ENERGY", "GRID_USER_VALUE"})]),
    (lambda: (_two_of_a_name(), None, {}), [(ASSESS, {"workload_name": "twin"}, {"AMBIGUOUS_WORKLOAD"}), (LIST, {}, {"NO_SAMPLES"})]),
    (lambda: (_stating("fake", steady(57.5, 0)), None, {}), [(ASSESS, NAME, {"FAKE_POWER"})]),
    (lambda: (_stating("model", steady(57.5, 0)), None, {}), [(ASSESS, NAME, {"MODEL_POWER"})]),
    (lambda: (_stating("gap", steady(57.5, 0)), None, {}), [(ASSESS, NAME, {"POWER_IMPLAUSIBLE"})]),
    (lambda: ([line if line != "hold" else "stale" for line in steady(57.5, 0)], None, {}), [(ASSESS, NAME, {"STALE_METRICS"})]),
]


def _codes_of(body):
    if "error" in body:
        return {body["error"]["code"]}
    return set(body.get("reason_codes", [])) | {code for row in body.get("workloads", []) for code in row["reason_codes"]}


def _play(scene):
    lines, grid, settings = scene[0]()
    with History(lines, grid, **settings) as history:
        for tool, arguments, wanted in scene[1]:
            body = history.ask(tool, **arguments)[1]
            assert wanted <= _codes_of(body), f"{tool} {arguments}: wanted {wanted}, got {_codes_of(body)}"


def _until(history, wanted, **arguments):
    """Asked again and again: BUSY where the machine is."""
    deadline = time.monotonic() + 30
    while wanted not in (answer := history.ask(LIST, window="P7D", **arguments)):
        assert time.monotonic() < deadline, answer
        if wanted in _codes_of(answer[1]):
            break
    return answer[1]


def a_window_of_more_than_can_be_read_is_refused_and_one_namespace_of_it_is_not():
    made = pathlib.Path(subprocess.run([MAKE_LEDGER, "1"], capture_output=True, text=True, check=True).stdout.strip())
    history = History(steady(57.5, 0), http_question_ms=100)
    shutil.move(made, history.frontend.folder / "state/analyst")
    with contextlib.closing(sqlite3.connect(history.frontend.folder / "state/analyst/ledger.db")) as db, db:
        zones = ", 1" * (len(db.execute("PRAGMA table_info(hour_workload)").fetchall()) - 5)
        count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {})"
        db.execute(f"{count.format(4000)} INSERT INTO workload(id, kind, namespace, name) SELECT 1000 + i, 1, 'crowd', 'w' || i FROM n")
        db.execute(f"{count.format(100)} INSERT INTO hour_workload SELECT id, ? / 3600 * 3600 - 3600 * (30 + i), 1, 1, 0{zones} "
                   "FROM workload, n WHERE namespace = 'crowd'", [int(time.time())])
    with history:
        assert _until(history, "WINDOW_TOO_LARGE")["error"]["field"] == "window"
        assert _until(history, 200, namespace="ai-team")["total_workloads"] == 1


def every_question_provokes_its_codes():
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(_play, scene) for scene in SCENES]:
            done.result()


def every_code_has_a_test():
    table = (HERE.parents[1] / "ipc/reasons.def").read_text()
    codes = set(re.findall(r"^(?:ERROR|REASON)\(([A-Z_]+),", table, re.M))
    here = {code for _, questions in SCENES for _, _, wanted in questions for code in wanted} | {"WINDOW_TOO_LARGE"}
    for code, script in ELSEWHERE.items():
        assert f'"{code}"' in (HERE / script).read_text(), f"{script} does not provoke {code}"
    assert codes - here - set(ELSEWHERE) == set(), f"no test provokes {codes - here - set(ELSEWHERE)}"


sys.exit(run_all("reasons", globals()))
