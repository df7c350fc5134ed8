"""A machine's power meters as a tree of files, whose energy is a function the test knows. The C twin: tests/fixture/sysfs.h."""
import os, pathlib, threading, time

RAPL_RANGE = 262_143_328_850


class Zone:
    """One RAPL zone: `watts` while the machine runs, from `start` µJ, wrapping at `range_uj` as the kernel's does (to 0)."""

    def __init__(self, path, name, watts, start=0, range_uj=RAPL_RANGE):
        self.path, self.name, self.watts, self.start, self.range = pathlib.Path(path), name, watts, start, range_uj
        self.grown = 0  # µJ since the beginning, never wrapped: the truth
        self.path.mkdir(parents=True)
        (self.path / "name").write_text(name + "\n")
        (self.path / "max_energy_range_uj").write_text(f"{range_uj}\n")
        self.write()

    def write(self):
        # whole or not at all, as sysfs is
        new = self.path / ".energy_uj"
        new.write_text(f"{(self.start + self.grown) % self.range}\n")
        new.rename(self.path / "energy_uj")


class FakeSysfs:
    """The host's sysfs by links, with power meters of ours. Energy stands still until run() and after freeze()."""

    def __init__(self, folder):
        self.root = pathlib.Path(folder)
        self.zones = []
        self.thread = None
        (self.root / "class").mkdir(parents=True)
        for entry in os.listdir("/sys"):
            if entry not in ("class", "bus"):
                (self.root / entry).symlink_to(pathlib.Path("/sys") / entry)

    def rapl(self, folder, name, watts, **more):
        self.zones.append(Zone(self.root / "class/powercap" / folder, name, watts, **more))
        return self.zones[-1]

    def put(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def run(self):
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.advance)
        self.thread.start()

    def advance(self):
        begin = time.monotonic_ns()
        base = [zone.grown for zone in self.zones]
        while not self.stopping.wait(0.02):
            ms = (time.monotonic_ns() - begin) // 1_000_000
            for zone, before in zip(self.zones, base):
                zone.grown = before + zone.watts * ms * 1000  # W x ms = mJ
                zone.write()

    def freeze(self):
        """Energy stands still from here; what each zone grew by is its truth."""
        if self.thread:
            self.stopping.set()
            self.thread.join()
            self.thread = None

    def truth(self, prefix):
        return sum(zone.grown for zone in self.zones if zone.name.startswith(prefix))
