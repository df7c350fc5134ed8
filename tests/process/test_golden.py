"""Every worked case of tests/data/golden (and of the file TANSO_GOLDEN, where it is set) by the doors of map.json.
Usage: test_golden.py BIN_FOLDER. Prints PASS or FAIL a case; exit status 1 when any failed."""
import concurrent.futures, datetime, json, os, pathlib, shutil, subprocess, sys, tempfile, threading, urllib.parse

from frontend_fixture import BIN
from history_fixture import KST, History, job, last, steady
import sources_fixture

ROOT = pathlib.Path(__file__).resolve().parents[2]
KOREA = ROOT / "deploy/config/korea"
GOLDEN = ROOT / "tests/data/golden"
RELATIVE, ABSOLUTE = 1e-7, 1e-9
WORKERS = 4  # most of a scenario is waiting for its processes to find each other
DAY = "2026-07-15"  # where a case names none
ASSESS, SCHEDULE = "assess_workload_compliance", "calculate_optimal_schedule"
MAP = json.loads((GOLDEN / "map.json").read_text())


class Probe:
    def __init__(self, name):
        self.lock = threading.Lock()
        self.process = subprocess.Popen([BIN.parent / "tests" / name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def line(self, *words):
        with self.lock:
            self.process.stdin.write(" ".join(map(str, words)) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline().strip()
        assert line not in ("", "?", "none"), (words, line)
        return line

    def __call__(self, *words):
        return float(self.line(*words))

    def end(self):
        self.process.stdin.close()
        self.process.wait(10)


class Reports:
    """`tanso report emissions` over three days of sealed hours, made once."""

    def __init__(self):
        self.lock, self.document = threading.Lock(), None

    def __call__(self):
        with self.lock:
            if self.document is None:
                folder = subprocess.run([BIN.parent / "tests/make_ledger", "72"], capture_output=True, text=True, check=True).stdout.strip()
                done = subprocess.run([BIN / "tanso", "report", "emissions", "--from", "2026-11-24", "--to", "2026-11-28", "--format", "json",
                                       "--ledger", f"{folder}/ledger.db"], capture_output=True, text=True, check=True)
                shutil.rmtree(folder)
                self.document = json.loads(done.stdout)
        return self.document


REPORTS = Reports()
PROBE, ADAPTORS = Probe("analyst_probe"), Probe("fetcher_probe")


def price(code):
    return next(p["value"] for p in json.loads((KOREA / "prices.json").read_text())["prices"] if p["code"] == code)


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def kst(time):
    return datetime.datetime.fromisoformat(time).astimezone(KST)


def hhmm(time):
    return kst(time).strftime("%H:%M")


def hours(time):
    return kst(time).hour + kst(time).minute / 60


class Case:
    """One case with its scenario running; `names` is what expressions see."""

    def __init__(self, case, profiles):
        self.i, self.e, self.tool, self.profiles = case["input"], case["expect"], case["tool"], profiles
        self.history = self.a = None
        self.names = {"i": self.i, "e": self.e, "f": PROBE, "price": price, "hhmm": hhmm, "hours": hours,
                      **{n: getattr(self, n) for n in ("ask", "ask_assess", "at", "step", "money", "named", "as_dear_as", "report", "threshold", "chunk_hours", "of_pod",
                                                       "tariff", "implied", "chain", "weighted", "mix", "generation", "utc", "marginal")}}

    def profile(self):
        name, _, missing = self.i["profile"].partition(" with hour ")
        values = list(self.profiles[name])
        if missing:
            values[int(missing.split()[0])] = None
        return values

    # scenarios: history, grid, settings, and the arguments asked with

    def scenario_assess(self):
        i = self.i
        settings = {"pue": i["pue"]} if "pue" in i else {}
        standard = i.get("standard", "KR_CARBON_2050")
        rows = json.loads((KOREA / "standards.json").read_text())["standards"]
        settings["grid_factor"] = i.get("factor", next(s.get("factor", "lifecycle") for s in rows if s["code"] == standard))
        grid = self.profile() if "profile" in i else [i["I_w"]] * 24 if "I_w" in i else None
        name = i.get("workload_name", "ml-training-job") if i.get("samples") != 0 else "no-such-workload"
        return steady(i.get("power_W", 57.5), 0), grid, settings, {"workload_name": name, "standard": standard, "window": "P2D"}

    def scenario_schedule(self):
        i, day = self.i, self.i.get("date", DAY)
        clock = i.get("now") or i.get("earliest") or "00:00"
        arguments = {"power_watts": i.get("power_W", 57.5), "duration_hours": i["duration_hours"], "earliest": f"{day}T{clock}:00+09:00"}
        arguments |= {k: i[k] for k in ("allowed_window", "interruptible", "tariff", "pue") if k in i}
        end = "24:00" if i.get("horizon") == "00:00-24:00" else i.get("deadline")
        if end:
            later = end.endswith("next day") or end == "24:00"
            date = datetime.date.fromisoformat(day) + datetime.timedelta(days=later)
            arguments["deadline"] = f"{date}T{'00:00' if end == '24:00' else end[:5]}:00+09:00"
        grid = self.profile() if "profile" in i else [424] * 24
        return steady(57.5, 0), grid, {}, arguments

    def scenario_compare(self):
        i = self.i
        arguments = {"workload_name": "ml-training-job", "window": "P3D"}
        if "steps" in i:
            night, size = i["steps"].get("temporal_shift", 0), i["steps"].get("resource_rightsizing", 0)
            grid = [i["baseline"] * (1 - night if 2 <= hour < 6 else 1) for hour in range(24)]
            idle = 57.5 * size * 4  # a request of 6 instead of 8 cores saves a quarter of the idle share
            arguments["optimizations"] = list(i["steps"])
            return job(last("14:00") - 14400, 4, 57.5 - idle, idle, 5.2, 8), grid, {"pue": 1.4, "share_idle": "request"}, arguments
        if "cores" in i:
            start, to = i["cores"]
            arguments["optimizations"] = ["resource_rightsizing"]
            return (job(last("14:00") - 14400, 4, i["P_dyn_W"], i["P_idle_share_W"], to / 1.15 - 1e-6, start), None,
                    {"pue": 1.4, "share_idle": "request"}, arguments)
        if "pue" in i:
            arguments |= {"optimizations": ["pue_improvement"], "target_pue": i["pue"][1]}
            return steady(57.5, 0), [446.25] * 24, {"pue": i["pue"][0]}, arguments
        return None

    def scenario_list(self):
        """Each pod runs an hour of the day that has its intensity, 24-fold; one list has one PUE, 1.4: a pod at another PUE meets
        as much more carbon, and its PUE status is asked with its own."""
        end = last(datetime.datetime.now(KST).strftime("%H:00"))
        begin, grid, lines, runs = end - 86400, [424.0] * 24, [], []
        for n, pod in enumerate(self.i["pods"]):
            lines.append(f"name {10 + n} pod {self.i['namespace']} {pod['name']} {pod['name']} - - 0")
            if pod["power_W"]:
                hour = begin + len(runs) * 3600
                grid[datetime.datetime.fromtimestamp(hour, KST).hour] = pod["I_w"] * pod["pue"] / 1.4
                runs.append((10 + n, pod["power_W"] * 24, hour))
        lines += [f"unsampled {10 + n}" for n, pod in enumerate(self.i["pods"]) if pod["power_W"] is None]
        lines += [f"begin {begin}", "idle 10"]
        for number, watts, hour in runs:
            lines += [f"power {number} {watts} 0 0 0", f"until {hour + 3600}", f"power {number} 0 0 0 0"]
        return lines + [f"until {end}", "hold"], grid, {"pue": 1.4}, {"namespace": self.i["namespace"], "group_by": "pod", "window": "P2D"}

    def scenario_region(self):
        i = self.i
        arguments = {"workload_name": "ml-training-job", **{k: i[k] for k in ("current_region", "comparison_regions", "signal") if k in i}}
        settings = {"pue": i["pue"][i["current_region"]]} if "pue" in i else {}
        if "candidate" in i:  # data, not code: a data folder in which the candidate has that intensity
            settings |= {"data_dir": self.changed_data("SE", i["candidate"]), "korea_carbon_intensity": i["current"]}
            arguments["comparison_regions"] = ["eu-north-1"]
        return steady(i.get("power_W", 57.5), 0), None, settings, arguments

    def changed_data(self, zone, value):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tanso-golden-"))
        shutil.copytree(KOREA, self.folder / "korea")
        path = self.folder / "korea/grid_electricitymaps.json"
        data = json.loads(path.read_text())
        for row in next(v for v in data.values() if isinstance(v, list)):
            if row["zone"] == zone:
                row["value"] = value
        path.write_text(json.dumps(data))
        return self.folder / "korea"

    def scenario_pue(self):
        i = self.i
        if "E_it_kWh" in i:
            return None
        return steady(57.5, 0), None, {"pue_overhead_ratio": i["overhead_ratio"]}, {"workload_name": "ml-training-job"}

    def metered(self):
        """What an assessment says where the site's meters told these two energies over a day, in steps of uneven power and ratio."""
        def meters(path, headers, body):
            query, start, end, step = (urllib.parse.parse_qs(body or path.partition("?")[2])[key][0] for key in ("query", "start", "end", "step"))
            times = range(int(start), int(end) + 1, int(step))
            energy, uneven = (self.i["E_facility_kWh"], 0.2) if query == "site" else (self.i["E_it_kWh"], 0.5)
            even = [0] * (len(times) % 2) + [uneven, -uneven] * (len(times) // 2)
            values = [[time, repr(energy * 1000 / 24 * (1 + more))] for time, more in zip(times, even)]
            return 200, "application/json", compact({"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {}, "values": values}]}}).encode()

        node = sources_fixture.Node(style="watts")
        node.watts = {("a", "one"): (40.0, 0.0)}
        servers = [sources_fixture.Server(answer) for answer in (node.answer, meters)]
        try:
            with sources_fixture.Brain(f"kepler_endpoint={servers[0].url}", "source_interval_seconds=1", f"pue_prometheus_url={servers[1].url}",
                                       "pue_facility_query=site", "pue_it_query=racks") as brain:
                return brain.until(ASSESS, lambda a: a["pue_source"] == "measured", workload_name="one")
        finally:
            for server in servers:
                server.close()

    def scenario(self):
        makers = {ASSESS: self.scenario_assess, SCHEDULE: self.scenario_schedule, "compare_optimization_impact": self.scenario_compare,
                  "list_workloads_by_compliance": self.scenario_list, "get_regional_comparison": self.scenario_region,
                  "pue": self.scenario_pue}
        return makers.get(self.tool, lambda: None)()

    # what expressions may ask

    def ask(self, **changes):
        return self.history.ask(self.asked, **(self.arguments | changes))[1]

    def ask_assess(self):
        return self.history.ask(ASSESS, workload_name=self.arguments["workload_name"], window="P3D")[1]

    def at(self, clock, length=None):
        length = length or self.i["duration_hours"]
        start = datetime.datetime.fromisoformat(f"{self.i.get('date', DAY)}T{clock}:00+09:00")
        end = (start + datetime.timedelta(hours=length)).isoformat()
        return self.ask(duration_hours=length, earliest=start.isoformat(), deadline=end)["options"]["now"]

    def money(self, clock):
        option = self.at(clock)
        return {"KRW": option["krw"], "gCO2eq": option["gCO2eq"], "shadow_KRW_at_KAU": option["shadow_krw"]}

    def named(self, option):
        return {"02:00": "night_02", "11:00": "midday_11", "18:00": "evening_18"}.get(hhmm(option["start"]), option["start"])

    def as_dear_as(self, option):
        """Which of the case's three starts costs what the cheapest does."""
        return next(name for name, clock in (("night_02", "02:00"), ("midday_11", "11:00"), ("evening_18", "18:00"))
                    if same(self.at(clock)["krw"], option["krw"], "krw"))

    def report(self, code):
        return next(fact["value"] for fact in REPORTS()["facts"] if fact["code"] == code)

    def threshold(self, code):
        limit = next(row["limit"] for row in REPORTS()["thresholds"] if row["code"] == code)
        assert limit == self.i["toe"], limit
        return limit

    def step(self, kind):
        return next(s for s in self.a["steps"] if s["type"] == kind)

    def chunk_hours(self):
        return [hour for c in self.a["chunks"] for hour in range(kst(c["start"]).hour, kst(c["end"]).hour)]

    def of_pod(self, row):
        pue = next(p["pue"] for p in self.i["pods"] if p["name"] == row["workload"])
        own = self.ask(pue=pue) if pue else self.a
        return row | {"pue_status": next(w["pue_status"] for w in own["workloads"] if w["workload"] == row["workload"])}

    def tariff(self):
        return PROBE.line("tariff", self.i["kst"] + ":00+09:00", self.i["class"]).split()

    def implied(self, cut, twh):
        """What the file's target for 2035 was worked out by; the file has it without decimals."""
        grams = self.i["power_2018_Mt"] * 1e12 * (1 - cut) / (twh * 1e9)
        target = next(s["target"] for s in json.loads((KOREA / "standards.json").read_text())["standards"] if s["code"] == "KR_NDC_2035")
        assert target == round(implied_high(self.i)), target
        return grams

    def chain(self):
        hashes, last_hash = [], self.i["genesis"]
        for record in self.i["records"]:
            last_hash = PROBE.line("chain", last_hash, compact(record))
            hashes.append(last_hash)
        return hashes

    def weighted(self, powers, intensities):
        """The intensity of a workload that drew these powers hour by hour; of one that drew nothing, the mean over time."""
        end = last(datetime.datetime.now(KST).strftime("%H:00"))
        begin, grid = end - 3600 * len(powers), [424.0] * 24
        lines = ["name 10 pod a w w - - 0", f"begin {begin}", "idle 10"]
        for n, (watts, grams) in enumerate(zip(powers, intensities)):
            grid[datetime.datetime.fromtimestamp(begin + n * 3600, KST).hour] = grams
            lines += [f"power 10 {watts} 0 0 0", f"until {begin + (n + 1) * 3600}"]
        with History(lines + ["hold"], grid, pue=1.4) as history:
            return history.ask(ASSESS, workload_name="w", window="P2D")[1]["grid_carbon_intensity_gCO2eq_kWh"]

    # grid providers: their answers, as the adaptors read them

    def mix(self, factor, renewable=0):
        """When and what intensity: a KPX answer with this case's megawatts; `renewable` is added to that factor."""
        i = self.i
        item = {"baseDatetime": i["baseDatetime"], **{f"fuelPwr{n}": mw for n, mw in i["fuelPwr"].items()}, **{k: i[k] for k in ("pEsmw", "bEmsw") if k in i}}
        body = {"response": {"header": {"resultCode": "00"}, "body": {"items": {"item": item}}}}
        start, grams = ADAPTORS.line("kpx_now" if "10" in i["fuelPwr"] else "kpx_history", factor, i["new_renewable_EF"] + renewable,
                                     str(i.get("include_estimated_solar", False)).lower(), compact(body)).split()
        return int(start), float(grams)

    def generation(self):
        """What the mix was divided by: a gram more per kWh of new and renewable energy raises the intensity by its share."""
        renewable = self.i["fuelPwr"]["10" if "10" in self.i["fuelPwr"] else "8"]
        return renewable * 100 / (self.mix("lifecycle", 100)[1] - self.mix("lifecycle")[1])

    def utc(self, seconds):
        return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    def marginal(self):
        point = {"point_time": "2026-01-01T00:00:00+00:00", "value": self.i["lbs_co2_per_mwh"]}
        body = {"data": [point], "meta": {"units": "lbs_co2_per_mwh", "data_point_period_seconds": 300}}
        return float(ADAPTORS.line("watttime", "lifecycle", 0, "false", compact(body)).split()[1])

    def value(self, key):
        expression = MAP[self.tool].get(key)
        return self.a[key] if expression is None else eval(expression, {**self.names, "a": self.a})

    def check(self):
        for key, wanted in self.e.items():
            got = self.value(key)
            assert same(got, wanted, key), f"{key}: got {got!r}, wanted {wanted!r}"

    def run(self):
        scenario = self.scenario()
        if scenario is None:
            self.a = self.metered() if "E_it_kWh" in self.i else None
            return self.check()
        lines, grid, settings, self.arguments = scenario
        self.asked = ASSESS if self.tool == "pue" else self.tool
        with History(lines, grid, **settings) as self.history:
            self.a = self.ask()
            self.check()
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)


def implied_high(i):
    return i["power_2018_Mt"] * 1e12 * (1 - min(i["cut"])) / (min(i["TWh"]) * 1e9)


def same(got, wanted, key):
    if key == "reason_codes":  # those named are among them
        return set(wanted) <= set(got)
    if isinstance(wanted, dict):
        return all(k in got and same(got[k], v, k) for k, v in wanted.items())
    if isinstance(wanted, list):
        return len(got) == len(wanted) and all(same(g, w, key) for g, w in zip(got, wanted))
    if isinstance(wanted, bool) or not isinstance(wanted, (int, float)):
        return got == wanted
    if "gap" in key and key.endswith("percent"):  # answers round gaps to one decimal
        return abs(got - wanted) <= 0.05 + ABSOLUTE
    return abs(got - wanted) <= RELATIVE * abs(wanted) + ABSOLUTE


def run(case, profiles):
    try:
        Case(case, profiles).run()
        return "PASS", f"{case['id']} ({MAP[case['tool']]['door']})"
    except Exception as error:  # noqa: BLE001 - each case stands for itself
        return "FAIL", f"{case['id']}: {error!r}"


def main():
    files = [GOLDEN / "cases.json", *([pathlib.Path(os.environ["TANSO_GOLDEN"])] if os.environ.get("TANSO_GOLDEN") else [])]
    counts = {"PASS": 0, "FAIL": 0}
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        runs = [pool.submit(run, case, golden["profiles"]) for golden in (json.loads(path.read_text()) for path in files)
                for case in golden["cases"] if case["id"].startswith(tuple(sys.argv[2:]) or "")]
        for done in runs:
            word, text = done.result()
            counts[word] += 1
            print(word, text, flush=True)
    print(f"{counts['PASS']} passed, {counts['FAIL']} failed")
    PROBE.end()
    ADAPTORS.end()
    sys.exit(1 if counts["FAIL"] else 0)


main()
