"""Power from Kepler endpoints and Prometheus stores, by analyst, frontend and fetcher under their real filters.
Usage: test_sources.py BIN_FOLDER. Prints PASS or FAIL a test; exit status 1 when any failed."""
import base64, hashlib, json, os, pathlib, shutil, subprocess, sys, tempfile, time, urllib.parse, urllib.request

from sources_fixture import Brain, Node, Server, free_port, wait_until
from fake_kubelet import make_authority
from runner import BIN, run

FAST = ("source_interval_seconds=1", "source_timeout_seconds=1", "pue=1.4")
CA = pathlib.Path(tempfile.mkdtemp(prefix="tanso-ca-"))
make_authority(CA, "good")


def near(got, wanted, what, tolerance=1e-6):
    assert abs(got - wanted) <= tolerance * max(abs(wanted), 1e-12), f"{what}: {got}, wanted {wanted}"


def summary_joules(brain, joules):
    """The node's energy as the answer tells it, once it has come to the wanted joules."""
    return brain.until("get_power_consumption_summary", lambda a: abs(a.get("energy_kWh", 0) * 3.6e6 - joules) <= 1e-5 * joules + 1e-3)


def expect_owner(brain, name, joules, of, kind="deployment", inferred=()):
    """A question about an owner answers for all its pods, to the µJ: what is told has nine digits."""
    one = brain.until("assess_workload_compliance", lambda a: True, workload_name=name)
    assert one["kind"] == kind and [c for c in one["reason_codes"] if c == "OWNER_INFERRED"] == list(inferred), one
    answer = brain.ask("list_workloads_by_compliance")[1]
    row = next(row for row in answer["workloads"] if row["workload"] == name)
    assert row["kind"] == kind and ("OWNER_INFERRED" in row["reason_codes"]) == bool(inferred), row
    got = round(row["emissions_kg_month"] / answer["total_emissions_kg_month"] * of * 1e6)
    assert got == round(joules * 1e6), f"{name}: {got} µJ of {of} J"
    return {row["workload"]: row["kind"] for row in answer["workloads"]}


def kepler_0_10_counts_once_and_adds_up():
    node = Node("api-5d4f8c7b9d-h4h4h")
    server = Server(node.answer, CA / "good")
    node.add("shop", "web", 1000)
    for pod in ("api-5d4f8c7b9d-bcdfg", "api-5d4f8c7b9d-x2x4q", "api-bcdfg", "proxy-api-5d4f8c7b9d-h4h4h"):
        node.add("shop", pod, 7)
    node.add("shop", "db", 5, 7)
    try:
        with Brain(f"kepler_endpoint={server.url}", f"source_ca_file={CA}/good.ca.pem", *FAST) as brain:
            brain.wait_readings()
            node.add("shop", "web", 40, 10)  # what was before the first reading is nobody's here
            node.other, node.idle = 25.0, 60.0
            brain.wait_readings()
            node.add("shop", "new", 3)  # born between two readings: counts in full
            node.other += 5
            answer = summary_joules(brain, 40 + 10 + 3 + 30 + 60)
            near(answer["workload_count"], 7, "web, db, api of two pods, two others, new and the rest")
            power = answer["provenance"]["power"]
            assert (power["source"], power["collection_method"], power["state"]) == ("kepler", "kepler", "measured"), power
            one = brain.until("assess_workload_compliance", lambda a: True, workload_name="web", namespace="shop")
            assert one["kind"] == "pod" and one["mean_power_watts"] > 0, one  # no longer grows: its power now may be 0 already
            node.add("shop", "api-5d4f8c7b9d-bcdfg", 11.000001)
            node.add("shop", "api-5d4f8c7b9d-x2x4q", 2, 1.5)
            node.add("shop", "api-66b6c48dd5-zzzzz", 3.25)  # of the next revision
            node.add("shop", "api-bcdfg", 5)  # a DaemonSet's, say
            summary_joules(brain, 143 + 22.750001)
            rows = expect_owner(brain, "api", 17.750001, 83 + 22.750001, inferred=["OWNER_INFERRED"])
            assert rows["api-bcdfg"] == "pod" and "proxy" not in " ".join(k for k, kind in rows.items() if kind != "pod"), rows
            assert "STALE_METRICS" not in one["reason_codes"] and "PARTIAL_SOURCES" not in one["reason_codes"], one["reason_codes"]
    finally:
        server.close()


def resets_and_missed_readings_are_handled_and_said():
    node = Node()
    node.add("a", "one", 500)
    server = Server(node.answer)
    try:
        with Brain(f"kepler_endpoint={server.url}", *FAST) as brain:
            brain.wait_readings()
            node.add("a", "one", 10)
            brain.wait_readings()
            node.reset()
            node.add("a", "one", 4)  # since the reset
            brain.wait_readings()
            node.is_down = True
            node.add("a", "one", 6)
            wait_until(lambda: brain.supervise() or "HTTP status 500" in brain.log("fetcher"), 30, lambda: brain.log("fetcher"))
            node.is_down = False
            answer = summary_joules(brain, 20)
            one = brain.until("assess_workload_compliance", lambda a: "COUNTER_RESET" in a["reason_codes"], workload_name="one")
            assert one["carbon_status"] in ("COMPLIANT", "NON_COMPLIANT"), one["carbon_status"]
            assert "answers again" in brain.log("fetcher"), brain.log("fetcher")
            assert answer["provenance"]["power"]["source"] == "kepler"
    finally:
        server.close()


def kepler_0_9_counts_dynamic_energy_of_several_endpoints():
    nodes = [Node("n1", "0.9"), Node("n2", "0.9")]
    servers = [Server(node.answer) for node in nodes]
    for node in nodes:
        node.add("ns", "p-" + node.name, 100, 100)
    try:
        with Brain("kepler_endpoint=" + ",".join(s.url for s in servers), *FAST) as brain:
            brain.wait_readings()
            brain.until("get_power_consumption_summary", lambda a: "PARTIAL_SOURCES" not in a.get("reason_codes", []))  # of both
            nodes[0].add("ns", "p-n1", 8, 2)
            nodes[1].add("ns", "p-n2", 30)
            nodes[1].idle = 15.0
            answer = summary_joules(brain, 8 + 2 + 30 + 15)
            assert "PARTIAL_SOURCES" not in answer.get("reason_codes", []), answer
            nodes[1].is_down = True
            one = brain.until("assess_workload_compliance", lambda a: "PARTIAL_SOURCES" in a["reason_codes"], workload_name="p-n1")
            assert one["status"] != "UNKNOWN" or one["pue_status"] == "UNKNOWN", one["status"]
    finally:
        for server in servers:
            server.close()


def a_killed_fetcher_counts_on_where_it_stood():
    node = Node()
    node.add("a", "one", 500)
    server = Server(node.answer)
    try:
        with Brain(f"kepler_endpoint={server.url}", *FAST) as brain:
            brain.wait_readings()
            node.add("a", "one", 10)
            summary_joules(brain, 10)
            brain.kill_fetcher()
            assert list(brain.store.kept) == ["fetcher-state"], brain.store.kept
            node.add("a", "one", 7)  # nobody reads meanwhile; the next reading tells it
            node.add("a", "new", 3)
            brain.start("fetcher")
            brain.wait_readings()
            answer = summary_joules(brain, 10 + 7 + 3)
            near(answer["workload_count"], 3, "one, new and the rest")
            brain.kill_fetcher()
            os.ftruncate(brain.store.kept["fetcher-state"], 100)  # what is no whole state is none: what went before stays booked
            node.add("a", "one", 1000)
            brain.start("fetcher")
            brain.wait_readings()
            node.add("a", "one", 5)
            summary_joules(brain, 20 + 5)
    finally:
        server.close()


def gauges_are_held_over_time():
    node = Node(style="watts")
    server = Server(node.answer)
    node.watts = {("ai-team", "ml-training-job"): (45.2, 12.3)}
    try:
        with Brain(f"kepler_endpoint={server.url}", *FAST) as brain:
            one = brain.until("assess_workload_compliance", lambda a: a.get("current_power_watts", 0) > 50, workload_name="ml-training-job", namespace="ai-team")
            near(one["power_breakdown_watts"]["cpu"], 45.2, "package", 1e-3)
            near(one["power_breakdown_watts"]["memory"], 12.3, "memory", 1e-3)
    finally:
        server.close()


def what_is_no_longer_read_is_stale_with_its_age():
    node = Node()
    server = Server(node.answer)
    try:
        with Brain(f"kepler_endpoint={server.url}", *FAST) as brain:
            node.add("a", "one", 1)
            brain.wait_readings()
            node.add("a", "one", 1)
            brain.until("get_power_consumption_summary", lambda a: a.get("energy_kWh", 0) > 0)
            node.is_down = True
            began = time.monotonic()
            one = brain.until("assess_workload_compliance", lambda a: "STALE_METRICS" in a["reason_codes"], workload_name="one")
            assert one["status"] == "UNKNOWN" and one["provenance"]["power"]["metrics_age_s"] >= 15, one["provenance"]["power"]
            assert time.monotonic() - began > 12
    finally:
        server.close()


def only_whom_the_certificate_or_the_pin_names_is_believed():
    make_authority(CA, "other")
    node, secrets = Node(), []

    def answer(path, headers, body):
        secrets.append(headers.get("Authorization"))
        return node.answer(path, headers, body)

    der = subprocess.run(["openssl", "pkey", "-in", CA / "good.key", "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout
    pin = "sha256//" + base64.b64encode(hashlib.sha256(der).digest()).decode()
    (CA / "token").write_text("s3cret-token\n")
    server = Server(answer, CA / "good", CA / "good.ca.pem")
    client = (f"source_client_cert={CA}/good.client.pem", f"source_client_key={CA}/good.client.key", f"source_token_file={CA}/token")
    node.add("a", "one", 1)
    try:
        for settings, is_believed, text in (
                ((f"source_ca_file={CA}/good.ca.pem",), True, ""),
                ((f"source_pin={pin}",), True, ""),
                ((f"source_ca_file={CA}/other.ca.pem",), False, "remedy: source_ca_file names"),
                (("source_pin=sha256//" + base64.b64encode(bytes(32)).decode(),), False, "remedy: source_pin is of another key")):
            secrets.clear()
            with Brain(f"kepler_endpoint={server.url}", *client, *settings, *FAST, stages=("analyst", "fetcher")) as brain:
                if is_believed:
                    wait_until(lambda: secrets, 30, lambda: brain.log("fetcher"))
                    assert secrets[0] == "Bearer s3cret-token", secrets
                else:
                    wait_until(lambda: text in brain.log("fetcher"), 30, lambda: brain.log("fetcher"))
                    assert not secrets, "a stranger was shown the token"
                assert "s3cret" not in brain.log("fetcher")
    finally:
        server.close()


class Store(Server):
    """Answers instant and range queries as a Prometheus does (prometheus.io/docs/prometheus/latest/querying/api), from what was put in."""

    def __init__(self, *tls):
        self.past, self.hidden, self.warnings, self.delay_s, self.failure, self.credentials = {}, set(), [], 0.0, None, []
        self.owners = []  # what kube-state-metrics tells; None: the question for it is answered too late
        super().__init__(self.answer, *tls)

    def put(self, joules, **labels):
        self.past.setdefault(tuple(sorted(labels.items())), []).append((time.time(), joules))

    def series(self, form):
        start, end, step = (float(form[key][0]) for key in (("start", "end", "step") if "start" in form else ("time", "time", "time")))
        for labels, past in self.past.items():
            times = [start + i * step for i in range(int((end - start) / step) + 1)] if step else [start]
            values = [[at, f"{joules[-1]:.6f}"] for at in times if (joules := [j for when, j in past if when <= at])]
            if values and dict(labels).get("pod_name") not in self.hidden:
                yield {"metric": dict(labels), "values": values} if "start" in form else {"metric": dict(labels), "value": values[-1]}

    def answer(self, path, headers, body):
        self.credentials.append(headers.get("Authorization"))
        time.sleep(self.delay_s)
        if self.failure:
            return self.failure[0], "application/json", json.dumps(self.failure[1]).encode()
        form = urllib.parse.parse_qs(body)
        if "kube_pod_owner" in body and self.owners is None:
            time.sleep(3)
            return 503, "text/plain", b""
        result = [{"metric": m, "value": [0, "1"]} for m in self.owners] if "kube_pod_owner" in body else list(self.series(form))
        answer = {"status": "success", "data": {"resultType": "matrix" if "start" in form else "vector", "result": result}}
        if self.warnings:
            answer["warnings"] = self.warnings
        return 200, "application/json", json.dumps(answer).encode()


def a_store_behind_a_token_answers_in_part_late_or_not_at_all():
    (CA / "token").write_text("s3cret-token\n")
    store = Store(CA / "good")
    store.owners = [{"namespace": "shop", "pod": pod, "owner_kind": kind, "owner_name": name} for pod, kind, name in (
        ("web", "ReplicaSet", "all-7"), ("db", "ReplicaSet", "all-6"), ("etl-5d4f8c7b9d-bcdfg", "Job", "etl-5d4f8c7b9d"))]
    store.owners += [{"namespace": "shop", "replicaset": name, "owner_kind": "Rollout", "owner_name": "all"} for name in ("all-6", "all-7")]

    def use(web, database):
        store.put(web, __name__="kepler_pod_cpu_joules_total", zone="package", pod_name="web", pod_namespace="shop", node_name="n1")
        store.put(database, __name__="kepler_pod_cpu_joules_total", zone="package", pod_name="db", pod_namespace="shop", node_name="n1")
        store.put(web + database + 500, __name__="kepler_node_cpu_active_joules_total", zone="package", node_name="n1")

    use(1000, 100)
    try:
        with Brain(f"prometheus_url={store.url}", f"source_ca_file={CA}/good.ca.pem", f"source_token_file={CA}/token", *FAST) as brain:
            brain.until("get_power_consumption_summary", lambda a: True)
            use(1040, 110)
            answer = summary_joules(brain, 50)
            assert set(store.credentials) == {"Bearer s3cret-token"} and answer["provenance"]["power"]["source"] == "prometheus", answer
            assert "node_count" not in answer, answer
            expect_owner(brain, "all", 50, 50, kind="rollout")
            store.hidden, store.warnings = {"db"}, ["1 of 2 stores did not answer"]
            use(1050, 130)
            one = brain.until("assess_workload_compliance", lambda a: "PARTIAL_SOURCES" in a["reason_codes"], workload_name="web")
            asked = len(store.credentials)
            wait_until(lambda: len(store.credentials) > asked + 4, 30)  # left out so often, it would have ended were the answers whole
            store.hidden, store.warnings, store.delay_s = set(), [], 1.5
            use(1060, 140)
            wait_until(lambda: "timed out" in brain.log("fetcher").lower(), 30, lambda: brain.log("fetcher"))
            assert brain.ask("get_power_consumption_summary")[0] == 200
            store.delay_s, store.failure = 0, (422, {"status": "error", "errorType": "execution", "error": "too many samples"})
            wait_until(lambda: "HTTP status 422, execution: too many samples" in brain.log("fetcher"), 30, lambda: brain.log("fetcher"))
            store.failure = None
            summary_joules(brain, 100)
            one = brain.until("assess_workload_compliance", lambda a: "PARTIAL_SOURCES" not in a["reason_codes"], workload_name="db")
            answer = brain.ask("list_workloads_by_compliance", group_by="pod")[1]
            kg = {row["workload"]: row["emissions_kg_month"] for row in answer["workloads"]}
            near(kg["db"], answer["total_emissions_kg_month"] * 0.4, "db: 40 of 100 J")
            assert kg["(other)"] == 0, "what db was not told to use was counted twice"
            assert "s3cret" not in brain.log("fetcher") and one["kind"] == "pod"
    finally:
        store.close()


def a_store_that_scrapes_one_kepler_twice_tells_no_double_energy():
    store = Store()

    def use(joules, late):
        for job, told in (("kepler", joules), ("pods", late)):
            where = {"node_name": "n1", "instance": "10.0.0.1:28282", "job": job}
            store.put(told, __name__="kepler_pod_cpu_joules_total", zone="package", pod_name="web-5d4f8c7b9d-bcdfg", pod_namespace="shop", **where)
            store.put(told + 500, __name__="kepler_node_cpu_active_joules_total", zone="package", **where)

    use(1000, 990)
    try:
        with Brain(f"prometheus_url={store.url}", *FAST) as brain:
            brain.until("get_power_consumption_summary", lambda a: True)
            use(1040, 1035)
            summary_joules(brain, 40)
            use(1100, 1100)
            summary_joules(brain, 100)
            assert brain.log("fetcher").count("tells the same series more than once") == 1, brain.log("fetcher")
            expect_owner(brain, "web", 100, 100, inferred=["OWNER_INFERRED"])  # it has no kube_pod_owner
            assert brain.log("fetcher").count("inferred from names") == 1, brain.log("fetcher")
    finally:
        store.close()


def a_store_that_tells_of_a_frozen_tanso_tells_no_0_watts():
    store = Store()
    store.owners = None  # no reading waits for it, and nobody is told that it failed

    def use(joules, stale):
        store.put(joules, __name__="kepler_pod_cpu_joules_total", zone="package", pod_name="web", pod_namespace="shop", node_name="n1")
        store.put(joules + 500, __name__="kepler_node_cpu_active_joules_total", zone="package", node_name="n1")
        store.put(stale, __name__="tanso_power_state", state="stale", node_name="n1")

    use(1000, 0)
    try:
        with Brain(f"prometheus_url={store.url}", *FAST) as brain:
            brain.until("get_power_consumption_summary", lambda a: True)
            use(1040, 0)
            summary_joules(brain, 40)
            use(1040, 1)
            brain.until("list_top_power_consumers", lambda a: a["provenance"]["power"]["metrics_age_s"] > 5)
            assert "the sensor of the tanso behind it is silent" in brain.log("fetcher") and "timed out" not in brain.log("fetcher"), brain.log("fetcher")
            use(1050, 0)
            summary_joules(brain, 50)
            brain.until("list_top_power_consumers", lambda a: a["provenance"]["power"]["metrics_age_s"] < 3)
    finally:
        store.close()


def a_real_prometheus_wants_tls_a_password_and_a_client_certificate():
    node, folder = Node(), pathlib.Path(tempfile.mkdtemp(prefix="tanso-prometheus-"))
    server, port = Server(node.answer), free_port()
    node.add("a", "one", 500)
    node.add("a", "two", 0)
    owner = 'owner_is_controller="true",owner_kind='
    node.extra = [f'kube_pod_owner{{namespace="a",pod="one",uid="1",{owner}"ReplicaSet",owner_name="api-1"}} 1',
                  f'kube_pod_owner{{namespace="a",pod="two",uid="2",{owner}"Job",owner_name="etl-1"}} 1',
                  'kube_pod_owner{namespace="a",pod="two",uid="2",owner_is_controller="false",owner_kind="Custom",owner_name="etl"} 1',
                  f'kube_replicaset_owner{{namespace="a",replicaset="api-1",{owner}"Deployment",owner_name="api"}} 1',
                  f'kube_job_owner{{namespace="a",job_name="etl-1",{owner}"CronJob",owner_name="etl"}} 1']
    secret = subprocess.run(["htpasswd", "-nbB", "-C", "4", "tanso", "pass:word"], check=True, capture_output=True, text=True).stdout.strip()
    (folder / "web.yml").write_text(f"tls_server_config: {{cert_file: {CA}/good.pem, key_file: {CA}/good.key, client_ca_file: {CA}/good.ca.pem, "
                                    "client_auth_type: RequireAndVerifyClientCert}\nbasic_auth_users: {tanso: '" + secret.split(":", 1)[1] + "'}\n")
    (folder / "p.yml").write_text("global: {scrape_interval: 1s, scrape_timeout: 900ms}\nscrape_configs: [{job_name: kepler, "
                                  f"static_configs: [{{targets: ['127.0.0.1:{server.port}']}}]}}]\n")
    (CA / "user").write_text("tanso:pass:word\n")
    (CA / "stranger").write_text("tanso:password\n")
    store = subprocess.Popen(["prometheus", f"--config.file={folder}/p.yml", f"--web.config.file={folder}/web.yml", f"--storage.tsdb.path={folder}/data",
                              f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"], stderr=open(folder / "log", "ab"))
    url, shown = f"prometheus_url=https://localhost:{port}", (f"source_client_cert={CA}/good.client.pem", f"source_client_key={CA}/good.client.key")
    try:
        node.wait_scrapes(1)
        with Brain(url, f"source_ca_file={CA}/good.ca.pem", f"source_user_file={CA}/user", *shown, *FAST) as brain:
            brain.until("get_power_consumption_summary", lambda a: True)
            node.add("a", "one", 30)
            node.add("a", "two", 20)
            node.idle = 12
            answer = summary_joules(brain, 62)
            expect_owner(brain, "api", 30, 50)
            expect_owner(brain, "etl", 20, 50, kind="cronjob")
            assert answer["provenance"]["power"]["collection_method"] == "prometheus" and "pass:word" not in brain.log("fetcher")
        for settings, why in (((f"source_ca_file={CA}/good.ca.pem", f"source_user_file={CA}/stranger", *shown), "HTTP status 401; remedy: source_token_file or source_user_file"),
                              ((f"source_ca_file={CA}/good.ca.pem", f"source_user_file={CA}/user"), "source_client_cert"),
                              ((f"source_user_file={CA}/user", *shown), "source_ca_file")):
            with Brain(url, *settings, *FAST, stages=("analyst", "fetcher")) as brain:
                wait_until(lambda: f"no power from https://localhost:{port}" in brain.log("fetcher") and why in brain.log("fetcher"), 30,
                         lambda: brain.log("fetcher"))
    finally:
        store.terminate()
        store.wait(10)
        server.close()
        shutil.rmtree(folder, ignore_errors=True)


class Meters:
    """A Prometheus that has kept the power of a site for two hours: 650 W in all, 500 W of them IT in two rows of racks."""

    def __enter__(self):
        self.folder, self.port, now = pathlib.Path(tempfile.mkdtemp(prefix="tanso-meters-")), free_port(), int(time.time())
        series = (("site_watts", 650), ('rack_watts{row="1"}', 300), ('rack_watts{row="2"}', 200))
        (self.folder / "past").write_text("".join(f"# TYPE {name.split('{')[0]} gauge\n" * (name != 'rack_watts{row="2"}') + "".join(
            f"{name} {watts} {at}\n" for at in range(now - 7200, now + 1, 60)) for name, watts in series) + "# EOF\n")
        (self.folder / "p.yml").write_text("global: {}\n")
        subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", self.folder / "past", self.folder / "data"], check=True, capture_output=True)
        self.setting = f"pue_prometheus_url=http://127.0.0.1:{self.port}"
        self.start()
        return self

    def start(self):
        self.store = subprocess.Popen(["prometheus", f"--config.file={self.folder}/p.yml", f"--storage.tsdb.path={self.folder}/data",
                                       f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=error"], stderr=open(self.folder / "log", "ab"))
        wait_until(self.answers)

    def answers(self):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=5).status == 200
        except OSError:
            return False

    def stop(self):
        self.store.terminate()
        self.store.wait(30)

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def the_pue_is_what_the_sites_meters_in_a_real_prometheus_tell():
    node = Node(style="watts")
    node.watts = {("a", "one"): (40.0, 0.0)}
    server = Server(node.answer)
    settings = (f"kepler_endpoint={server.url}", "source_interval_seconds=1", "pue=1.6")
    site, racks = "pue_facility_query=site_watts", "pue_it_query=sum(rack_watts)"
    try:
        with Meters() as meters:
            with Brain(*settings, meters.setting, site, racks) as brain:
                one = brain.until("assess_workload_compliance", lambda a: a["pue_source"] == "measured", workload_name="one")
                near(one["current_pue"], 1.3, "650 W / 500 W")
                pue = one["provenance"]["pue"]
                assert 1.8 < pue["observed_hours"] < 2.2 and 0 <= pue["metrics_age_s"] < 700 and "PUE_DEGRADED" not in one["reason_codes"], pue
                assert one["pue_status"] == "COMPLIANT" and one["pue_confidence"] == "clear", one
            for query, why in (("rack_watts", "more than one series"), ("sum(rack_watts) * 2", "1000 W")):
                with Brain(*settings, meters.setting, site, f"pue_it_query={query}") as brain:
                    one = brain.until("assess_workload_compliance", lambda a: why in a["provenance"]["pue"].get("failure", ""), workload_name="one")
                    assert (one["pue_source"], one["current_pue"]) == ("declared", 1.6) and "PUE_DEGRADED" in one["reason_codes"], one
            meters.stop()
            with Brain(*settings, meters.setting, site, racks) as brain:
                one = brain.until("assess_workload_compliance", lambda a: "onnect" in a["provenance"]["pue"].get("failure", ""), workload_name="one")
                assert one["pue_source"] == "declared" and one["provenance"]["pue"]["degraded"] is True, one
                meters.start()  # asked again soon, not with the next minute
                brain.until("assess_workload_compliance", lambda a: a["pue_source"] == "measured", workload_name="one")
    finally:
        server.close()


def a_name_nobody_knows_and_what_is_no_url_name_their_key():
    node = Node()
    node.add("a", "one", 1)
    server = Server(node.answer)
    try:
        with Brain(f"kepler_endpoint=http://nobody.invalid:1,{server.url}", *FAST) as brain:  # the others are read meanwhile
            brain.wait_readings()
            log = brain.log("fetcher")
            assert "kepler_endpoint = http://nobody.invalid:1: " in log and "no power from http://nobody.invalid:1: its name" in log, log
            power = brain.until("get_regional_comparison", lambda a: "failure" in a["provenance"]["power"])["provenance"]["power"]
            assert power["failure"].startswith("http://nobody.invalid:1") and "its name could not be looked up" in power["failure"], power
            done = subprocess.run([BIN / "tanso-fetcher", "--set", f"runtime_dir={brain.folder}/other", "--set", "kepler_endpoint=node1:28282"],
                                  capture_output=True, text=True, timeout=20)
            assert done.returncode == 1 and "kepler_endpoint = node1:28282: no http:// or https:// URL" in done.stderr, done
    finally:
        server.close()


def what_is_no_exposition_or_a_frozen_one_is_refused_whole():
    texts = [b"kepler_pod_cpu_joules_total{pod_name=\"a\"} 1", b"<html></html>\n", b"use HTTPS", b"a 1\n", b"\x00\xff" * 500 + b"\n",
             b"kepler_pod_cpu_joules_total{pod_name=\"a\"} 1\nbroken{ 2\n", b"x" * 100000 + b" 1\n",
             b"kepler_pod_cpu_joules_total{pod_name=\"a\"} 1\ntanso_power_state{state=\"model\"} 0\ntanso_power_state{state=\"stale\"} 1\n"]
    seen = []

    def answer(path, headers, body):
        seen.append(path)
        text = texts[len(seen) % len(texts)]
        return 400 if text == b"use HTTPS" else 200, "text/plain", text

    server = Server(answer)
    try:
        with Brain(f"kepler_endpoint={server.url}", *FAST, stages=("analyst", "fetcher")) as brain:
            wait_until(lambda: len(seen) > len(texts) + 1)
            log = brain.log("fetcher")
            for reason in ("the last line has no end", "no metric name", "shows no Kepler metric", "over a limit", "its own sensor is silent",
                           "a web page; remedy: host, port and path in kepler_endpoint", "speaks TLS; remedy: https:// in kepler_endpoint"):
                assert reason in log, (reason, log)
    finally:
        server.close()


TESTS = (a_killed_fetcher_counts_on_where_it_stood, kepler_0_10_counts_once_and_adds_up, resets_and_missed_readings_are_handled_and_said,
         kepler_0_9_counts_dynamic_energy_of_several_endpoints, gauges_are_held_over_time,
         what_is_no_longer_read_is_stale_with_its_age, only_whom_the_certificate_or_the_pin_names_is_believed,
         a_store_behind_a_token_answers_in_part_late_or_not_at_all,
         a_store_that_scrapes_one_kepler_twice_tells_no_double_energy,
         a_store_that_tells_of_a_frozen_tanso_tells_no_0_watts, a_real_prometheus_wants_tls_a_password_and_a_client_certificate,
         the_pue_is_what_the_sites_meters_in_a_real_prometheus_tell,
         a_name_nobody_knows_and_what_is_no_url_name_their_key, what_is_no_exposition_or_a_frozen_one_is_refused_whole)
sys.exit(run([test for test in TESTS if len(sys.argv) < 3 or sys.argv[2] in test.__name__], together=True))
