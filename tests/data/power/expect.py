"""Writes expected.csv: what upstream's weight files say, computed here and not by tanso (plain Python, no library).

usage: expect.py deploy/config/models > tests/data/power/expected.csv

Each file at five points; feature i of point p is at (p/4)·(1 + i/10) of its scale, features sorted by name. Columns: file,
package W, dram W (empty: no such zone), then feature=value.
"""
import json, math, pathlib, sys

TRAINERS = ("SGDRegressor", "Logarithmic", "Exponential", "Logistic")


def main_feature(zone, features):
    first, second = ("cache_miss", "bpf_page_cache_hit") if zone == "dram" else ("cpu_instructions", "bpf_cpu_time_ms")
    return first if first in features else second


def watts(trainer, zone, weights, values):
    scaled = {name: values[name] / entry["scale"] for name, entry in weights["Numerical_Variables"].items()}
    if trainer == "SGDRegressor":
        return weights["Bias_Weight"] + sum(entry["weight"] * scaled[name]
                                            for name, entry in weights["Numerical_Variables"].items())
    x = scaled[main_feature(zone, scaled)]
    fit = weights["CurveFit_Weights"]
    if trainer == "Logarithmic":
        return fit[0] * math.log(fit[1] * x + 1) + fit[2]
    if trainer == "Exponential":
        return fit[0] * math.exp(fit[1] * x) + fit[2]
    return fit[0] / (1 + math.exp(-fit[2] * (x - fit[1]))) + fit[3]


def main():
    folder = pathlib.Path(sys.argv[1])
    for path in sorted(folder.glob("ec2-0.7.11/*Power/*/*.json")) + sorted(folder.glob("kepler-0.9.0/*Model.json")):
        model = json.loads(path.read_text())
        trainer = next(name for name in TRAINERS if model.get("model_name", path.name).startswith(name))
        first = "package" if "package" in model else "platform"
        features = model[first]["All_Weights"]["Numerical_Variables"]
        for point in range(5):
            values = {name: round(point / 4 * (1 + i / 10) * features[name]["scale"]) for i, name in enumerate(sorted(features))}
            row = [str(path.relative_to(folder))]
            for zone in (first, "dram"):
                row.append(repr(watts(trainer, zone, model[zone]["All_Weights"], values)) if zone in model else "")
            print(",".join(row + [f"{name}={value}" for name, value in values.items()]))


main()
