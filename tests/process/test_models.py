"""`tanso models` and `tanso train`: what fits a machine that a fixture tree describes, the figures of docs/watts.md, and a fit to a
metered host that a small server plays. Usage: test_models.py BIN_FOLDER"""
import http.server, json, os, pathlib, re, signal, subprocess, sys, tempfile, threading, time

from frontend_fixture import BIN, expect, run_all

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLES = [str(ROOT / f"tests/data/power/{name}.csv") for name in ("m5.metal", "i3.metal", "c5.metal", "r5.metal", "m5zn.metal")]


def _tanso(*arguments):
    done = subprocess.run([str(BIN / "tanso"), *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                          env={**os.environ, "LC_ALL": "C.UTF-8"})
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def _machine(folder, product="m5.xlarge", settings=""):
    """A guest with 4 vCPUs, as procfs and sysfs show it; returns the path of its tanso.conf."""
    root = pathlib.Path(folder)
    (root / "class/dmi/id").mkdir(parents=True)
    (root / "cpuinfo").write_text("".join(
        f"processor\t: {i}\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\n"
        "model name\t: Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz\nstepping\t: 7\n\n" for i in range(4)))
    (root / "meminfo").write_text("MemTotal: 16000000 kB\n")
    (root / "class/dmi/id/sys_vendor").write_text("Amazon EC2\n")
    (root / "class/dmi/id/product_name").write_text(product + "\n")
    (root / "tanso.conf").write_text(f"procfs_root = {root}\nsysfs_root = {root}\n{settings}")
    return root / "tanso.conf"


def models_says_what_fits_and_why():
    with tempfile.TemporaryDirectory() as folder:
        conf = _machine(folder)
        code, out, _ = _tanso("models", "--config", conf, "--json")
        expect(code, 0)
        answer = json.loads(out)
        expect([choice["name"] for choice in answer["in_use"]], ["m5.metal/counters", "m5.metal/busy", "curve:cascade_lake"])
        expect((answer["host"]["host_product"], answer["host"]["threads"], answer["host"]["host_threads"]), ("m5.metal", 4, 96))
        models = {model["name"]: model for model in answer["models"]}
        expect(len(models), 5 + 78 + 4)
        expect(models["m5.metal"]["fit"], "host_type")
        expect(models["r5.metal"]["fit"], "same_cpu")
        expect(models["i3.metal"]["reason"], "another CPU: E5-2686 v4")
        expect([name for name, model in models.items() if model["in_use"]], ["m5.metal"])
        code, out, _ = _tanso("models", "--config", conf)
        assert "* m5.metal" in out and "i3.metal" not in out, out
        expect([(choice["reason"], choice["licence"]) for choice in answer["in_use"][::2]],
               [("this host is m5.metal; 4 of its 96 threads are here", "Apache-2.0"),
                ("fits any host of this CPU generation: 0.64 W idle and 3.97 W at full load a thread", "Apache-2.0")])
        for choice in answer["in_use"]:
            assert f"     {choice['reason']}\n     {choice['source']} ({choice['licence']})\n" in out, out
        assert "\n* curve:cascade_lake  [any host, built in]\n" in out, out  # so that --all marks what is in use, file or not
        code, out, _ = _tanso("models", "--config", conf, "--lang", "ko", "--all")
        assert "이 기기" in out and "i3.metal" in out and "다른 CPU: E5-2686 v4" in out and "another CPU" not in out, out


def a_model_that_is_not_there_is_refused():
    with tempfile.TemporaryDirectory() as folder:
        conf = _machine(folder, settings="model = m6x.metal\n")
        code, _, error = _tanso("models", "--config", conf)
        expect(code, 2)
        assert "m6x.metal" in error, error


def train_prints_the_figures_of_the_documentation():
    with tempfile.TemporaryDirectory() as folder:
        code, out, error = _tanso("train", "--csv", *SAMPLES, "--out", folder, "--shape", folder + "/curve.def")
        expect(code, 0)
        mean, without = re.search(r"mean of the hosts +([\d.]+) %, without counters ([\d.]+) %", out).groups()
        text = (ROOT / "docs/watts.md").read_text()
        assert f"| mean | **{float(mean):.1f} %** | | | | **{float(without):.1f} %** | | |" in text, (mean, without)
        for name in ("m5.metal", "m5zn.metal"):
            expect(pathlib.Path(folder, name + ".json").read_bytes(), (ROOT / f"deploy/config/models/{name}.json").read_bytes())
        expect(pathlib.Path(folder, "curve.def").read_bytes(), (ROOT / "procs/models/curve.def").read_bytes())


def train_refuses_what_it_cannot_use():
    with tempfile.NamedTemporaryFile(suffix=".csv") as long:
        long.truncate(17 << 20)
        code, _, error = _tanso("train", "--csv", long.name)
        assert code == 2 and f"{long.name}: larger than 16 MiB" in error, (code, error)
    for arguments, word in ((["train"], "--csv"), (["train", "--csv", "/nonexistent.csv"], "nonexistent"),
                            (["train", "--csv", SAMPLES[0], "--watts-column", "psu"], "column of watts"),
                            (["train", "--csv", SAMPLES[0], "--live"], "either"), (["train", "--live", "--window", "x"], "'x'")):
        code, _, error = _tanso(*arguments)
        expect(code, 2)
        assert word in error, error


class _Host(http.server.BaseHTTPRequestHandler):
    """A host of 20 W + 60 W · load, whose load changes; writes /proc/stat of the same instant."""
    state, joules, busy, total, steps = "measured", 0.0, 0, 0, 0
    folder, last = None, None

    def do_GET(self):
        host, now = type(self), time.monotonic()
        seconds = now - (host.last or now)
        load = host.steps % 11 / 10
        host.last, host.steps = now, host.steps + 1
        host.joules += seconds * (20 + 60 * load)
        host.busy += round(seconds * load * 1e6)
        host.total += round(seconds * 1e6)
        (host.folder / "stat").write_text(f"cpu {host.busy} 0 0 {host.total - host.busy} 0 0 0 0 0 0\n")
        body = (f'kepler_node_cpu_joules_total{{zone="package",path="/"}} {host.joules:.6f}\n'
                f'tanso_power_state{{state="{host.state}"}} 1\n').encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def _live(state, *arguments):
    with tempfile.TemporaryDirectory() as folder, http.server.HTTPServer(("127.0.0.1", 0), _Host) as server:
        _Host.state, _Host.folder, _Host.last, _Host.steps = state, pathlib.Path(folder), None, 0
        threading.Thread(target=server.serve_forever, daemon=True).start()
        conf = _machine(folder, settings=f"metrics_tls = no\nmetrics_listen = 127.0.0.1:{server.server_port}\n")
        process = subprocess.Popen([str(BIN / "tanso"), "train", "--live", "--config", str(conf), *arguments, "--out",
                                    folder + "/model.json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while process.poll() is None and _Host.steps < 60:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=20)
        server.shutdown()
        path = pathlib.Path(folder, "model.json")
        return process.returncode, error.decode(), json.loads(path.read_text()) if path.exists() else None


def a_live_host_is_learnt_and_ctrl_c_keeps_what_there_is():
    code, error, model = _live("measured", "--window", "0.1")
    assert code == 0, error
    expect(model["host"], {"product": "m5.xlarge", "cpu": model["host"]["cpu"], "threads": 4})
    package = model["variants"][0]["package"]
    expect(model["variants"][0]["name"], "busy")
    # windows of 0.1 s: a busy machine shifts their ends by some ms, which a median forgives
    assert abs(package["idle_mw"] - 20000) < 4000 and abs(package["max_mw"] - 80000) < 16000, package
    assert model["variants"][0]["error"]["median_ppm"] < 150000, model["variants"][0]["error"]


def a_host_without_a_meter_teaches_nothing():
    code, error, model = _live("model", "--window", "0.05")
    expect((code, model), (2, None))
    assert "no meter" in error, error


sys.exit(run_all("models", globals()))
