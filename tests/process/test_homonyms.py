"""Deployment and StatefulSet of one name in one namespace: tools, resources, completion and the command line ask back and say how to tell
them apart, and never add up or choose; a name is found among many. Usage: test_homonyms.py BIN_FOLDER. Prints PASS or FAIL a test; exit status 1 when any failed."""
import json, sys, time

from frontend_fixture import run_all
from history_fixture import History

KINDS = {"deployment": 25.0, "statefulset": 11.0}  # W
FORMS = [f"{kind}/redis" for kind in KINDS]
CANDIDATES = [f"db/redis ({kind})" for kind in KINDS]


def _past():
    now = int(time.time())
    return ["name 10 pod db r-1 r-1 Deployment redis 0", "name 11 pod db r-2 r-2 StatefulSet redis 0", f"begin {now - 7200}", "idle 10",
            "power 10 25 0 0 0", "power 11 11 0 0 0", f"until {now}", "hold"]


def _rpc(history, method, params):
    return history.post("/mcp", {"jsonrpc": "2.0", "id": 1, "method": method, "params": params},
                        Accept="application/json, text/event-stream", MCP_Protocol_Version="2025-06-18")[1]


def _read(history, name):
    return _rpc(history, "resources/read", {"uri": f"workload-metrics://db/{name}"})


def nobody_adds_up_or_chooses_and_everybody_says_how_to_say_which():
    with History(_past()) as history:
        for tool in ("assess_workload_compliance", "compare_optimization_impact", "get_regional_comparison", "calculate_optimal_schedule"):
            status, body = history.ask(tool, workload_name="redis", namespace="db")
            error = body["error"]
            assert (status, error["code"], error["candidates"]) == (422, "AMBIGUOUS_WORKLOAD", CANDIDATES), body
            assert all(form in error["hint"] for form in FORMS), error
        error = _read(history, "redis")["error"]
        assert error["data"]["code"] == "AMBIGUOUS_WORKLOAD" and error["data"]["candidates"] == CANDIDATES, error
        assert all(form in error["data"]["hint"] for form in FORMS), error
        code, out, err = history.cli("assess", "redis")
        assert code == 2 and out == "" and all(form in err for form in FORMS + CANDIDATES), (code, out, err)


def each_is_found_by_what_was_said():
    with History(_past()) as history:
        done = _rpc(history, "completion/complete", {"ref": {"type": "ref/resource", "uri": "workload-metrics://{namespace}/{pod_name}"},
                                                     "argument": {"name": "pod_name", "value": "red"}, "context": {"arguments": {"namespace": "db"}}})
        assert done["result"]["completion"]["values"] == FORMS, done
        for kind, watts in KINDS.items():
            for name in (f"{kind}/redis", f"{kind}.apps/redis", f"db/{kind}/redis", f"db/redis ({kind})"):
                status, body = history.ask("assess_workload_compliance", workload_name=name)
                assert (status, body.get("kind"), body.get("mean_power_watts")) == (200, kind, watts), (name, body)
            for part in (f"{kind}%2Fredis", f"redis%20%28{kind}%29"):
                read = _read(history, part)
                metrics = json.loads(read["result"]["contents"][0]["text"])
                assert (metrics["kind"], metrics["pod"], metrics["metrics"]["cpu_joules_total"]) == (kind, "redis", watts * 7200), read
            code, out, err = history.cli("assess", f"{kind}/redis", "--json")
            assert json.loads(out)["mean_power_watts"] == watts, (code, out, err)


def a_name_is_completed_among_thousands():
    now, count = int(time.time()), 2200
    lines = [*(f"name {10 + i} pod db w-{i:04d} w-{i:04d} - - 0" for i in range(count)), f"begin {now - 600}", "idle 10",
             *(f"power {10 + i} 0.01 0 0 0" for i in range(count)), f"until {now}", "hold"]
    with History(lines) as history:
        for typed, names, total in (("W-219", [f"w-219{i}" for i in range(10)], 10), ("w-21", [f"w-{i}" for i in range(2100, 2200)], 100),
                                    ("w-", [f"w-{i:04d}" for i in range(100)], count), ("w_", [], 0)):
            done = _rpc(history, "completion/complete", {"ref": {"type": "ref/prompt", "name": "compliance_review"},
                                                         "argument": {"name": "workload_name", "value": typed}})
            assert done["result"]["completion"] == {"values": names, "total": total, "hasMore": total > len(names)}, (typed, done)


sys.exit(run_all("homonyms", globals()))
