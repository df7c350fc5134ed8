"""The two examples tanso grew from come out by every door: HTTP, MCP on stdio, and the command line; and a dialogue of three turns.
Usage: test_brief.py BIN_FOLDER. Prints PASS or FAIL a test; exit status 1 when any failed."""
import json, subprocess, sys

from frontend_fixture import BIN, expect, run_all
from history_fixture import ENVIRONMENT, History, job, last, steady

ASSESS = "assess_workload_compliance"
# A night 10 % cleaner than the rest of the day.
NIGHT = [459.0 if 2 <= hour < 6 else 510.0 for hour in range(24)]


def _mcp(history, *calls):
    """The structured results of tool calls, in one session on stdio; a call may be made of the results so far."""
    process = subprocess.Popen([BIN / "tanso", "mcp", "--url", history.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               env=ENVIRONMENT, text=True)

    def say(message):
        process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline()) if "id" in message else None

    say({"id": 0, "method": "initialize", "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}})
    say({"method": "notifications/initialized"})
    results = []
    for number, call in enumerate(calls, 1):
        name, arguments = call(results) if callable(call) else call
        results.append(say({"id": number, "method": "tools/call", "params": {"name": name, "arguments": arguments}})["result"]["structuredContent"])
    process.stdin.close()
    process.wait(10)
    return results


def _by_every_door(history, verb, tool, arguments):
    """The same answer by HTTP, MCP and the command line; its time and age may differ."""
    status, http = history.ask(tool, **arguments)
    expect(status, 200)
    options = [o for k, v in arguments.items() if k != "workload_name" for o in (f"--{k.replace('_', '-')}", str(v))]
    code, out, error = history.cli(verb, arguments["workload_name"], "--json", *options)
    expect((code, error), (0, ""))
    mcp, = _mcp(history, (tool, arguments))
    return http, mcp, json.loads(out)


def the_end_to_end_example():
    with History(steady(45.2, 12.3, live=True), [446.25] * 24, pue=1.6) as history:
        for a in _by_every_door(history, "assess", ASSESS, {"workload_name": "ml-training-job", "namespace": "ai-team"}):
            for key, wanted in {"current_carbon_intensity_gCO2eq_kWh": 510, "target_carbon_intensity_gCO2eq_kWh": 424, "gap_percent": 20.3,
                                "current_pue": 1.6, "target_pue": 1.4, "pue_gap_percent": 14.3, "status": "NON_COMPLIANT",
                                "carbon_status": "NON_COMPLIANT", "pue_status": "NON_COMPLIANT", "energy_kWh_month": 41.975,
                                "monthly_emissions_kg": 29.97015, "hourly_emissions_gCO2eq": 41.055, "current_power_watts": 57.5,
                                "power_breakdown_watts": {"cpu": 45.2, "memory": 12.3}, "legal_status": "reference"}.items():
                expect((key, a[key]), (key, wanted))
            assert a["monthly_emissions_kg"] > 3.6 and "saves" not in a["recommendation"]
        for lang, words in (("en", ("ml-training-job (ai-team, pod) is NON-COMPLIANT", "Carbon: 510 gCO2/kWh (20.3 % over 424 target)",
                                    "PUE: 1.6 (14.3 % over 1.4 target)", "Recommendations:", "Estimated: 29.97 kg CO2/month")),
                            ("ko", ("ml-training-job (ai-team, pod): 기준 초과", "탄소: 510 gCO2/kWh (목표 424 대비 20.3 % 초과)",
                                    "PUE: 1.6 (목표 1.4 대비 14.3 % 초과)", "권장 사항:", "추정: 월 29.97 kg CO2"))):
            out = history.cli("assess", "ml-training-job", "-n", "ai-team", "--lang", lang)[1]
            for word in words:
                assert word in out, out


def _night_job():
    return job(last("14:00") - 4 * 3600, 4, 23, 34.5, 5.2, 8), NIGHT


def the_json_example():
    lines, grid = _night_job()
    with History(lines, grid, pue=1.4, share_idle="request") as history:
        for a in _by_every_door(history, "assess", ASSESS, {"workload_name": "ml-training-job", "window": "P3D"}):
            for key, wanted in {"current_carbon_intensity_gCO2eq_kWh": 510, "gap_percent": 20.3, "pue_status": "COMPLIANT",
                                "pue_confidence": "borderline", "carbon_status": "NON_COMPLIANT", "status": "NON_COMPLIANT"}.items():
                expect((key, a[key]), (key, wanted))
            shift = next(o for o in a["optimizations"] if o["type"] == "temporal_shift")
            expect((shift["estimated_reduction_percent"], shift["from"], shift["to"], shift["unit"]), (10, "10:00-14:00", "02:00-06:00", "KST"))
        for c in _by_every_door(history, "compare", "compare_optimization_impact", {"workload_name": "ml-training-job", "window": "P3D"}):
            expect((c["reduction_percent"], c["intensity_after"], c["service_status_after"]), (23.5, 459, "COMPLIANT"))
            size = next(s for s in c["steps"] if s["type"] == "resource_rightsizing")
            expect((size["from"], size["to"], size["unit"], size["attributed_saving_percent"]), ("8", "6", "cores", 15))
        out = history.cli("compare", "ml-training-job", "--window", "P3D")[1]
        assert "02:00-06:00" in out and "cores" in out and "kubectl" in out, out
        out = history.cli("assess", "ml-training-job", "--window", "P3D", "--lang", "en")[1]
        assert "15.0 % reduction (as attributed; 0.0 % goes in fact)" in out and ", of which 3.00 kg goes in fact" in out, out
        assert "Combined effect: 23.5 % reduction → COMPLIANT" in out and "Estimated savings: 7.04 kg CO2/month" in out, out
        code, out, error = history.cli("regions", "--comparison-regions", "kr-moon-1,eu-north-1", "--lang", "en")
        assert code == 2 and "not in the data files: kr-moon-1" in error and "kr-moon-1" not in out and "eu-north-1" in out, (code, out, error)
        code, out, error = history.cli("regions", "--comparison-regions", "eu-north-1", "--lang", "ko")
        assert all(word in out for word in ("리전", "한계 배출계수", "kg/월", "서울", "스톡홀름")) and "region" not in out, (out, error)
        code, out, error = history.cli("assess", "nobody-here", "--lang", "en")
        assert code == 2 and "tanso top shows the names that are measured" in error and "list_top" not in error, error


def three_turns_of_a_dialogue():
    """Check, options, combined effect: each answer says what to ask next."""
    lines, grid = _night_job()

    def follow(results):
        step = next(s for s in results[-1]["next_steps"] if s["tool"] == "compare_optimization_impact")
        expect(step["arguments"]["window"], "P3D")  # as the first turn had it
        return step["tool"], step["arguments"]

    def alone(results):
        name, arguments = follow(results)
        return name, {**arguments, "optimizations": [results[0]["optimizations"][0]["type"]]}

    with History(lines, grid, pue=1.4, share_idle="request") as history:
        check, option, both = _mcp(history, (ASSESS, {"workload_name": "ml-training-job", "window": "P3D"}), alone,
                                   lambda results: follow(results[:1]))
        expect(check["status"], "NON_COMPLIANT")
        assert option["reduction_percent"] < both["reduction_percent"], (option, both)
        expect((both["reduction_percent"], both["service_status_after"]), (23.5, "COMPLIANT"))


sys.exit(run_all("brief", globals()))
