"""Grid providers by fetcher, analyst and frontend under their real filters; a server over real TLS replays the providers' answers,
traps included. Usage: test_grid_providers.py BIN_FOLDER. Prints PASS or FAIL a test; exit status 1 when any failed."""
import datetime, json, os, pathlib, re, shutil, signal, subprocess, sys, tempfile, time, urllib.parse

from sources_fixture import BIN, Brain, Node, Server, wait_until
from fake_kubelet import make_authority
from runner import run

CA = pathlib.Path(tempfile.mkdtemp(prefix="tanso-ca-"))
make_authority(CA, "good")
KOREA = pathlib.Path(__file__).resolve().parents[2] / "deploy/config/korea"
KST = datetime.timezone(datetime.timedelta(hours=9))
# tests/data/grid/README.md says what was recorded; times are moved to now
RECORDED = pathlib.Path(__file__).resolve().parents[1] / "data/grid"
HISTORY, MIX = (RECORDED / "kpx_15113384.json").read_bytes(), (RECORDED / "kpx_15158491.xml").read_bytes()
NOW = {"fuelPwr1": 233.98, "fuelPwr2": 319.13, "fuelPwr3": 13602.9, "fuelPwr4": 23077.7, "fuelPwr5": 419.78, "fuelPwr6": 25221.0, "fuelPwr7": 0.15,
       "fuelPwr8": 1596.34, "fuelPwr9": 400.13, "fuelPwr10": 2559.94, "pEsmw": 3446.57, "bEmsw": 934.4, "fuelPwrTot": 66592.9}


def kst(seconds, form="%Y%m%d%H%M%S"):
    return datetime.datetime.fromtimestamp(seconds, KST).strftime(form)


def utc(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def hour(offset=0):
    return int(time.time()) // 3600 * 3600 + offset * 3600


class Provider:
    """All four providers on one server; `trap` changes what KPX's current mix answers."""

    def __init__(self):
        self.trap, self.seen, self.is_down = None, [], False
        self.server = Server(self.answer, CA / "good")

    def kpx(self, items):
        body = {"response": {"header": {"resultCode": "00", "resultMsg": "OK"},
                             "body": {"dataType": "JSON", "totalCount": "141368", "numOfRows": "1", "pageNo": "1", "items": items}}}
        return 200, "application/json", json.dumps(body).encode()

    def now(self):
        at = kst(time.time() // 300 * 300 - 600)  # the clock of KPX is five to ten minutes behind
        if self.trap == "json":
            return self.kpx({"item": {"baseDatetime": at, **{k: str(v) for k, v in NOW.items()}}})
        if self.trap == "empty":  # or a page beyond the end
            return self.kpx("")
        if self.trap == "hole":
            return self.kpx({"item": {"baseDatetime": at, **{k: v for k, v in NOW.items() if k != "fuelPwr3"}}})
        if self.trap == "quota":
            return 200, "text/xml", (b"<OpenAPI_ServiceResponse><cmmMsgHeader><errMsg>SERVICE ERROR</errMsg>"
                                     b"<returnReasonCode>22</returnReasonCode></cmmMsgHeader></OpenAPI_ServiceResponse>")
        if self.trap == "key":
            return 200, "text/xml", (b"<OpenAPI_ServiceResponse><cmmMsgHeader><errMsg>SERVICE ERROR</errMsg>"
                                     b"<returnReasonCode>30</returnReasonCode></cmmMsgHeader></OpenAPI_ServiceResponse>")
        if self.trap is None:
            return 200, "text/xml", MIX.replace(b"20260425120500", at.encode())
        fields = "".join(f"<{k}>{v}</{k}>" for k, v in NOW.items())
        return 200, "text/xml", ('<?xml version="1.0" encoding="ISO-8859-1"?><response><header><resultCode>00</resultCode><resultMsg>정상</resultMsg>'
                                 f"</header><body><items><item><baseDatetime>{at}</baseDatetime>{fields}</item></items></body></response>").encode()

    def answer(self, path, headers, body):
        url = urllib.parse.urlsplit(path)
        self.seen.append((path, dict(headers)))
        if self.is_down:
            return 503, "text/plain", b"maintenance"
        if url.path.endswith("getSumperfuel5m"):
            return self.now()
        if url.path.endswith("getPwrAmountByGen"):
            return 200, "application/json", HISTORY.replace(b"20230328044500", kst(hour(-1) + 1800).encode())
        if url.path.endswith("getSukub5mMaxDatetime2"):
            return self.kpx({"item": {"baseDatetime": kst(time.time()), "currPwrTot": 66592.9, "suppReserveRate": 12.5}})
        if url.path.endswith("getSmpWithForecastDemand"):
            today = kst(time.time(), "%Y%m%d")
            return self.kpx({"item": [{"date": today, "hour": at, "areaName": "육지", "smp": 100 + h} for h in range(1, 25) for at in (str(h), f"{h:02}")]})
        if url.path.endswith("/carbon-intensity/history"):
            if headers.get("auth-token") != "em-key":
                return 401, "application/json", b'{"error":"Invalid auth-token"}'
            points = [{"zone": "KR", "carbonIntensity": None if i == 5 else 400 + i, "datetime": utc(hour(-i)), "isEstimated": i < 3,
                       "emissionFactorType": "lifecycle", "estimationMethod": "TIME_SLICER_AVERAGE"} for i in range(23, -1, -1)]
            return 200, "application/json", json.dumps({"zone": "KR", "history": points}).encode()
        if url.path.endswith("/carbon-intensity/forecast"):
            points = [{"carbonIntensity": 500 - i, "datetime": utc(hour(i))} for i in range(0, 25)]
            return 200, "application/json", json.dumps({"zone": "KR", "forecast": points, "updatedAt": utc(time.time())}).encode()
        if url.path == "/login":
            is_known = headers.get("Authorization") == "Basic dXNlcjpwYXNz"
            return (200, "application/json", b'{"token":"t0ken"}') if is_known else (401, "text/plain", b"no")
        if url.path == "/v3/forecast":
            if headers.get("Authorization") != "Bearer t0ken":
                return 401, "text/plain", b"no"
            points = [{"point_time": utc(hour()).replace(".000Z", "+00:00"), "value": 1624.0}]
            return 200, "application/json", json.dumps({"data": points, "meta": {"region": "KOR", "units": "lbs_co2_per_mwh", "data_point_period_seconds": 3600}}).encode()
        if url.path == "/emissions/forecasts/current":
            value = {"range": 1500, "negative": -1}.get(self.trap, 423.5)
            points = [{"location": "koreacentral", "timestamp": utc(hour(i)).replace(".000Z", "+00:00"), "duration": 60, "value": value} for i in range(24)]
            return 200, "application/json", json.dumps([{"requestedAt": utc(time.time()), "location": "koreacentral", "forecastData": points}]).encode()
        return 404, "text/plain", b"?"

    def settings(self, names):
        url = self.server.url
        return (f"grid_providers={names}", f"grid_ca_file={CA}/good.ca.pem", f"kpx_url={url}/B552115", f"electricitymaps_url={url}/v4",
                f"watttime_url={url}", f"casdk_url={url}", "source_interval_seconds=1", "pue=1.4")


class Site:
    """A provider server, a node to have watts from, and the brain."""

    def __init__(self, names, environment=None, *settings, trap=None):
        self.settings = settings
        self.provider, self.node = Provider(), Node(style="watts")
        self.provider.trap = trap
        self.node.watts = {("a", "one"): (100, 0)}
        self.kepler = Server(self.node.answer)
        self.names, self.environment = names, {**os.environ, **(environment or {})}

    def __enter__(self):
        self.brain = Brain(f"kepler_endpoint={self.kepler.url}", *self.provider.settings(self.names), *self.settings, environment=self.environment)
        return self

    def __exit__(self, *failure):
        try:
            self.brain.__exit__(*failure)
        finally:
            self.kepler.close()
            self.provider.server.close()

    def grid(self, condition, **arguments):
        last = [None]

        def attempt():
            last[0] = self.brain.post("/views/grid_data", arguments)
            return last[0][0] == 200 and condition(last[0][1])

        wait_until(attempt, 30, lambda: f"{json.dumps(last[0], ensure_ascii=False)[:1500]}\n{self.brain.log('fetcher')}")
        return last[0][1]

    def read(self, uri):
        status, body = self.brain.post("/mcp", {"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": {"uri": uri}})
        assert status == 200 and "result" in body, body
        return json.loads(body["result"]["contents"][0]["text"])

    def cli(self, *arguments):
        return subprocess.run([BIN / "tanso", "grid", "--url", f"http://127.0.0.1:{self.brain.port}", *arguments],
                              capture_output=True, text=True, timeout=20)


def near(got, wanted):
    assert abs(got - wanted) < 1e-6 * wanted, f"{got}, wanted {wanted}"


def kpx_gives_the_mix_the_demand_and_the_price():
    key = "a/b+c=="  # decoded, as data.go.kr shows it: must go out encoded once
    with Site("kpx", {"TANSO_KPX_KEY": key}) as site:
        answer = site.grid(lambda a: a.get("demand_MW") and a["quality"] == "metered" and "krw_per_kWh" in a["hours"][0])
        near(answer["intensity_gCO2eq_kWh"], 383.929621)
        near(answer["demand_MW"], 66592.9)
        wait_until(lambda: any("getPwrAmountByGen" in path for path, _ in site.provider.seen))
        assert "left out" not in site.brain.log("fetcher"), site.brain.log("fetcher")
        price = {int(h["start"][11:13]): h["krw_per_kWh"] for h in answer["hours"] if "krw_per_kWh" in h}
        at = int(kst(time.time(), "%H"))
        near(price[at], 101 + at)  # the hour that ends at the hour the price is told for
        assert answer["provenance"]["grid"]["source"] == "kpx" and answer["providers"][0]["is_experimental"], answer["providers"]
        assert all("serviceKey=a%2Fb%2Bc%3D%3D" in path for path, _ in site.provider.seen if "B552115" in path), site.provider.seen[:1]
        assert key not in site.brain.log("fetcher") and "a%2Fb" not in site.brain.log("fetcher")
        one = site.brain.until("assess_workload_compliance", lambda a: a["provenance"]["grid"]["source"] == "kpx", workload_name="one")
        near(one["grid_carbon_intensity_gCO2eq_kWh"], 383.929621)
        shown = site.cli()
        assert shown.returncode == 0 and "383.9 gCO2eq/kWh" in shown.stdout and re.search("kpx.*experimental", shown.stdout), shown
        shown = site.cli("--lang", "ko")
        assert "수요 66593 MW" in shown.stdout, shown
        assert json.loads(site.cli("--json").stdout)["zone"] == "KR"


def kpx_alone_tells_no_future_and_no_hour_is_called_better():
    with Site("kpx", {"TANSO_KPX_KEY": "k"}) as site:
        site.grid(lambda a: a["quality"] == "metered")
        for hours in (4, 0.5):  # the newest value holds for an hour: no start of the one, some of the other
            status, plan = site.brain.ask("calculate_optimal_schedule", power_watts=100, duration_hours=hours)
            assert status == 200 and plan["recommendation_code"] == "NO_HOURLY_DATA" and "NO_BENEFIT" not in plan["reason_codes"], plan
            assert plan["options"]["cost"]["krw"] > 0 and plan["sample_days"] and "optimal_intensity" not in plan, plan
            assert plan["provenance"]["grid"]["degraded"] is True and plan["provenance"]["grid"]["quality"] == "annual", plan["provenance"]
        here = site.read("carbon-intensity://ap-northeast-2")
        assert here["quality"] == "metered" and "hourly" not in here, here
        hour = site.grid(lambda a: True)["hours"][0]  # told where more than half of it is known, as what is known of it
        near(hour.get("intensity_gCO2eq_kWh", here["current_intensity_gCO2eq_kWh"]), here["current_intensity_gCO2eq_kWh"])
        one = site.brain.until("compare_optimization_impact", lambda a: a["provenance"]["grid"]["source"] == "kpx", workload_name="one", duration_hours=0.5)
        step = [s for s in one["steps"] if s["type"] == "temporal_shift"][0]
        assert step["reason_code"] == "NO_HOURLY_DATA", step


def kpx_traps_are_told_apart_and_the_cache_outlives_a_restart():
    with Site("kpx", {"TANSO_KPX_KEY": "k"}) as site:
        site.provider.trap = "json"  # one item as an object, numbers as strings
        site.grid(lambda a: abs(a["intensity_gCO2eq_kWh"] - 383.929621) < 1e-3)
    with Site("kpx", {"TANSO_KPX_KEY": "k"}, trap="charset") as site:  # it says ISO-8859-1, and is UTF-8
        site.grid(lambda a: abs(a["intensity_gCO2eq_kWh"] - 383.929621) < 1e-3)
        site.provider.is_down = True
        site.brain.kill_fetcher()
        site.brain.start("fetcher")
        answer = site.grid(lambda a: a["providers"] and "failure" in a["providers"][0])
        assert "503" in answer["providers"][0]["failure"], answer["providers"]
        near(answer["intensity_gCO2eq_kWh"], 383.929621)  # from the disk
    nothing = "nothing in its answer is an intensity between 0 and 1500"
    for name, trap, text in (("kpx", "key", "the key is refused"), ("kpx", "empty", "it has no data"), ("kpx", "quota", "more questions than a day allows"),
                             ("kpx", "hole", nothing), ("casdk", "range", nothing), ("casdk", "negative", nothing)):
        with Site(name, {"TANSO_KPX_KEY": "k"}, trap=trap) as site:
            answer = site.grid(lambda a: a["providers"] and text in a["providers"][0].get("failure", ""))
            assert answer["quality"] == "annual", answer
    with Site("kpx", {"TANSO_KPX_KEY": "k"}, "kpx_url=https://nobody.invalid") as site:
        site.grid(lambda a: a["providers"] and a["providers"][0].get("failure") == "its name could not be looked up")
    with Site("kpx") as site:
        site.grid(lambda a: a["providers"] and a["providers"][0].get("failure") == "there is no key: set kpx_key_file or the environment's TANSO_KPX_KEY")
        assert not [path for path, _ in site.provider.seen if "B552115" in path]


def what_is_too_old_is_cached_and_said():
    with Site("electricitymaps", {"TANSO_ELECTRICITYMAPS_KEY": "em-key"}) as site:
        site.grid(lambda a: a["quality"] == "estimated")
        site.brain.processes["fetcher"].terminate()
        site.brain.processes["fetcher"].wait()
        cache = site.brain.folder / "state/fetcher/grid-electricitymaps.csv"
        lines = cache.read_text().splitlines()
        import hashlib
        basis = lines[0].split(", rests on ")[1]
        text = "\n".join([f"# tanso grid cache 2, retrieved {int(time.time()) - 10000}, rests on {basis}", *lines[1:-1]]) + "\n"
        cache.write_text(text + f"# {hashlib.sha256(text.encode()).hexdigest()}\n")
        site.provider.is_down = True
        site.brain.start("fetcher")
        one = site.brain.until("assess_workload_compliance", lambda a: "GRID_CACHED" in a["reason_codes"], workload_name="one")
        assert one["provenance"]["grid"]["degraded"] is True, one["provenance"]["grid"]
        site.brain.processes["fetcher"].terminate()
        site.brain.processes["fetcher"].wait()
        cache.write_text(text + f"# {'0' * 64}\n")  # a torn write
        site.brain.start("fetcher")
        wait_until(lambda: "its cache is damaged" in site.brain.log("fetcher"))


def electricity_maps_measures_and_forecasts():
    with Site("electricitymaps", {"TANSO_ELECTRICITYMAPS_KEY": "em-key"}) as site:
        answer = site.grid(lambda a: "intensity_gCO2eq_kWh" in a["hours"][10])
        near(answer["intensity_gCO2eq_kWh"], 400)  # what was measured, not what was forecast for it
        near(answer["hours"][10]["intensity_gCO2eq_kWh"], 490)
        assert (answer["hours"][0]["quality"], answer["hours"][10]["quality"]) == ("estimated", "forecast"), answer["hours"]
        assert "forecast" in site.cli().stdout and "예측값" in site.cli("--lang", "ko").stdout
        here = site.read("carbon-intensity://ap-northeast-2")
        assert [hour["quality"] for hour in here["hourly"]] == ["estimated"] + ["forecast"] * 23, here
        assert answer["providers"][0]["is_experimental"] and "experimental" in site.cli().stdout, answer["providers"]
        plan = site.brain.until("calculate_optimal_schedule", lambda a: a["recommendation_code"] != "NO_HOURLY_DATA", power_watts=100, duration_hours=2)
        assert plan["profile"] == "forecast" and plan["provenance"]["grid"]["quality"] == "forecast", plan
    with Site("electricitymaps", {"TANSO_ELECTRICITYMAPS_KEY": "wrong"}) as site:
        answer = site.grid(lambda a: a["providers"] and "401" in a["providers"][0].get("failure", ""))
        assert answer["quality"] == "annual" and "GRID_ANNUAL" in answer["reason_codes"], answer
        assert answer["provenance"]["grid"]["degraded"] is True, answer["provenance"]  # the provider is named, and was of no use


def a_marginal_signal_is_shown_and_never_compared():
    with Site("watttime,casdk", {"TANSO_WATTTIME_USER": "user:pass"}) as site:
        answer = site.grid(lambda a: len([p for p in a["providers"] if p["state"] == "live"]) == 2)
        both = {p["name"]: p for p in answer["providers"]}
        near(both["watttime"]["intensity_gCO2eq_kWh"], 736.634009)
        assert both["watttime"]["signal"] == "marginal" and both["watttime"]["is_experimental"] and both["casdk"]["is_experimental"], both
        near(answer["intensity_gCO2eq_kWh"], 423.5)
        assert answer["provenance"]["grid"]["source"] == "casdk", answer["provenance"]
        shown = site.cli()
        assert "experimental" in shown.stdout, shown


class Data:
    """The data folder as kubelet shows a ConfigMap: a folder of each version, and one link that is swapped."""

    def __init__(self):
        self.folder, self.versions = pathlib.Path(tempfile.mkdtemp(prefix="tanso-data-")), 0
        self.publish()
        for file in KOREA.iterdir():
            (self.folder / file.name).symlink_to(f"..data/{file.name}")

    def publish(self, before="", after=""):
        self.versions += 1
        shutil.copytree(KOREA, self.folder / f"..v{self.versions}")
        path = self.folder / f"..v{self.versions}/emission_factors.json"
        assert before in path.read_text()
        path.write_text(path.read_text().replace(before, after))
        (self.folder / "..new").symlink_to(f"..v{self.versions}")
        (self.folder / "..new").rename(self.folder / "..data")


def emission_factors_are_data_that_fetcher_and_analyst_read_again():
    data = Data()
    with Site("kpx", {"TANSO_KPX_KEY": "k"}, f"data_dir={data.folder}") as site:
        def sha256():
            return site.brain.ask("assess_workload_compliance", workload_name="one")[1]["provenance"]["data"]["sha256"]

        power = NOW["fuelPwr3"] + NOW["fuelPwr7"], sum(NOW[f"fuelPwr{i}"] for i in (1, 2, 3, 4, 6, 7, 8, 9, 10))
        site.grid(lambda a: abs(a["intensity_gCO2eq_kWh"] - 383.929621) < 1e-3)
        site.brain.until("assess_workload_compliance", lambda a: a.get("current_power_watts"), workload_name="one")
        before = sha256()
        data.publish('"lifecycle": 820', '"lifecycle": 900')
        site.grid(lambda a: abs(a["intensity_gCO2eq_kWh"] - 383.929621 - 80 * power[0] / power[1]) < 1e-3)  # asked anew at once
        wait_until(lambda: sha256() != before)
        changed = sha256()
        data.publish('"lifecycle": 820', '"lifecycle": "much"')
        for stage, words in (("fetcher", "the emission factors read before stay in use"), ("analyst", "the data read before stay in use")):
            wait_until(lambda: f"factors[0].lifecycle: must be a number; {words}" in site.brain.log(stage), 20, lambda: site.brain.log(stage))
        assert sha256() == changed
        near(site.grid(lambda a: True)["intensity_gCO2eq_kWh"], 383.929621 + 80 * power[0] / power[1])
        asked = len(site.provider.seen)
        data.publish()
        site.grid(lambda a: abs(a["intensity_gCO2eq_kWh"] - 383.929621) < 1e-3)
        wait_until(lambda: sha256() == before)
        read = site.brain.log("fetcher").count("emission factors read from")
        for process in site.brain.processes.values():
            process.send_signal(signal.SIGHUP)
        wait_until(lambda: site.brain.log("fetcher").count("emission factors read from") == read + 1)
        assert len(site.provider.seen) - asked <= 4, "asked again though no factor is another"
    shutil.rmtree(data.folder)


def bad_emission_factors_at_the_start_leave_the_power_and_the_other_providers():
    data = Data()
    with Site("kpx,electricitymaps", {"TANSO_KPX_KEY": "k", "TANSO_ELECTRICITYMAPS_KEY": "em-key"}, f"data_dir={data.folder}") as site:
        site.grid(lambda a: abs(a["intensity_gCO2eq_kWh"] - 383.929621) < 1e-3)
        site.brain.kill_fetcher()
        shutil.rmtree(site.brain.folder / "state/fetcher")  # the cache would answer
        data.publish('"fuel": "coal"', '"fuel": "lime"')
        scrapes, asked = site.node.scrapes, len(site.provider.seen)
        site.brain.start("fetcher")
        answer = site.grid(lambda a: a["provenance"]["grid"]["source"] == "electricitymaps")
        kpx = next(p for p in answer["providers"] if p["name"] == "kpx")
        assert "emission_factors.json: factors[0].fuel: must be coal" in kpx["failure"] and kpx["state"] == "empty", kpx
        assert "cannot be used" in site.cli().stdout
        wait_until(lambda: site.node.scrapes > scrapes + 2)
        site.brain.until("assess_workload_compliance", lambda a: a.get("current_power_watts", 0) > 99 and "STALE_METRICS" not in a["reason_codes"], workload_name="one")
        assert not [path for path, _ in site.provider.seen[asked:] if "B552115" in path]
        data.publish()
        answer = site.grid(lambda a: a["provenance"]["grid"]["source"] == "kpx")
        assert "failure" not in answer["providers"][0] and "kpx answers again" in site.brain.log("fetcher"), answer["providers"]
    shutil.rmtree(data.folder)


def a_provider_is_named_once_and_known():
    provider = Provider()
    try:
        for names, words in (("casdk,kpx,casdk", "named twice: 'casdk'"), ("kpx,nobody", "there is no provider 'nobody'; there are kpx, electricitymaps, watttime, casdk")):
            with tempfile.TemporaryDirectory() as f:
                settings = (f"runtime_dir={f}/run", f"state_dir={f}/state", *provider.settings(names))
                done = subprocess.run([BIN / "tanso-fetcher", *(part for one in settings for part in ("--set", one))],
                                      capture_output=True, text=True, timeout=20)
            assert done.returncode == 1 and words in done.stderr, done
    finally:
        provider.server.close()


TESTS = (kpx_gives_the_mix_the_demand_and_the_price, kpx_alone_tells_no_future_and_no_hour_is_called_better, kpx_traps_are_told_apart_and_the_cache_outlives_a_restart,
         what_is_too_old_is_cached_and_said, electricity_maps_measures_and_forecasts,
         emission_factors_are_data_that_fetcher_and_analyst_read_again,
         bad_emission_factors_at_the_start_leave_the_power_and_the_other_providers,
         a_marginal_signal_is_shown_and_never_compared, a_provider_is_named_once_and_known)
sys.exit(run([test for test in TESTS if len(sys.argv) < 3 or sys.argv[2] in test.__name__], together=True))
