"""The C code against tests/reference.py, and what must hold whatever the numbers. Usage: test_reference.py BIN_FOLDER
SEED repeats a run. Prints PASS or FAIL a test; exit status 1 when any failed."""
import datetime, itertools, json, os, pathlib, random, subprocess, sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
import reference  # noqa: E402
from frontend_fixture import BIN, run_all  # noqa: E402
from history_fixture import History, job, last  # noqa: E402

SEED = int(os.environ.get("SEED", random.randrange(1 << 30)))
ROUNDS = 1000
KOREA = pathlib.Path(__file__).resolve().parents[2] / "deploy/config/korea"
MIDNIGHT = 1784127600  # 2026-07-16T00:00:00+09:00


def probe(lines):
    done = subprocess.run([BIN.parent / "tests/analyst_probe"], input="".join(" ".join(map(repr, line)).replace("'", "") + "\n" for line in lines),
                          stdout=subprocess.PIPE, text=True, timeout=60, check=True)
    return done.stdout.splitlines()


def near(got, wanted, what):
    assert abs(got - wanted) <= 1e-7 * abs(wanted) + 1e-9, f"seed {SEED}: {what}: {got!r}, reference {wanted!r}"


def question(rng):
    """A profile of uneven steps over three days, a job, a window, a deadline."""
    starts = sorted(rng.sample(range(1, 3 * 96), rng.randrange(2, 60)))
    profile = [(MIDNIGHT, round(rng.uniform(50, 900), 3))] + [(MIDNIGHT + s * 900, round(rng.uniform(50, 900), 3)) for s in starts]
    end = MIDNIGHT + 3 * 86400
    duration = rng.randrange(1, 24 * 60) * 60
    earliest = MIDNIGHT + rng.randrange(0, 86400)
    latest = earliest + rng.randrange(0, 86400)
    deadline = min(end, latest + duration) - rng.choice((0, 0, rng.randrange(0, 7200)))
    window = rng.choice(((0, 0), (rng.randrange(0, 1440) * 60, rng.randrange(0, 1440) * 60)))
    return profile, end, earliest, latest, deadline, duration, window


def asked(profile, end, earliest, latest, deadline, duration, window):
    return ["schedule", earliest, latest, deadline, duration, *window, *(x for piece in profile for x in piece), end]


def both_find_the_same_window():
    rng = random.Random(SEED)
    questions = [question(rng) for _ in range(ROUNDS)]
    found = 0
    for q, line in zip(questions, probe([asked(*q) for q in questions])):
        wanted = reference.schedule(*q)
        if wanted is None:
            assert line == "none", f"seed {SEED}: {q}: {line}"
            continue
        best, mean, _, worst, middle = map(float, line.split())
        near(mean, wanted[1], ("best", q))
        near(worst, wanted[2], ("worst", q))
        if best != wanted[0]:  # as good as equal: then the earlier one
            there = float(reference.integral(q[0], q[1], int(best), int(best) + q[5]) / q[5])
            assert abs(there - wanted[1]) <= 1e-9 * wanted[1], f"seed {SEED}: {q}: {line}, {wanted}"
        assert mean * (1 - 1e-9) <= middle <= worst * (1 + 1e-9), f"seed {SEED}: {q}: {line}"
        found += 1
    assert found > ROUNDS / 4, found


def a_constant_more_shifts_all_windows_and_moves_none():
    rng = random.Random(SEED + 1)
    questions = [question(rng) for _ in range(200)]
    more = [([(s, v + 100) for s, v in q[0]], *q[1:]) for q in questions]
    for before, after in zip(probe([asked(*q) for q in questions]), probe([asked(*q) for q in more])):
        if before == "none":
            assert after == "none"
            continue
        b, a = before.split(), after.split()
        assert b[0] == a[0], f"seed {SEED}: {before} {after}"
        for n in (1, 3, 4):
            near(float(a[n]), float(b[n]) + 100, "shifted")


def a_day_long_job_gains_nothing_from_a_repeated_day():
    rng = random.Random(SEED + 2)
    for _ in range(20):
        day = [round(rng.uniform(50, 900), 2) for _ in range(24)]
        profile = [(MIDNIGHT + h * 3600, day[h % 24]) for h in range(72)]
        line = probe([asked(profile, MIDNIGHT + 3 * 86400, MIDNIGHT, MIDNIGHT + 86340, MIDNIGHT + 2 * 86400, 86400, (0, 0))])[0].split()
        near(float(line[1]), float(line[3]), "best and worst")


def carbon_and_compare_agree():
    rng = random.Random(SEED + 3)
    lines, wanted = [], []
    for _ in range(ROUNDS):
        hours = rng.randrange(1, 25)
        powers, grid = [rng.uniform(0, 500) for _ in range(hours)], [rng.uniform(5, 900) for _ in range(hours)]
        pue, target = rng.uniform(1, 2.5), rng.uniform(100, 600)
        a = reference.assess(powers, grid, pue, target, 0.05, 0.05)
        value, kwh = a["current_carbon_intensity_gCO2eq_kWh"], a["energy_kWh_month"]
        p90, idle, requested = rng.uniform(0.001, 12), rng.uniform(0, 1), rng.uniform(0.1, 16)
        size = reference.target_cores(p90)
        c = reference.compare(sum(powers) / hours, idle, a["grid_carbon_intensity_gCO2eq_kWh"], pue, cores=(requested, size))
        for line, value in (
                (["kwh", sum(powers) / hours, 730], kwh), (["reported", a["grid_carbon_intensity_gCO2eq_kWh"], pue, 1.4], value),
                (["required", value, target], a["required_reduction_percent"]),
                (["uncertainty", value, 0.05, 0.05, 0], a["uncertainty_gCO2eq_kWh"]),
                (["grams", kwh, pue, a["grid_carbon_intensity_gCO2eq_kWh"]], a["monthly_emissions_kg"] * 1000),
                (["target_cores", p90], size),
                (["rightsize_watts", sum(powers) / hours * (1 - idle), sum(powers) / hours * idle, requested, min(size, requested)],
                 c["optimized_power_watts"])):
            lines.append(line)
            wanted.append(value)
    for line, got, value in zip(lines, probe(lines), wanted):
        near(float(got), value, line)


def _regions():
    """(annual lifecycle mean, PUE or None) by code, from the data files themselves."""
    def rows(file, key):
        return json.loads((KOREA / file).read_text())[key]
    newest = {row["zone"]: row["value"] for row in sorted(rows("grid_electricitymaps.json", "annual"), key=lambda row: row["year"]) if row["factor"] == "lifecycle"}
    pues = {row["region"]: row["pue"] for row in rows("pue_regions.json", "regions")}
    return {row["code"]: (newest[row["zone"]], pues.get(row["code"])) for row in rows("regions.json", "regions") if row["zone"] in newest}


def _other_hour(grid, answer, length):
    """The best window of a repeated day within 24 h of the answer, and the mean of all of them, which is the day's."""
    now = int(datetime.datetime.fromisoformat(answer["timestamp"]).timestamp())
    midnight, earliest = now - (now + 9 * 3600) % 86400, -(-now // 60) * 60
    profile = [(midnight + h * 3600, grid[h % 24]) for h in range(72)]
    best = reference.schedule(profile, midnight + 3 * 86400, earliest, earliest + 86400 - 60, earliest + 86400 + length, length, (0, 0))
    return best[1], sum(grid) / 24


def composed_improvements_agree_over_http():
    """Every choice of hour, request, PUE and region together, asked of a running analyst with random pasts."""
    rng, places = random.Random(SEED + 4), _regions()
    kinds = ("regional_migration", "temporal_shift", "pue_improvement", "resource_rightsizing")
    applied = dict.fromkeys(kinds, 0)
    for _ in range(6):
        hours, ended = rng.randrange(1, 13), rng.randrange(24)
        dynamic, idle, cores = round(rng.uniform(1, 300), 6), round(rng.uniform(0, 200), 6), rng.randrange(50, 6000) / 1000  # whole µW: energy is whole µJ
        requested, grid = rng.randrange(100, 16000) / 1000, [round(rng.uniform(50, 900), 2) for _ in range(24)]
        lines = job(last(f"{ended:02d}:00") - hours * 3600, hours, dynamic, idle, cores, requested)
        intensity = sum(grid[(ended - hours + h) % 24] for h in range(hours)) / hours
        with History(lines, grid, share_idle="request") as history:
            for chosen in itertools.chain.from_iterable(itertools.combinations(kinds, n) for n in range(5)):
                pue, target = rng.uniform(1, 2.5), rng.uniform(1, 2.5)
                there = rng.choice([code for code in places if code != "ap-northeast-2"])
                asked = {"workload_name": "ml-training-job", "window": "P3D", "pue": pue, "target_pue": target, "target_region": there, "optimizations": list(chosen)}
                status, answer = history.ask("compare_optimization_impact", **asked)
                assert status == 200, (SEED, asked, answer)
                wanted = reference.compare(dynamic + idle, idle / (dynamic + idle), intensity, pue, **{name: value for kind, name, value in (
                    ("regional_migration", "region", places[there]), ("temporal_shift", "hour", _other_hour(grid, answer, hours * 3600)),
                    ("pue_improvement", "target_pue", target), ("resource_rightsizing", "cores", (requested, reference.target_cores(cores)))) if kind in chosen})
                for field, value in wanted.items():
                    near(answer[field], value, (field, asked, lines, grid))
                for step in answer["steps"]:
                    applied[step["type"]] += step["applied"]
    assert all(applied.values()), f"seed {SEED}: never applied: {applied}"


def the_tariff_has_one_price_for_every_hour():
    """Bands of a class part the day of every season and kind of day; the same instant in Z and +09:00 costs the same."""
    lines = []
    for date in ("2026-01-14", "2026-01-17", "2026-01-18", "2026-04-20", "2026-07-15", "2026-07-18", "2026-07-19", "2026-10-14", "2026-10-18", "2026-12-25"):
        for hour in range(24):
            lines.append(["tariff", f"{date}T{hour:02d}:30:00+09:00", "industrial_b"])
    local = probe(lines)
    assert all(line.split()[1] in ("light", "mid", "peak") for line in local), local
    zulu = probe([["tariff", datetime.datetime.fromisoformat(line[1]).astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
                   line[2]] for line in lines])
    assert local == zulu


sys.exit(run_all("reference", globals()))
