#!/usr/bin/env python3
"""Debian 12's own kernel, on x86_64 and on aarch64: boots it in qemu with our binaries, and judges what init tells.
    test_kernel.py [amd64|arm64]...

No accelerator (the clock's vDSO cannot answer, all is some ten times slower), no disk, no network: the files are an initramfs.
Two CPUs in one thread: with a thread for each, qemu before 8.1 locks guests up (docs/decisions/0028-emulated-kernel.md)."""
import pathlib, re, shutil, subprocess, sys, tempfile, time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BOOT_SECONDS = 300  # 50 to 80 are usual
MACHINES = {
    "amd64": {"build": ROOT / "build/release", "triplet": "x86_64-linux-gnu", "libraries": [pathlib.Path("/")], "append": "console=ttyS0 no_timer_check",
              "qemu": ["qemu-system-x86_64", "-cpu", "max"]},
    "arm64": {"build": ROOT / "build/aarch64", "triplet": "aarch64-linux-gnu", "libraries": [ROOT / "build/aarch64-sysroot"], "append": "console=ttyAMA0",
              "qemu": ["qemu-system-aarch64", "-machine", "virt", "-cpu", "neoverse-n1"]},
}
PROGRAMS = [line.split()[0] for line in (HERE / "programs").read_text().splitlines() if not line.startswith("#")]


def needed(program):
    """Names of the libraries and of the loader that a program asks for."""
    text = subprocess.run(["readelf", "-ld", program], capture_output=True, text=True, check=True).stdout
    loader = re.findall(r"interpreter: .*/(\S+)\]", text)
    return set(re.findall(r"\(NEEDED\).*\[(.*)\]", text) + loader)


def add_libraries(folder, programs, roots, triplet):
    """Copies into folder/lib what the programs need, and what that needs."""
    wanted, have = set().union(*map(needed, programs)), set()
    while wanted - have:
        name = (wanted - have).pop()
        places = [root / place / name for root in roots for place in (f"usr/lib/{triplet}", f"lib/{triplet}", "lib64", "lib")]
        found = next(place for place in places if place.exists())
        shutil.copy(found, folder / "lib" / name)
        wanted |= needed(found)
        have.add(name)


def initramfs(machine, tree, folder):
    """The machine's files as an archive beside the folder."""
    for name in ("bin", "lib", "tests", "tanso", "tanso/korea"):
        (folder / name).mkdir()
    (folder / "lib64").symlink_to("lib")
    roots = [*machine["libraries"], tree]
    tools = {"busybox": tree / "usr/bin/busybox", "curl": next(r / "usr/bin/curl" for r in roots if (r / "usr/bin/curl").exists())}
    ours = [machine["build"] / "tests" / name for name in PROGRAMS]
    stages = [p for p in (machine["build"] / "bin").iterdir() if re.fullmatch(r"tanso(-\w+)?", p.name)]
    for source, place in [(HERE / "init", "init"), *[(path, f"bin/{name}") for name, path in tools.items()],
                          *[(p, f"tests/{p.name}") for p in ours], *[(p, f"tanso/{p.name}") for p in stages]]:
        shutil.copy(source, folder / place)
    shutil.copy(next(tree.glob("usr/lib/modules/*/kernel/drivers/block/brd.ko")), folder)
    for read in (ROOT / "docs/security.md", machine["build"] / "tests/nvml/libnvidia-ml.so.1"):  # tests read them where they were built
        place = folder / read.relative_to("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(read, place)
    shutil.copytree(ROOT / "deploy/config/korea", folder / "tanso/korea", dirs_exist_ok=True)
    (folder / "tanso/tanso.conf").write_text("data_dir = /tanso/korea\nstate_dir = /var/lib/tanso\ninterval_ms = 2000\n")
    add_libraries(folder, [tools["curl"], *ours, *stages], roots, machine["triplet"])
    archive = folder.with_suffix(".cpio")
    with open(archive, "wb") as out:
        subprocess.run("find . | cpio --quiet -o -H newc", shell=True, cwd=folder, stdout=out, check=True)
    return archive


def boot(machine, kernel, archive):
    """What the machine said until it powered off."""
    command = [*machine["qemu"], "-accel", "tcg,thread=single", "-smp", "2", "-m", "1G", "-nodefaults", "-display", "none", "-no-reboot",
               "-serial", "stdio", "-kernel", kernel, "-initrd", archive, "-append", f"{machine['append']} loglevel=3 panic=-1"]
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=BOOT_SECONDS).stdout
    except subprocess.TimeoutExpired as late:
        return (late.stdout or b"") + b"\nnot done in time\n"


def seconds_agree(fact):
    kernel, ours = map(float, fact.split())
    return kernel > 0.2 and abs(ours - kernel) < max(0.01 * kernel, 0.005)


def program_passed(fact):
    status, passed = map(int, fact.split())
    return status == 0 and passed > 0


CHECKS = {
    "kernel": (lambda fact: fact.startswith("6.1."), "the kernel is Debian 12's 6.1"),
    **{name: (program_passed, f"{name} passes") for name in PROGRAMS},
    "ebpf": (lambda fact: fact == "1", "CPU time comes from eBPF"),
    "busy.service": (seconds_agree, "a busy loop's CPU time is the kernel's"),
    "short.service": (seconds_agree, "200 short processes' CPU time is the kernel's"),
    "sent": (lambda fact: fact == "1000000", "what a workload sends is counted to the byte, though 6.1 tells nothing of sockets"),
    "received": (lambda fact: fact == "", "what it receives is absent there, and not 0"),
    "stopped": (lambda fact: fact == "0", "tanso up ends with status 0"),
}


def judge(name, console):
    facts = dict(re.findall(r"^fact (\S+) ?(.*?)\r?$", console, re.M))
    good = True
    for key, (is_right, sentence) in CHECKS.items():
        try:
            right = is_right(facts[key])
        except (KeyError, ValueError):
            right = False
        print(f"PASS {sentence} ({name}: {facts[key]})" if right else f"FAIL {sentence} ({name}): {facts.get(key, 'not told')}", flush=True)
        good &= right
    for test in re.findall(r"^skipped (\w+)\r?$", console, re.M):
        print(f"SKIP {test} on 6.1: it asks for more than this kernel has ({name})")
    if not good:
        print(console)
    return good


def run(name, machine):
    tree = ROOT / f"build/kernel-{name}"
    subprocess.run([ROOT / "deploy/cross/debian-tree", name, tree, f"linux-image-cloud-{name}", "busybox-static", "curl"], check=True)
    kernel = next((tree / "boot").glob("vmlinuz-*"))
    work = pathlib.Path(tempfile.mkdtemp(prefix="tanso-kernel-"))
    try:
        (work / "files").mkdir()
        start = time.monotonic()
        console = boot(machine, kernel, initramfs(machine, tree, work / "files")).decode(errors="replace")
        print(f"{name}: {time.monotonic() - start:.0f} s")
        return judge(name, console)
    finally:
        shutil.rmtree(work)


sys.exit(not all([run(name, MACHINES[name]) for name in sys.argv[1:] or MACHINES]))
