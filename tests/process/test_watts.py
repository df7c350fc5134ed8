"""Exporter and analyst, told by one estimator, say the same watts of the same window. Usage: test_watts.py BIN_FOLDER
Prints PASS or FAIL a test; exit status 1 when any failed."""
import concurrent.futures, sys, time

from exporter_fixture import BIN, Exporter, expect, parse, run_all, wait_for
from history_fixture import History


def _ticks(watts, *ticks, state="model", who="both"):
    return [f"{ms} {state} {who} {watts}" for ms in ticks]


class _Both(History):
    """Exporter and analyst, with fake_ticks.c as their estimator."""
    PEER = BIN.parent / "tests" / "fake_ticks"

    def __init__(self):
        super().__init__(["done"])
        self.exporter = Exporter(tls=False, runtime_dir=self.frontend.folder / "run")

    def start(self):
        self.exporter.begin()
        assert wait_for(self.exporter.is_up), self.exporter.log()
        return super().start()

    def has_all(self):
        return True

    def __exit__(self, *_):
        try:
            super().__exit__()
        finally:
            self.exporter.__exit__()

    def tell(self, ticks):
        self.peer.stdin.write("".join(tick + "\n" for tick in ticks))
        self.peer.stdin.flush()

    def after(self, ticks, joules, booked=None):
        """(watts of the load, seconds they are the mean of) by /metrics, and by an answer, as soon as both heard of all its joules."""
        self.tell(ticks)
        assert wait_for(lambda: self.shown("tanso_workload_joules_total") == joules), self.exporter.get()
        assert wait_for(lambda: self.booked() == (booked or joules)), self.booked()
        status, answer = self.ask("assess_workload_compliance", workload_name="load.service", allow_fake=True)
        expect(status, 200)
        return ((self.shown("tanso_workload_watts"), self.shown("tanso_watts_window_seconds")),
                (answer["current_power_watts"], answer["provenance"]["power"]["watts_window_s"]))

    def shown(self, name):
        status, text = self.exporter.get()  # one: a new epoch may begin before another
        return next((value for (series, _), value in parse(text).items() if series == name), None) if status == 200 else None

    def booked(self):
        status, body = self.post("/views/workload_metrics", {"namespace": "system.slice", "workload_name": "load.service"})
        return body["metrics"]["cpu_joules_total"] if status == 200 else body


def no_window_begins_before_the_first_watt():
    """The windows' points lie 4 s apart on the clock: a frame of the first moments just before such a border was one of /metrics alone."""
    with _Both() as b:
        ticks = _ticks(10, 3900, state="initializing") + _ticks(10, 4100, 4500, 5300, 6300, 7300) + _ticks(50, 8300, 12300, 16300)
        expect(b.after(ticks, 523), ((50, 9), (50, 9)))


def a_frame_told_twice_counts_once():
    """After a silence, too, that is longer than a window: then it reaches back to the last frame before it."""
    with _Both() as b:
        ticks = _ticks(10, 4500, 4500, 7000, 7000) + _ticks(50, 8300, 8300, 12300, 12300)
        expect(b.after(ticks, 335), ((50, 5.3), (50, 5.3)))
        expect(b.after(_ticks(20, 92300, 92300), 1935), ((20, 80), (20, 80)))


def who_hears_later_says_so_and_after_a_minute_both_say_the_same():
    with _Both() as b:
        ticks = _ticks(0, 3000, 3900, who="exporter") + _ticks(0, 4100, 7000) + _ticks(40, 8000, 12000, 16000)
        shown, answer = b.after(ticks, 360)
        expect((shown[1], answer[1]), (12.1, 9))
        for watts, seconds in (shown, answer):
            assert abs(watts * seconds - 360) < 1e-4, (watts, seconds)  # /metrics has whole µW
        expect(b.after(_ticks(10, 24000, 32000, 40000, 48000, 56000, 64000, 72000), 920), ((12, 60), (12, 60)))


def a_fake_meters_joules_are_no_watts_of_the_models():
    with _Both() as b:
        fake = _ticks(1000, 1000, 5000, 9000, state="fake")
        expect(b.after(fake, 9000), ((1000, 8), (1000, 8)))
        began = time.monotonic()
        b.tell(["epoch", *_ticks(20, 10000)])
        assert wait_for(lambda: b.shown("tanso_workload_joules_total") == 20)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            asked = pool.submit(b.ask, "list_top_power_consumers")
            time.sleep(0.2)  # a question that came before the second tick has to wait for it, but no more than 3 s
            b.tell(_ticks(20, 11000))
            status, answer = asked.result()
        assert time.monotonic() - began > 2 or (status == 200 and answer["consumers"]), (status, answer)
        expect(b.after([], 40, 9040), ((20, 1), (20, 1)))


if __name__ == "__main__":
    sys.exit(run_all("watts", globals()))
