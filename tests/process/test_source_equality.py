"""The local pipeline, Kepler endpoints with both label sets, and a real Prometheus give one answer: 200 pods with churn, a reset and
missed scrapes. Usage: test_source_equality.py BIN_FOLDER. Prints PASS or FAIL; exit status 1 when it failed."""
import pathlib, random, shutil, subprocess, sys, tempfile, time

from sources_fixture import BIN, Brain, Node, Server, free_port, wait_until

PEER = BIN.parent / "tests/fake_source"
FAST = ("source_interval_seconds=1", "source_timeout_seconds=2", "pue=1.4")
TOLERANCE = 1e-3


class Store:
    """Debian's Prometheus, scraping two Keplers every second; the one with the labels pod and namespace as Kubernetes' discovery does, whose own
    labels of these names make them exported_pod and exported_namespace."""

    def __init__(self, target, labelled):
        self.folder, self.port = pathlib.Path(tempfile.mkdtemp(prefix="tanso-prometheus-")), free_port()
        (self.folder / "p.yml").write_text("global: {scrape_interval: 1s, scrape_timeout: 900ms}\nscrape_configs: [{job_name: kepler, "
                                           f"static_configs: [{{targets: ['127.0.0.1:{target}']}}]}}, {{job_name: labels, static_configs: "
                                           f"[{{targets: ['127.0.0.1:{labelled}'], labels: {{pod: kepler-x7, namespace: kepler}}}}]}}]\n")
        self.process = subprocess.Popen(["prometheus", f"--config.file={self.folder}/p.yml", f"--storage.tsdb.path={self.folder}/data",
                                         f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=error"], stderr=open(self.folder / "log", "ab"))

    def close(self):
        self.process.terminate()
        self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)


class Truth:
    """What was used since the baseline, in joules, and everybody who tells it."""

    def __init__(self, nodes, peer, rng):
        self.nodes, self.peer, self.rng = nodes, peer, rng
        self.pods, self.gone, self.idle = {}, {}, 0.0

    def use(self, key, package, dram):
        value = self.pods.setdefault(key, [0.0, 0.0])
        value[0] += package
        value[1] += dram
        for node in self.nodes:
            node.add(*key, package, dram)

    def step(self):
        for key in list(self.pods):
            self.use(key, round(self.rng.uniform(0, 20), 6), round(self.rng.uniform(0, 3), 6))
        self.idle += 500
        for node in self.nodes:
            node.idle += 500

    def churn(self, generation):
        for key in self.rng.sample(sorted(self.pods), 20):
            self.gone[key] = self.pods.pop(key)
            for node in self.nodes:
                node.end(*key)
        for i in range(20):
            self.use((f"ns-{i % 5}", f"new-{generation}-{i}"), 40.0, 5.0)  # more than a step: no reset goes unseen

    def tell(self):
        for (namespace, name), (package, dram) in self.pods.items():
            self.peer.stdin.write(f"pod {namespace} {name} {round(package * 1e6)} {round(dram * 1e6)}\n")
        self.peer.stdin.write(f"idle {round(self.idle * 1e6)}\nsend\n")
        self.peer.stdin.flush()

    def joules(self):
        return sum(map(sum, self.pods.values())) + sum(map(sum, self.gone.values())) + self.idle


def energies(brain):
    """kg a month by workload, over all workloads': the energies' shares."""
    rows, cursor = {}, {}
    while True:
        status, answer = brain.ask("list_workloads_by_compliance", limit=1000, group_by="pod", **cursor)
        assert status == 200, answer
        rows.update({(r["namespace"], r["workload"]): r.get("emissions_kg_month", 0) for r in answer["workloads"]})
        if "next_cursor" not in answer:
            return {key: kg / answer["total_emissions_kg_month"] for key, kg in rows.items() if key != ("system", "(other)")}
        cursor = {"cursor": answer["next_cursor"]}


def settle(brains, truth, what, seconds=40):
    truth.tell()
    goal, got = truth.joules(), {}

    def are_there():
        for name, brain in brains.items():
            got[name] = brain.ask("get_power_consumption_summary")[1].get("energy_kWh", 0) * 3.6e6
        return all(abs(joules - goal) <= 1e-4 * goal for joules in got.values())

    wait_until(are_there, seconds, lambda: f"{what}: {got}, wanted {goal}\n" + "\n".join(b.log("fetcher") for n, b in brains.items() if n != "pipeline"))


def three_sources_give_the_same_answer():
    seed = random.randrange(1 << 30)
    rng = random.Random(seed)
    nodes = [Node(style="0.10"), Node(style="pod"), Node(style="0.10"), Node(style="pod")]
    for i in range(200):
        for node in nodes:
            node.add(f"ns-{i % 5}", f"pod-{i}", 1000 + i, 10)
    servers = [Server(node.answer) for node in nodes]
    store = Store(servers[2].port, servers[3].port)
    pipeline = Brain(*FAST, stages=("frontend", "analyst"))
    peer = subprocess.Popen([PEER, f"{pipeline.folder}/run"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        for node in nodes[2:]:
            node.wait_scrapes(2)
        with pipeline, Brain(f"kepler_endpoint={servers[0].url}", *FAST) as kepler, Brain(f"kepler_endpoint={servers[1].url}", *FAST) as labels, \
                Brain(f"prometheus_url=http://127.0.0.1:{store.port}", 'prometheus_selector=job="kepler"', *FAST) as prometheus, \
                Brain(f"prometheus_url=http://127.0.0.1:{store.port}", 'prometheus_selector=job="labels"', *FAST) as exported:
            brains = {"pipeline": pipeline, "kepler": kepler, "labels": labels, "prometheus": prometheus, "exported": exported}
            truth = Truth(nodes, peer, rng)
            truth.pods = {key: [0.0, 0.0] for key in nodes[0].pods}
            for brain in (kepler, labels, prometheus, exported):
                brain.until("get_power_consumption_summary", lambda a: True)  # the baseline was read
            truth.step()
            settle(brains, truth, "a step")
            truth.churn(1)
            truth.step()
            settle(brains, truth, "churn")
            for node in nodes:
                node.reset()
            truth.step()
            settle(brains, truth, "a reset")
            for node in nodes:
                node.is_down = True
            truth.step()
            time.sleep(2.2)
            for node in nodes:
                node.is_down = False
            truth.step()
            settle(brains, truth, "missed scrapes")
            shares = {name: energies(brain) for name, brain in brains.items()}
            total = truth.joules() - truth.idle
            for key, (package, dram) in {**truth.pods, **truth.gone}.items():
                for name in brains:
                    got, wanted = shares[name].get(key, 0), (package + dram) / total
                    assert abs(got - wanted) <= TOLERANCE * wanted, f"seed {seed}, {name}, {key}: {got}, wanted {wanted}"
            intensities = {name: brain.ask("assess_workload_compliance", workload_name="new-1-0")[1] for name, brain in brains.items()}
            assert len({(a["carbon_status"], a["pue_status"], a["current_carbon_intensity_gCO2eq_kWh"]) for a in intensities.values()}) == 1, intensities
            assert [intensities[n]["provenance"]["power"]["source"] for n in brains] == ["pipeline", "kepler", "kepler", "prometheus", "prometheus"]
    finally:
        peer.kill()
        store.close()
        for server in servers:
            server.close()


try:
    three_sources_give_the_same_answer()
    print("PASS three_sources_give_the_same_answer")
except Exception as error:  # noqa: BLE001
    print(f"FAIL three_sources_give_the_same_answer: {error!r}")
    sys.exit(1)
