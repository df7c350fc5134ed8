#!/usr/bin/env python3
"""Debian's Prometheus and nginx against the exporter: over HTTPS, for 30 s. Needs prometheus, promtool, nginx, openssl."""
import concurrent.futures, json, pathlib, shutil, subprocess, sys, tempfile, time, urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "process"))
from exporter_fixture import Exporter, free_port, make_certificate  # noqa: E402
from pipeline import Group, Pipeline, pod_path, run, wait_for  # noqa: E402

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
SCRAPED_S = 30
# 10 % of a CPU by its own clock, however busy the machine is: the next slice waits until the last one is paid back
STEADY = "import time\nwhile True:\n b = time.process_time()\n while time.process_time() - b < 0.01: pass\n time.sleep(0.09)"


class Prometheus:
    """Scrapes one endpoint once a second, with the rules we ship, into a folder of its own."""

    def __init__(self, target, certificate):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tanso-prometheus-"))
        self.port = free_port()
        rules = (DEPLOY / "prometheus/kepler.rules.yml").read_text()
        assert "interval: 30s" in rules and "[1m]" in rules
        # a minute has not passed yet when the test ends; what the rules give over one, the_rules_are_right() asks promtool
        (self.folder / "kepler.rules.yml").write_text(rules.replace("interval: 30s", "interval: 2s").replace("[1m]", "[10s]"))
        config = (DEPLOY / "prometheus/prometheus.yml").read_text()
        for ours, theirs in (("scrape_interval: 5s", "scrape_interval: 1s"), ("evaluation_interval: 30s", "evaluation_interval: 5s"),
                             ("/var/lib/tanso/exporter/tls.crt", str(certificate)), ('"127.0.0.1:30443"', f'"{target}"')):
            assert ours in config, ours
            config = config.replace(ours, theirs)
        (self.folder / "prometheus.yml").write_text(config)
        self.log = open(self.folder / "log", "wb")
        self.process = subprocess.Popen(["prometheus", f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/data",
                                         f"--web.listen-address=127.0.0.1:{self.port}"], stdout=self.log, stderr=self.log)

    def query(self, text, at=None):
        """[(labels, value)]"""
        url = f"http://127.0.0.1:{self.port}/api/v1/query?" + urllib.parse.urlencode({"query": text, **({"time": at} if at else {})})
        status, body = Pipeline.get(url)
        assert status == 200, (text, body)
        return [(r["metric"], float(r["value"][1])) for r in json.loads(body)["data"]["result"]]

    def one(self, text):
        found = self.query(text)
        assert len(found) == 1, (text, found)
        return found[0][1]

    def is_up(self):
        try:
            return self.query("up == 1")
        except (OSError, AssertionError):
            return None  # it says 503 until it has read its own store

    def __enter__(self):
        if not wait_for(self.is_up, 20, 0.2):
            raise AssertionError("no scrape succeeded:\n" + (self.folder / "log").read_text()[-2000:])
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def expect_clean(self):
        """Every scrape since the start succeeded, and none was half."""
        assert self.one("min_over_time(up[25s])") == 1
        assert self.one("scrape_samples_scraped") > 20
        assert self.one("scrape_samples_post_metric_relabeling - scrape_samples_scraped") == 0
        for name in ("sample_duplicate_timestamp", "sample_out_of_order", "exceeded_sample_limit", "sample_out_of_bounds"):
            assert self.query(f"prometheus_target_scrapes_{name}_total > 0") == []
        targets = json.loads(Pipeline.get(f"http://127.0.0.1:{self.port}/api/v1/targets")[1])["data"]["activeTargets"]
        assert [t["lastError"] for t in targets] == [""], targets
        text = (self.folder / "log").read_text()
        assert "level=warn" not in text and "level=error" not in text, text[-2000:]


def expect_near(got, wanted, what, share=0.02):
    assert abs(got - wanted) <= share * abs(wanted), f"{what}: {got} is not within {share:.0%} of {wanted}"


def a_steady_pods_rate_is_its_gauge():
    with Exporter(interval_ms=100, metrics_kepler_joules="yes") as e:
        certificate = pathlib.Path(e.settings["state_dir"]) / "exporter/tls.crt"
        with Prometheus(f"127.0.0.1:{e.port}", certificate) as p:
            time.sleep(SCRAPED_S)
            p.expect_clean()
            pod = 'pod="app",namespace="default",zone="package"'
            rate, gauge = p.one(f"rate(kepler_pod_cpu_joules_total{{{pod}}}[10s])"), p.one(f"kepler_pod_cpu_watts{{{pod}}}")
            expect_near(gauge, 25.5, "the gauge")
            expect_near(rate, gauge, "the rate over 10 s")
            expect_near(p.one('kepler_pod_memory_watts{pod="app"}'), 12.3, "memory")
            expect_near(p.one('kepler_node_cpu_watts{zone="package"}'), 125.8, "the node")
            expect_near(p.one("kepler_node_cpu_usage_ratio"), 0.35, "usage")
            expect_near(p.one("sum(kepler_pod_cpu_watts)"), 25.5 + 12.3 + 2 * 1.5, "all pods: no series stands twice")
            expect_near(p.one('sum(rate(kepler_container_package_joules_total{pod_name="app"}[10s]))'), 25.5, "Kepler 0.9's name")
            expect_near(p.one('kepler:container_package_watts:1m:by_ns_pod{pod_name="app",container_namespace="default"}'), 25.5, "the rule")


def a_real_pod_is_scraped_and_agrees_with_its_own_mean():
    pod = Group(pod_path("8d3f2c1a-1111-4000-8000-0000000000aa"))
    try:
        pod.spawn(sys.executable, "-c", STEADY)
        with Pipeline(interval_ms=200, meters="fake", fake_watts=100) as pipeline:
            certificate = pathlib.Path(pipeline.settings["state_dir"]) / "exporter/tls.crt"
            with Prometheus(f"127.0.0.1:{pipeline.metrics_port}", certificate) as p:
                time.sleep(SCRAPED_S)
                p.expect_clean()
                # the fake meter's node is steady by construction, whatever runs beside the test
                node = 'zone="package",path="fake"'
                expect_near(p.one(f"rate(kepler_node_cpu_joules_total{{{node}}}[10s])"), 100, "the node's rate")
                expect_near(p.one(f"kepler_node_cpu_watts{{{node}}}"), 100, "the node's gauge")
                mine = 'pod_id="8d3f2c1a-1111-4000-8000-0000000000aa",zone="package"'
                expect_near(p.one(f"rate(kepler_pod_cpu_joules_total{{{mine}}}[{SCRAPED_S}s])"), p.one(f"kepler_pod_cpu_watts{{{mine}}}"), "the pod, all its time", 0.15)
                assert p.one(f"resets(kepler_pod_cpu_joules_total{{{mine}}}[{SCRAPED_S}s])") == 0
                # what was split adds up: workloads are the node's active energy, at every scrape
                active = p.one(f"kepler_node_cpu_active_joules_total{{{node}}}")
                expect_near(p.one('sum(tanso_workload_joules_total{zone="package"})'), active, "the sum of workloads", 0.001)
    finally:
        pod.remove()


def nginx_proxies_it_over_https():
    e = Exporter(tls=False)
    port = free_port()
    make_certificate(e.folder, "tls")
    site = (DEPLOY / "nginx/tanso.conf").read_text()
    for ours, theirs in (("30443", str(port)), ("/etc/nginx/tanso/", f"{e.folder}/"), ("30444", str(e.port))):
        assert ours in site, ours
        site = site.replace(ours, theirs)
    (e.folder / "site.conf").write_text(site)
    (e.folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {e.folder}/nginx.pid; error_log stderr warn;\nevents {{}}\nhttp {{ access_log off; client_body_temp_path {e.folder}/body;"
        f" proxy_temp_path {e.folder}/proxy; fastcgi_temp_path {e.folder}/f; uwsgi_temp_path {e.folder}/u; scgi_temp_path {e.folder}/s; include {e.folder}/site.conf; }}\n")
    with e:
        with open(e.folder / "nginx.log", "wb") as log:
            nginx = subprocess.Popen(["/usr/sbin/nginx", "-p", e.folder, "-c", e.folder / "nginx.conf"], stdout=log, stderr=log)
        try:
            def curl(path, *arguments):
                done = subprocess.run(["curl", "-s", "-m", "10", "--cacert", e.folder / "tls.crt", "-w", "\n%{http_code} %{http_version}", *arguments,
                                       f"https://127.0.0.1:{port}{path}"], capture_output=True, text=True)
                return done.stdout.rpartition("\n")[::2]
            assert wait_for(lambda: curl("/healthz")[1] == "200 2", 30), (e.folder / "nginx.log").read_text()
            text, status = curl("/metrics", "--compressed", "-H", "Accept: application/openmetrics-text")
            assert status == "200 2" and text.rstrip().endswith("# EOF") and 'kepler_pod_cpu_watts{pod="app"' in text, status
            assert curl("/metrics", "-X", "POST")[1].startswith("403")
            with Prometheus(f"127.0.0.1:{port}", e.folder / "tls.crt") as p:
                time.sleep(5)
                expect_near(p.one('kepler_pod_cpu_watts{pod="app",zone="package"}'), 25.5, "through nginx")
        finally:
            nginx.terminate()
            nginx.wait(10)


def the_rules_are_right():
    for command in (["promtool", "test", "rules", "kepler.test.yml"], ["promtool", "check", "rules", "kepler.rules.yml"],
                    ["promtool", "check", "config", "--syntax-only", "prometheus.yml"]):
        done = subprocess.run(command, cwd=DEPLOY / "prometheus", capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


TESTS = (
    ("prometheus: the recording rules are right", the_rules_are_right),
    ("prometheus: a steady pod's rate over 10 s is its gauge", a_steady_pods_rate_is_its_gauge),
    ("prometheus: a real pod is scraped for 30 s, without an error", a_real_pod_is_scraped_and_agrees_with_its_own_mean),
    ("nginx proxies the endpoint over HTTPS", nginx_proxies_it_over_https))
with concurrent.futures.ThreadPoolExecutor(len(TESTS)) as pool:  # they mostly wait
    sys.exit(not all(list(pool.map(lambda test: run(*test), TESTS))))
