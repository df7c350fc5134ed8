#!/usr/bin/env python3
"""Every test that docs/kepler-defects.md names is there: a cmocka function, or a name that a script gives to a test."""
import pathlib, re, subprocess, sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
files = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard", "tests"], capture_output=True, text=True, check=True).stdout.split()
sources = {f: (ROOT / f).read_text(errors="replace") for f in files if f.endswith((".c", ".py"))}
c_tests = {name for f, text in sources.items() if f.endswith(".c")
           for name in re.findall(r"(?:cmocka_unit_test\w*|TEST)\(\s*(\w+)", text)}
scripts = "\n".join(text for f, text in sources.items() if f.endswith(".py") and f != "tests/named_tests.py")

missing, named = [], 0
for line in (ROOT / "docs/kepler-defects.md").read_text().splitlines():
    if not line.startswith("| ") or "---" in line or line.rstrip().endswith("| proved by |"):
        continue
    proof = line.rstrip(" |").rsplit(" | ", 1)[1]
    names = [n for n in re.findall(r"`([^`]+)`", proof) if re.search(r"[ _].*[ _]", n)]
    if not names and "—" not in proof:
        missing.append(f"no test: {line[:80]}")
    for name in names:
        named += 1
        if name not in c_tests and f'"{name}"' not in scripts and f"def {name}(" not in scripts:
            missing.append(name)
print("\n".join(missing))
if missing or named < 20:
    print(f"FAIL every test named in docs/kepler-defects.md is there: {len(missing)} missing, {named} named")
else:
    print("PASS every test named in docs/kepler-defects.md is there")
sys.exit(bool(missing))
