#!/usr/bin/env python3
"""fake_warmup_seconds over the real processes: fake watts first, then the model's, and never one in the other's books."""
import os, signal, sys, time

from pipeline import Pipeline, run, wait_for

WARMUP, WATTS = 5, 50000  # no machine that runs tests draws 50 kW


def state_of(p):
    try:
        return next((dict(labels)["state"] for (name, labels), value in p.metrics().items()
                     if name == "tanso_power_state" and value == 1), None)
    except (OSError, RuntimeError):
        return None


def package_watts(p):
    """{state: mean package watts} of the node in the ledger."""
    names = ["initializing", "fake", "model", "measured"]
    rows = p.ledger("select state, sum(active_package + idle_package) as uj, sum(present_ns) as ns from all_node group by state")
    return {names[row["state"]]: row["uj"] * 1e3 / row["ns"] for row in rows if row["ns"]}


def fake_watts_come_first_and_never_mix_with_the_models():
    with Pipeline(meters="model", fake_warmup_seconds=WARMUP, fake_watts=WATTS, interval_ms=200) as p:
        began = time.monotonic()
        assert wait_for(lambda: state_of(p) == "fake", 3), f"no fake watts: {state_of(p)}"
        time.sleep(max(0, began + WARMUP / 2 - time.monotonic()))
        # The analyst misses the change: what it is told afterwards must not hold fake joules either.
        os.kill(p.pid("analyst"), signal.SIGSTOP)
        assert wait_for(lambda: state_of(p) == "model", WARMUP + 5), f"no model after the warm-up: {state_of(p)}"
        assert time.monotonic() - began > WARMUP - 1.5, "the warm-up was cut short"
        analyst = p.pid("analyst")
        if analyst:
            os.kill(analyst, signal.SIGKILL)
        assert wait_for(lambda: p.metric("kepler_node_cpu_joules_total", zone="package") is not None, 30)
        time.sleep(4)
        joules = p.metric("kepler_node_cpu_joules_total", zone="package")
        assert 0 < joules < WATTS, f"{joules} J since the model answers: a fake second is {WATTS} J"
        p.stop()
        watts = package_watts(p)
        print({state: round(value, 1) for state, value in watts.items()})
        assert watts["fake"] > 0.9 * WATTS and watts["fake"] < 1.1 * WATTS, watts
        assert 0 < watts["model"] < WATTS / 10, watts


if __name__ == "__main__":
    sys.exit(0 if run("fake_watts_come_first_and_never_mix_with_the_models", fake_watts_come_first_and_never_mix_with_the_models) else 1)
