"""Power from Kepler endpoints and Prometheus stores, by analyst, frontend and fetcher under their real filters.
Usage: test_sources.py BIN_FOLDER. Prints PASS or FAIL a test; exit status 1 when any failed."""
import base64, hashlib, os, pathlib, subprocess, sys, tempfile, time

import sources_fixture as fixture
from sources_fixture import Brain, Node, Server, wait_for
from fake_kubelet import make_authority
from runner import run

fixture.BIN = pathlib.Path(sys.argv[1]).resolve()
FAST = ("source_interval_seconds=1", "source_timeout_seconds=1", "pue=1.4")
CA = pathlib.Path(tempfile.mkdtemp(prefix="tanso-ca-"))
make_authority(CA, "good")


def near(got, wanted, what, tolerance=1e-6):
    assert abs(got - wanted) <= tolerance * max(abs(wanted), 1e-12), f"{what}: {got}, wanted {wanted}"


def summary_joules(brain, joules):
    """The node's energy as the answer tells it, once it has come to the wanted joules."""
    return brain.until("get_power_consumption_summary", lambda a: abs(a.get("energy_kWh", 0) * 3.6e6 - joules) <= 1e-5 * joules + 1e-3)


def kepler_0_10_counts_once_and_adds_up():
    node = Node()
    server = Server(node.answer, CA / "good")
    node.add("shop", "web", 1000)
    node.add("shop", "db", 5, 7)
    try:
        with Brain(f"kepler_endpoint={server.url}", f"source_ca_file={CA}/good.ca.pem", *FAST) as brain:
            node.wait_scrapes(2)
            node.add("shop", "web", 40, 10)  # what was before the first reading is nobody's here
            node.other, node.idle = 25.0, 60.0
            node.wait_scrapes(2)
            node.add("shop", "new", 3)  # born between two readings: counts in full
            node.other += 5
            answer = summary_joules(brain, 40 + 10 + 3 + 30 + 60)
            near(answer["workload_count"], 4, "web, db, new and the rest")
            power = answer["provenance"]["power"]
            assert (power["source"], power["collection_method"], power["state"]) == ("kepler", "kepler", "measured"), power
            one = brain.until("assess_workload_compliance", lambda a: True, workload_name="web", namespace="shop")
            assert one["kind"] == "pod" and one["mean_power_watts"] > 0, one  # no longer grows: its power now may be 0 already
            assert "STALE_METRICS" not in one["reason_codes"] and "PARTIAL_SOURCES" not in one["reason_codes"], one["reason_codes"]
    finally:
        server.close()


def resets_and_missed_readings_are_handled_and_said():
    node = Node()
    node.add("a", "one", 500)
    server = Server(node.answer)
    try:
        with Brain(f"kepler_endpoint={server.url}", *FAST) as brain:
            node.wait_scrapes(2)
            node.add("a", "one", 10)
            node.wait_scrapes(2)
            node.reset()
            node.add("a", "one", 4)  # since the reset
            node.wait_scrapes(2)
            node.is_down = True
            node.add("a", "one", 6)
            node.wait_scrapes(2)
            node.is_down = False
            answer = summary_joules(brain, 20)
            one = brain.until("assess_workload_compliance", lambda a: "COUNTER_RESET" in a["reason_codes"], workload_name="one")
            assert one["carbon_status"] in ("COMPLIANT", "NON_COMPLIANT"), one["carbon_status"]
            assert "HTTP status 500" in brain.log("fetcher") and "answers again" in brain.log("fetcher"), brain.log("fetcher")
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
            for node in nodes:
                node.wait_scrapes(2)
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
            node.wait_scrapes(2)
            node.add("a", "one", 10)
            summary_joules(brain, 10)
            brain.kill_fetcher()
            assert list(brain.store.kept) == ["fetcher-state"], brain.store.kept
            node.add("a", "one", 7)  # nobody reads meanwhile; the next reading tells it
            node.add("a", "new", 3)
            brain.start("fetcher")
            node.wait_scrapes(2)
            answer = summary_joules(brain, 10 + 7 + 3)
            near(answer["workload_count"], 3, "one, new and the rest")
            brain.kill_fetcher()
            os.ftruncate(brain.store.kept["fetcher-state"], 100)  # what is no whole state is none: what went before stays booked
            node.add("a", "one", 1000)
            brain.start("fetcher")
            node.wait_scrapes(2)
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
            node.wait_scrapes(2)
            node.add("a", "one", 1)
            brain.until("get_power_consumption_summary", lambda a: a.get("energy_kWh", 0) > 0)
            node.is_down = True
            began = time.monotonic()
            one = brain.until("assess_workload_compliance", lambda a: "STALE_METRICS" in a["reason_codes"], 25, workload_name="one")
            assert one["status"] == "UNKNOWN" and one["provenance"]["power"]["metrics_age_s"] >= 15, one["provenance"]["power"]
            assert 12 < time.monotonic() - began < 25
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
                ((f"source_ca_file={CA}/other.ca.pem",), False, "certificate"),
                (("source_pin=sha256//" + base64.b64encode(bytes(32)).decode(),), False, "pinned")):
            secrets.clear()
            with Brain(f"kepler_endpoint={server.url}", *client, *settings, *FAST, stages=("analyst", "fetcher")) as brain:
                if is_believed:
                    wait_for(lambda: secrets, 10, lambda: brain.log("fetcher"))
                    assert secrets[0] == "Bearer s3cret-token", secrets
                else:
                    wait_for(lambda: text in brain.log("fetcher"), 10, lambda: brain.log("fetcher"))
                    assert not secrets, "a stranger was shown the token"
                assert "s3cret" not in brain.log("fetcher")
    finally:
        server.close()


def what_is_no_exposition_is_refused_whole():
    texts = [b"kepler_pod_cpu_joules_total{pod_name=\"a\"} 1", b"<html></html>\n", b"a 1\n", b"\x00\xff" * 500 + b"\n",
             b"kepler_pod_cpu_joules_total{pod_name=\"a\"} 1\nbroken{ 2\n", b"x" * 100000 + b" 1\n"]
    seen = []

    def answer(path, headers, body):
        seen.append(path)
        return 200, "text/plain", texts[len(seen) % len(texts)]

    server = Server(answer)
    try:
        with Brain(f"kepler_endpoint={server.url}", *FAST, stages=("analyst", "fetcher")) as brain:
            wait_for(lambda: len(seen) > len(texts) + 1, 15)
            log = brain.log("fetcher")
            for reason in ("the last line has no end", "no metric name", "shows no Kepler metric", "over a limit"):
                assert reason in log, (reason, log)
    finally:
        server.close()


TESTS = (a_killed_fetcher_counts_on_where_it_stood, kepler_0_10_counts_once_and_adds_up, resets_and_missed_readings_are_handled_and_said,
         kepler_0_9_counts_dynamic_energy_of_several_endpoints, gauges_are_held_over_time,
         what_is_no_longer_read_is_stale_with_its_age, only_whom_the_certificate_or_the_pin_names_is_believed,
         what_is_no_exposition_is_refused_whole)
sys.exit(run([test for test in TESTS if len(sys.argv) < 3 or sys.argv[2] in test.__name__], together=True))
