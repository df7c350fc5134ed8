"""How much of the models' error is the recording's own: noise.py TANSO FOLDER (the `tanso` binary; this folder).

Windows whose three counters agree (cycles within 12 %, instructions and dTLB loads within 3 %, chained) are one state. A row of a
state of three and more rows is *steady*; its own scatter is its distance from the median of its fellows, which no function
of these counters undercuts by much. The other rows are *single*: mostly moments in which the load changed. The model's error is
5-fold, by `tanso train`. Rows whose package is *off* by more than 5 % are asked for their dram too, whose model is a fit of its own to
another zone of the same meter: off to the same side means that the meter's window saw something else than the counters' did.
"""
import csv, json, math, pathlib, random, statistics, subprocess, sys, tempfile

TANSO, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])
HOSTS = ["m5.metal", "i3.metal", "c5.metal", "r5.metal", "m5zn.metal"]
COUNTERS = {"cpu_cycles": 0.12, "cpu_instructions": 0.03, "cache_miss": 0.03}
FOLDS, OFF = 5, 0.05


def read(host):
    lines = (FOLDER / f"{host}.csv").read_text().splitlines()
    rows = [row for row in csv.DictReader(line for line in lines if line[0] != "#") if row["package_watts"]]
    return [line for line in lines if line[0] == "#"], [{**row, **{c: float(row[c]) for c in (*COUNTERS, "package_watts")}} for row in rows]


def states(rows):
    label = list(range(len(rows)))
    for a in range(len(rows)):
        for b in range(a):
            if all(abs(math.log(rows[a][c] / rows[b][c])) < width for c, width in COUNTERS.items()):
                label = [label[b] if x == label[a] else x for x in label]
    return label


def watts(model, row, zone):
    formula = next(v for v in model["variants"] if v["name"] == "counters")[zone]
    total = formula["base_mw"]
    for curve in formula["curves"]:
        x, y, at = curve["x"], curve["mw"], row[curve["feature"]]
        k = next((k for k in range(1, len(x)) if at <= x[k]), len(x) - 1)
        total += y[k - 1] + (y[k] - y[k - 1]) * min(1, max(0, (at - x[k - 1]) / (x[k] - x[k - 1])))
    return total / 1000


def ratio(model, row, zone):
    return watts(model, row, zone) / float(row[f"{zone}_watts"]) - 1 if row[f"{zone}_watts"] else math.nan


def errors(facts, rows):
    """Of each row's package and dram (NaN: not recorded), by a model of the other folds."""
    folds = [i % FOLDS for i in range(len(rows))]
    random.Random(1).shuffle(folds)
    with tempfile.TemporaryDirectory() as folder:
        for fold in range(FOLDS):
            path, out = pathlib.Path(folder) / "part.csv", pathlib.Path(folder) / "model.json"
            with path.open("w") as file:
                file.write("\n".join(facts) + "\n")
                writer = csv.DictWriter(file, rows[0].keys())
                writer.writeheader()
                writer.writerows(row for i, row in enumerate(rows) if folds[i] != fold)
            subprocess.run([TANSO, "train", "--csv", path, "--out", out], check=True, stdout=subprocess.DEVNULL)
            model = json.loads(out.read_text())
            for i, row in enumerate(rows):
                if folds[i] == fold:
                    yield i, (ratio(model, row, "package"), ratio(model, row, "dram"))


def percent(values):
    return f"{100 * statistics.mean(values):.1f} %"


print("| | windows | steady | their own scatter | model there | model on single windows | model, all | off | their part of the error | dram off to the same side |")
print("|---" * 10 + "|")
sums = []
for host in HOSTS:
    facts, rows = read(host)
    label = states(rows)
    steady = {i for i in range(len(rows)) if label.count(label[i]) >= 3}
    scatter = []
    for i in steady:
        fellows = [rows[j]["package_watts"] for j in steady if j != i and label[j] == label[i]]
        scatter.append(abs(statistics.median(fellows) / rows[i]["package_watts"] - 1))
    both = dict(errors(facts, rows))
    error = {i: abs(package) for i, (package, _) in both.items()}
    off = [(package, dram) for package, dram in both.values() if abs(package) > OFF and not math.isnan(dram)]
    same = sum(package * dram > 0 for package, dram in off)
    part = sum(e for e in error.values() if e > OFF) / sum(error.values())
    columns = (scatter, [error[i] for i in steady], [error[i] for i in error if i not in steady], list(error.values()))
    sums.append([statistics.mean(column) for column in columns])
    print(f"| {host} | {len(rows)} | {len(steady)} |", " | ".join(map(percent, columns)), f"| {len(off)} | {100 * part:.0f} % | {same} |", flush=True)
print("| mean | | |", " | ".join(percent(column) for column in zip(*sums)), "| | | |")
