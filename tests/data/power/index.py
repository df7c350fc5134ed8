"""Writes index.json for a copy of kepler-model-db's ec2-0.7.11 weights: which host each file is of, and its stated error.

usage: index.py FOLDER

FOLDER holds AbsPower/ and DynPower/ (<feature group>/<trainer>_<node type>.json), upstream's node_type_index.json and
rapl-sysfs_{AbsPower,DynPower}_model_metadata.csv. The CPU is written as the brand string has it.
"""
import csv, json, pathlib, sys

HOSTS = {0: ("m5.metal", "8259CL", 96), 1: ("i3.metal", "E5-2686 v4", 72), 2: ("c5.metal", "8275CL", 96), 3: ("r5.metal", "8259CL", 96),
         4: ("m5zn.metal", "8252C", 48), 5: ("m7i.metal-24xl", "8488C", 96)}


def main():
    folder = pathlib.Path(sys.argv[1])
    stated = {}
    for output in ("AbsPower", "DynPower"):
        with open(folder / f"rapl-sysfs_{output}_model_metadata.csv") as file:
            for row in csv.DictReader(file):
                stated[output, row["feature_group"], row["model_name"]] = float(row["package_mape"])
    lines = []
    for path in sorted(folder.glob("*Power/*/*.json")):
        output, group, name = path.relative_to(folder).with_suffix("").parts
        product, cpu, threads = HOSTS[int(name.rsplit("_", 1)[1])]
        mape_ppm = max(0, round(stated.get((output, group, name), 0) * 10000))
        lines.append("    " + json.dumps({"file": f"{output}/{group}/{name}.json", "group": group, "product": product, "cpu": cpu,
                                          "threads": threads, "mape_ppm": mape_ppm}))
    with open(folder / "index.json", "w") as file:
        file.write('{\n  "format": "tanso-model-index",\n  "source": "kepler-model-db models/v0.7/ec2-0.7.11 at 3bb4d645",\n'
                   '  "licence": "Apache-2.0",\n  "models": [\n' + ",\n".join(lines) + "\n  ]\n}\n")


main()
