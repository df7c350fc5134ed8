"""Energy epochs of the fetcher: sums begin anew, and no µJ is lost or counted twice whoever dies then. Usage: test_epochs.py BIN_FOLDER
Prints PASS or FAIL a test; exit status 1 when any failed."""
import contextlib, sqlite3, sys, time

from sources_fixture import Brain, Node, Server, wait_until
from runner import BIN, run

FAST = ("source_interval_seconds=1", "source_timeout_seconds=1", "pue=1.4")
FETCHER = BIN.parent / "tests" / "short_fetcher"  # whose epochs are over after 100 J
BEGINS = "a new energy epoch begins"


def booked(brain):
    """Joules of the node that the ledger has."""
    with contextlib.closing(sqlite3.connect(f"file:{brain.folder}/state/analyst/ledger.db?mode=ro", uri=True)) as ledger:
        return (ledger.execute("SELECT sum(total_uj) FROM node_total WHERE zone IN ('package', 'dram')").fetchone()[0] or 0) / 1e6


def kill(brain, stage):
    if stage == "fetcher":
        brain.kill_fetcher()
    else:
        brain.processes[stage].kill()
        brain.processes[stage].wait(10)
    time.sleep(0.3)
    brain.start(stage)


def each_dies_as_epochs_begin_and_every_joule_is_booked_once():
    node = Node()
    node.add("a", "one", 500)
    node.add("a", "two", 70, 5)
    server, used, seen, kills = Server(node.answer), 0, 0, ["fetcher", "analyst"] * 2
    try:
        with Brain(f"kepler_endpoint={server.url}", *FAST, binaries={"fetcher": FETCHER}) as brain:
            brain.wait_readings()
            end = time.monotonic() + 150
            while kills and time.monotonic() < end:
                node.add("a", "one", 11)
                node.add("a", "two", 3, 2)
                node.other += 5
                node.idle += 4
                used += 25
                time.sleep(0.2)
                brain.supervise()
                if (begun := brain.log("fetcher").count(BEGINS)) > seen:
                    seen = begun
                    kill(brain, kills.pop())
            assert not kills, (seen, brain.log("fetcher"))
            wait_until(lambda: brain.supervise() or booked(brain) == used, 40, lambda: f"booked {booked(brain)} of {used} J\n{brain.log('fetcher')}")
            one = brain.until("assess_workload_compliance", lambda a: True, workload_name="one", namespace="a")
            assert "COUNTER_RESET" not in one["reason_codes"], one
            assert brain.ask("get_power_consumption_summary")[1]["workload_count"] == 3, "one, two and the rest"
    finally:
        server.close()


def nobody_books_and_what_the_counters_keep_is_booked_afterwards():
    node = Node()
    node.add("a", "one", 500)
    server = Server(node.answer)
    try:
        with Brain(f"kepler_endpoint={server.url}", *FAST, binaries={"fetcher": FETCHER}) as brain:
            brain.wait_readings()
            brain.processes["analyst"].kill()
            brain.processes["analyst"].wait(10)
            node.add("a", "one", 201)
            wait_until(lambda: "no power is read until it has" in brain.log("fetcher"), 30, lambda: brain.log("fetcher"))
            read = node.scrapes
            node.add("a", "one", 300)
            time.sleep(2.5)
            assert node.scrapes == read, "it is read though there is no room"
            brain.start("analyst")
            wait_until(lambda: brain.supervise() or booked(brain) == 501, 40, lambda: f"booked {booked(brain)} J\n{brain.log('fetcher')}")
            assert "power is read again" in brain.log("fetcher"), brain.log("fetcher")
    finally:
        server.close()


TESTS = (each_dies_as_epochs_begin_and_every_joule_is_booked_once, nobody_books_and_what_the_counters_keep_is_booked_afterwards)
sys.exit(run(TESTS, together=True))
