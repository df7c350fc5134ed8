"""Merges the recovered feature-group samples of one host (kepler-model-db, ec2-0.7.11) into one CSV.

usage: merge.py SAMPLES_FOLDER OUT_FOLDER

The groups are overlapping parts of one recording: a window is told by its cycles and instructions. The CPU-time column is
left out, it misses long slices.
"""
import csv, pathlib, sys

HOSTS = [("m5.metal", "8259CL", 96, 6, 85, 7), ("i3.metal", "E5-2686 v4", 72, 6, 79, 1), ("c5.metal", "8275CL", 96, 6, 85, 7),
         ("r5.metal", "8259CL", 96, 6, 85, 7), ("m5zn.metal", "8252C", 48, 6, 85, 7)]
COLUMNS = ["cpu_cycles", "cpu_instructions", "cache_miss", "package_watts", "dram_watts"]
SOURCE = "training samples behind kepler-model-db models/v0.7/ec2-0.7.11 at 3bb4d645"


def windows(folder, node):
    rows = {}
    for group in ("Basic", "CounterOnly", "CounterIRQCombined"):
        with open(folder / f"AbsPower_{group}_{node}.csv") as file:
            for row in csv.DictReader(file):
                key = round(float(row["cpu_cycles"])), round(float(row["cpu_instructions"]))
                window = rows.setdefault(key, {})
                window.update({name: float(row[name]) for name in COLUMNS if row[name] != ""})
    return [rows[key] for key in sorted(rows)]


def main():
    samples, out = map(pathlib.Path, sys.argv[1:3])
    for node, (product, cpu, threads, family, model, stepping) in enumerate(HOSTS):
        with open(out / f"{product}.csv", "w") as file:
            for key, value in (("product", product), ("cpu", cpu), ("threads", threads), ("vendor", "GenuineIntel"),
                               ("cpu_family", family), ("cpu_model", model), ("cpu_stepping", stepping), ("source", SOURCE),
                               ("licence", "Apache-2.0")):
                file.write(f"# {key} = {value}\n")
            file.write(",".join(COLUMNS) + "\n")
            for window in windows(samples, node):
                values = [str(round(window[name])) for name in COLUMNS[:3]] + [f"{window[name]:.3f}" if name in window else ""
                                                                              for name in COLUMNS[3:]]
                file.write(",".join(values) + "\n")


main()
