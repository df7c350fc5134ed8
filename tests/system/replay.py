"""Who should have how many joules under the fake meter: worked out here from the collector's readings and boot time alone."""
import threading

from account import CPU_NS, ROW_CGROUP, Ring


class Replay(threading.Thread):
    """Follows the ring and splits each interval's active energy (half the fake watts) by how CPU times grew."""

    def __init__(self, p, watts):
        super().__init__(daemon=True)
        self.ring, self.active_watts = Ring(p), watts / 2
        self.joules, self.last, self.done = {}, None, threading.Event()
        self.take(self.ring.read())
        self.start()

    def take(self, tick):
        now = {r["id"]: r["counter"][CPU_NS] for r in tick["rows"] if r["kind"] == ROW_CGROUP}
        if self.last and tick["seq"] > self.last[0]:
            grown = {i: max(0, ns - self.last[2].get(i, 0)) for i, ns in now.items()}
            active = self.active_watts * (tick["mono_ns"] - self.last[1]) / 1e9
            for i, ns in grown.items():
                self.joules[i] = self.joules.get(i, 0) + active * ns / max(1, sum(grown.values()))
        self.last = tick["seq"], tick["mono_ns"], now

    def run(self):
        while not self.done.wait(0.2):
            self.take(self.ring.read())

    def stop(self):
        self.done.set()
        self.join()
        self.take(self.ring.read())
        return self.joules


def check_joules(p, loads, joules, ratio=0.01):
    """Raises unless each load has the joules the replay gives it, within `ratio`."""
    bad = []
    for load in loads:
        ours = p.metric("tanso_workload_joules_total", workload=load.name, zone="package") or 0.0
        wanted = joules.get(load.cgroup_id(), 0.0)
        print(f"  {load.name:22} replayed {wanted:9.3f} J  tanso {ours:9.3f} J")
        if abs(ours - wanted) > ratio * wanted + 0.1:
            bad.append(f"{load.name}: {ours} J against {wanted} J")
    if bad:
        raise AssertionError("; ".join(bad))
