"""deploy/ci: what GitHub, GitLab and Jenkins would run, as it stands in their files, against a running analyst. Usage: test_ci.py
BIN_FOLDER. Prints PASS or FAIL a test; exit status 1 when any failed."""
import contextlib, os, pathlib, re, subprocess, sys, tempfile
import xml.etree.ElementTree as xml

import yaml

from frontend_fixture import BIN, run_all
from history_fixture import History, steady

ROOT = pathlib.Path(__file__).resolve().parents[2]
CI = ROOT / "deploy/ci"
REPORT = "carbon.xml"
# a past, and what the configuration says of the site: the exit status of `tanso check`
WITHIN, OVER, UNDECIDED = {"pue": 1.2, "korea_carbon_intensity": 100}, {"pue": 1.9, "korea_carbon_intensity": 800}, {"korea_carbon_intensity": 100}
STATUS = {0: WITHIN, 1: OVER, 2: UNDECIDED}


def _yaml(name):
    return yaml.safe_load((CI / name).read_text())


def _github():
    job, = _yaml("github.yml")["jobs"].values()
    step, keep = job["steps"]
    assert keep["if"] == "always()" and keep["uses"].startswith("actions/upload-artifact@"), keep
    assert keep["with"]["path"] == REPORT and keep["with"]["if-no-files-found"] == "ignore", keep
    return ["bash", "-e", "-c", step["run"]], job["env"]


def _gitlab():
    job, = _yaml("gitlab.yml").values()
    assert job["artifacts"] == {"when": "always", "paths": [REPORT], "reports": {"junit": REPORT}}, job
    return ["sh", "-e", "-c", "\n".join(job["script"])], job["variables"]


def _groovy(text):
    """The file without comments; its quotes and brackets must close."""
    parts = re.findall(r"'(?:[^'\\]|\\.)*'|//[^\n]*|[^'/]+|/", text)
    assert "".join(parts) == text, "a quote is open"
    code = [part for part in parts if not part.startswith("//")]
    stack = []
    for c in "".join(part for part in code if not part.startswith("'")):
        if c in "({[":
            stack.append(c)
        elif c in ")}]":
            assert stack and "({["[")}]".index(c)] == stack.pop(), f"{c} closes nothing"
    assert not stack, stack
    return "".join(code)


def _jenkins():
    text = _groovy((CI / "Jenkinsfile").read_text())
    for block in ("pipeline {", "agent {", "environment {", "stages {", "steps {", "script {", "post {", "always {"):
        assert len(re.findall(r"(?<!\w)" + re.escape(block), text)) == 1, block
    script = re.search(r"sh\(returnStatus: true, script: ((?:'[^']*'[\s+]*)+)\)", text)[1]
    environment = dict(re.findall(r"^\s*([A-Z_]+) = '([^']*)'", text, re.M))
    assert f"junit testResults: '{REPORT}', allowEmptyResults: true" in text
    return ["sh", "-xe", "-c", "".join(re.findall(r"'([^']*)'", script))], environment


SYSTEMS = {"github": _github, "gitlab": _gitlab, "jenkins": _jenkins}


def _fates(system, status):
    """What the system makes of an exit status: passed, failed, warned."""
    if system == "github":
        return "passed" if status == 0 else "failed"
    if system == "gitlab":
        return "passed" if status == 0 else "warned" if status == _yaml("gitlab.yml")["carbon"]["allow_failure"]["exit_codes"] else "failed"
    branches = re.findall(r"if \(status (==|!=) (\d)\) \{\s*(error|unstable)\(", _groovy((CI / "Jenkinsfile").read_text()))
    for operator, number, call in branches:
        if (status == int(number)) == (operator == "=="):
            return {"error": "failed", "unstable": "warned"}[call]
    return "passed"


def _run(system, url):
    """Exit status and report of the very command, in an empty folder."""
    command, environment = SYSTEMS[system]()
    assert environment["NAMESPACE"] == "prod" and "$NAMESPACE" in command[-1] and "$TANSO_URL" in command[-1], command
    with tempfile.TemporaryDirectory(prefix="tanso-ci-") as folder:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60,
                              env={"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": folder, "LANG": "C.UTF-8", **environment, "TANSO_URL": url})
        report = pathlib.Path(folder) / REPORT
        return done.returncode, report.read_bytes() if report.exists() else None, done.stdout + done.stderr


def _check_junit(report):
    """The common form (xunit's junit-10.xsd): elements, attributes, and sums that hold."""
    root = xml.fromstring(report)
    assert root.tag == "testsuites" and len(root) >= 1, report
    for suite in root:
        assert suite.tag == "testsuite" and set(suite.attrib) == {"name", "tests", "failures", "errors", "skipped"}, suite.attrib
        outcomes = []
        for case in suite:
            assert case.tag == "testcase" and set(case.attrib) == {"classname", "name"} and all(case.attrib.values()), case.attrib
            assert len(case) <= 1 and not (case.text or "").strip(), report
            for outcome in case:
                assert outcome.tag in ("failure", "error", "skipped") and set(outcome.attrib) <= {"message", "type"} and not len(outcome), report
                outcomes.append(outcome.tag)
        sums = {"tests": len(suite), "failures": outcomes.count("failure"), "errors": outcomes.count("error"), "skipped": outcomes.count("skipped")}
        assert {name: int(suite.get(name)) for name in sums} == sums, suite.attrib
    return [[outcome.tag for outcome in case] for case in root.iter("testcase")]


@contextlib.contextmanager
def _site(settings):
    with History(steady(57.5, 0, live=True, namespace="prod"), **settings) as history:
        yield history


def each_command_says_by_its_exit_status_and_its_report_how_it_stands():
    wanted = {0: [[]], 1: [["failure"]], 2: [["error"]]}
    for status, settings in STATUS.items():
        with _site(settings) as history:
            for system in SYSTEMS:
                got, report, said = _run(system, history.url)
                assert got == status, (system, status, got, said)
                assert _check_junit(report) == wanted[status], (system, report)


def where_nobody_answers_that_is_what_the_report_says():
    for system in SYSTEMS:
        got, report, said = _run(system, "http://127.0.0.1:9")
        assert got == 2 and _check_junit(report) == [["error"]], (system, got, report, said)


def what_the_systems_make_of_it_is_what_their_files_promise():
    fates = {system: [_fates(system, status) for status in (0, 1, 2)] for system in SYSTEMS}
    assert fates == {"github": ["passed", "failed", "failed"], "gitlab": ["passed", "failed", "warned"], "jenkins": ["passed", "failed", "warned"]}, fates


def the_files_ask_where_tanso_listens():
    listen = re.search(r'TEXT\(http_listen, "([^"]+)"', (ROOT / "procs/base/config.def").read_text())[1]
    for system, read in SYSTEMS.items():
        assert read()[1]["TANSO_URL"] == f"http://{listen}", system
    trigger = _yaml("github.yml")[True]  # "on", in YAML 1.1
    assert set(trigger) == {"schedule", "workflow_dispatch"} and re.fullmatch(r"\d+ \d+ \* \* \*", trigger["schedule"][0]["cron"]), trigger


sys.exit(run_all("ci", globals()))
