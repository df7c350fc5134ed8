"""Readings that no host can draw: what a broken Kepler, or a store of one, tells of a workload is UNKNOWN and in no total. Usage: test_implausible.py BIN_FOLDER
Prints PASS or FAIL a test; exit status 1 when any failed."""
import json, sys, time, urllib.parse

from sources_fixture import Brain, Server, wait_until
from runner import run

FAST = ("source_interval_seconds=1", "pue=1.4")
BROKEN = {"nan": "NaN", "negative": "-5", "huge": "1e30", "infinite": "+Inf", "five-megawatts": "5000000"}
AMOUNTS = {"current_power_watts", "mean_power_watts", "energy_kWh_month", "monthly_emissions_kg", "hourly_emissions_gCO2eq", "estimated_cost_krw_month"}


def expect_unknown(brain, name):
    one = brain.until("assess_workload_compliance", lambda a: "POWER_IMPLAUSIBLE" in a["reason_codes"], workload_name=name)
    assert (one["status"], one["carbon_status"]) == ("UNKNOWN", "UNKNOWN"), (name, one["status"], one["carbon_status"])
    assert not AMOUNTS & set(one) and "ZERO_ENERGY" not in one["reason_codes"], (name, one)


def expect_left_out(brain, broken, sound_watts):
    """Lists and sums hold what is sound, and say that this is not all."""
    answer = brain.until("list_workloads_by_compliance", lambda a: a["compliance_summary"]["UNKNOWN"] == len(broken) and a["totals_complete"] is False)
    rows = {row["workload"]: row for row in answer["workloads"]}
    for name in broken:
        row = rows[name]
        assert row["status"] == "UNKNOWN" and "POWER_IMPLAUSIBLE" in row["reason_codes"], row
        assert not {"power_watts", "emissions_kg_month"} & set(row), row
    assert rows["sound"]["status"] != "UNKNOWN" and rows["sound"]["emissions_kg_month"] == answer["total_emissions_kg_month"] > 0, answer
    top = {row["workload"]: row for row in brain.ask("list_top_power_consumers", limit=50)[1]["consumers"]}
    assert all("power_watts" not in top[name] and top[name]["status"] == "UNKNOWN" for name in broken if name in top), top
    assert abs(top["sound"]["power_watts"] - sound_watts) < 0.02 * sound_watts, top
    summary = brain.ask("get_power_consumption_summary")[1]
    assert summary["totals_complete"] is False and summary["compliance_summary"]["UNKNOWN"] == len(broken), summary
    metrics = metrics_of(brain, broken[0])
    assert metrics["status"] == "UNKNOWN" and "total_watts" not in metrics["metrics"], metrics


def metrics_of(brain, name):
    return brain.post("/views/workload_metrics", {"namespace": "a", "workload_name": name})[1]


def gauge(pod, value, name="kepler_pod_cpu_watts"):
    return f'{name}{{pod_name="{pod}",pod_namespace="a",zone="package"}} {value}'


def text(*lines):
    return 200, "text/plain; version=0.0.4", ("\n".join(lines) + "\n").encode()


def watts_of_kepler_0_10_that_no_host_draws_are_unknown():
    lines = [gauge("sound", 40), *(gauge(name, value) for name, value in BROKEN.items())]
    server = Server(lambda path, headers, body: text(*lines))
    try:
        with Brain(f"kepler_endpoint={server.url}", *FAST) as brain:
            brain.until("assess_workload_compliance", lambda a: a.get("current_power_watts", 0) > 39, workload_name="sound")
            for name in BROKEN:
                expect_unknown(brain, name)
            expect_left_out(brain, list(BROKEN), 40)
    finally:
        server.close()


def a_node_that_tells_nonsense_of_itself_has_no_sums():
    told = {"node": 50}
    server = Server(lambda path, headers, body: text(gauge("sound", 40), f'kepler_node_cpu_active_watts{{zone="package"}} {told["node"]}'))
    try:
        with Brain(f"kepler_endpoint={server.url}", *FAST) as brain:
            brain.until("get_power_consumption_summary", lambda a: abs(a.get("node_power_watts", 0) - 50) < 1 and "energy_kWh" in a)
            told["node"] = "NaN"
            answer = brain.until("get_power_consumption_summary", lambda a: "POWER_IMPLAUSIBLE" in a["reason_codes"])
            assert not {"node_power_watts", "workload_power_watts", "energy_kWh", "emissions_kg_month"} & set(answer), answer
    finally:
        server.close()


class Counters:
    """Pods that draw 50 W each, by counters that all start at 3 MJ; some of them break after a while."""

    def __init__(self):
        self.began, self.is_broken = time.monotonic(), False

    def value(self, name):
        joules = 3e6 + 50 * (time.monotonic() - self.began)
        broken = {"nan": "NaN", "negative": "-5", "leaps": f"{joules + (time.monotonic() - self.began) * 1e9:.3f}", "huge": "1e30"}
        return broken[name] if self.is_broken and name in broken else f"{joules:.6f}"

    names = ("sound", "nan", "negative", "leaps", "huge")


def _watch_counters(brain, counters):
    brain.until("assess_workload_compliance", lambda a: a.get("current_power_watts", 0) > 40, workload_name="sound")
    counters.is_broken = True
    for name in counters.names[1:]:
        expect_unknown(brain, name)
    expect_left_out(brain, counters.names[1:], 50)


def joules_of_kepler_0_9_that_no_host_uses_are_unknown():
    counters = Counters()

    def answer(path, headers, body):
        return text(*(f'kepler_container_package_joules_total{{pod_name="{n}",container_namespace="a",mode="dynamic"}} {counters.value(n)}' for n in counters.names))

    server = Server(answer)
    try:
        with Brain(f"kepler_endpoint={server.url}", *FAST) as brain:
            _watch_counters(brain, counters)
            counters.is_broken = False  # what the gap hid the counters still tell: no joule is lost, and none invented

            def joules():
                return [metrics_of(brain, name)["metrics"]["cpu_joules_total"] for name in counters.names]

            wait_until(lambda: max(told := joules()) - min(told) < 60, 20, lambda: f"joules of {counters.names}: {joules()}")
    finally:
        server.close()


def what_a_store_tells_that_no_host_draws_is_unknown():
    counters = Counters()
    gauges = {f"watts-{name}": value for name, value in BROKEN.items()}

    def answer(path, headers, body):
        form = urllib.parse.parse_qs(body)
        start, end, step = (float(form[key][0]) for key in (("start", "end", "step") if "start" in form else ("time", "time", "time")))
        times = [start + i * step for i in range(int((end - start) / step) + 1)]
        result = [({"__name__": "kepler_pod_cpu_joules_total", "pod_name": name, "pod_namespace": "a"}, counters.value(name)) for name in counters.names]
        result += [({"__name__": "kepler_vm_cpu_watts", "vm_name": name, "hypervisor": "a"}, value) for name, value in gauges.items()]
        key = "values" if "start" in form else "value"
        series = [{"metric": labels, key: [[at, value] for at in times] if key == "values" else [times[-1], value]} for labels, value in result]
        return 200, "application/json", json.dumps({"status": "success", "data": {"resultType": "matrix", "result": series}}).encode()

    server = Server(answer)
    try:
        with Brain(f"prometheus_url={server.url}", *FAST) as brain:
            for name in gauges:
                expect_unknown(brain, name)
            counters.names = counters.names[:2]  # the others have gone with their Kepler
            brain.until("assess_workload_compliance", lambda a: a.get("current_power_watts", 0) > 40, workload_name="sound")
            counters.is_broken = True
            expect_unknown(brain, "nan")
            answer = brain.ask("list_workloads_by_compliance")[1]
            assert answer["totals_complete"] is False, answer
    finally:
        server.close()


TESTS = (watts_of_kepler_0_10_that_no_host_draws_are_unknown, a_node_that_tells_nonsense_of_itself_has_no_sums,
         joules_of_kepler_0_9_that_no_host_uses_are_unknown, what_a_store_tells_that_no_host_draws_is_unknown)
sys.exit(run([test for test in TESTS if len(sys.argv) < 3 or sys.argv[2] in test.__name__], together=True))
