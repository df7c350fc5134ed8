"""tanso-analyst as a process, under its real filter, between fake peers. Usage: test_analyst.py BIN_FOLDER
Prints PASS or FAIL a test; exit status 1 when any failed."""
import json, os, pathlib, random, shutil, signal, socket, sqlite3, struct, subprocess, sys, tempfile, threading, time

from history_fixture import History
from runner import BIN, run, wait_until

KOREA = pathlib.Path(__file__).resolve().parents[2] / "deploy/config/korea"
DEMO = KOREA.parents[2] / "tests/fuzz/seeds/demo"
PEER = BIN.parent / "tests/fake_estimator"


class Mute(Exception):
    """nng 1.5.2 no longer dials for the peer (docs/decisions/0021), which has no supervisor and no memory to begin anew with."""


class Analyst:
    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tanso-analyst-"))
        self.process = None
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder)

    def start(self, *settings):
        sets = [f"runtime_dir={self.folder}/run", f"state_dir={self.folder}/state", *settings]
        self.log = open(self.folder / "log", "a")
        self.process = subprocess.Popen([BIN / "tanso-analyst", *(a for s in sets for a in ("--set", s))], stderr=self.log)
        wait_until(lambda: (self.folder / "run/analyst/frontend.ipc").exists() or self.process.poll() is not None)
        return self

    def words(self, peer):
        """What the peer says; meanwhile an analyst that nng left deaf (docs/decisions/0021) is started again, as its supervisor does."""
        out = []
        reader = threading.Thread(target=lambda: out.append(peer.communicate(timeout=60)[0]))
        reader.start()
        while reader.is_alive():
            if self.process.poll() == 1 and (self.folder / "log").read_text().rstrip().endswith("restarting to listen anew"):
                self.start()
            reader.join(0.05)
        if peer.returncode == 3:
            raise Mute
        return words(peer, *out)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        return self.process.wait(10)

    def peer(self, frames, interval_ms, *arguments):
        return subprocess.Popen([PEER, f"{self.folder}/run", str(frames), str(interval_ms), *arguments],
                                stdout=subprocess.PIPE, text=True)

    def ledger(self, sql):
        db = sqlite3.connect(self.folder / "state/analyst/ledger.db")
        try:
            return db.execute(sql).fetchone()[0]
        finally:
            db.close()


def words(peer, out=None):
    if out is None:
        out, _ = peer.communicate(timeout=60)
    assert peer.returncode == 0, f"the peer got no acknowledgement or answer: {out}"
    return dict(line.split(" ", 1) for line in out.splitlines())


def frames_are_booked_acknowledged_and_answered():
    with Analyst() as a:
        a.start("pue=1.6")
        said = words(a.peer(40, 30, '{"workload_name": "two", "namespace": "system.slice"}'))
        seq, package_uj = said["acknowledged"].split()
        assert a.ledger("SELECT total_uj FROM node_total WHERE zone = 'package'") == int(package_uj)
        assert a.ledger("SELECT total_uj FROM node_total WHERE zone = 'gpu'") == 2 * a.ledger("SELECT sum(active_package) FROM all_workload")
        assert a.ledger("SELECT committed_seq FROM commit_state") == int(seq)
        code, body = said["answer"].split(" ", 1)
        answer = json.loads(body)
        assert code == "200" and answer["workload"] == "two.service" and answer["pue_status"] == "NON_COMPLIANT", body
        parts = answer["power_breakdown_watts"]
        assert abs(parts["gpu"] - 2 * parts["cpu"]) < 1e-6 and abs(answer["current_power_watts"] - 3 * parts["cpu"]) < 1e-6, body
        assert a.stop() == 0
        assert not (a.folder / "state/analyst/ledger.db-wal").exists(), "the ledger was not closed"


def kills_lose_and_double_nothing():
    for _ in range(4):
        try:
            return kill_six_times()
        except Mute:
            pass
    raise Mute


def kill_six_times():
    seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
    rng = random.Random(seed)
    with Analyst() as a:
        a.start()
        peer = a.peer(250, 20)
        for _ in range(6):
            time.sleep(rng.uniform(0.2, 1.0))
            a.kill()
            a.start()
        _, package_uj = a.words(peer)["acknowledged"].split()
        booked = a.ledger("SELECT total_uj FROM node_total WHERE zone = 'package'")
        assert booked == int(package_uj), f"seed {seed}: {booked} booked, {package_uj} sent"
        given = a.ledger("SELECT sum(active_package + idle_package) FROM all_workload")
        idle = a.ledger("SELECT idle_uj FROM node_total WHERE zone = 'package'")
        assert given + idle == booked, f"seed {seed}: {given} + {idle} is not {booked}"
        assert a.ledger("SELECT count(DISTINCT workload) FROM all_workload") == 3
        assert a.stop() == 0


class Crowd(History):
    """A frame of 5000 workloads changes more pages than a disk should be given each second."""
    WORKLOADS, PACKAGE_UJ_PER_MS = 5000, 800

    def __init__(self):
        super().__init__([f"many {self.WORKLOADS}", f"begin {int(time.time()) - 30}", "live 500"])

    def begin_peer(self):
        self.peer = subprocess.Popen([self.PEER, self.frontend.folder / "run"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.peer.stdin.write(f"many {self.WORKLOADS}\nbegin {int(time.time()) - 10}\nlive 500\n")
        self.peer.stdin.flush()
        assert self.peer.stdout.readline() == "done\n"

    def energy(self):
        status, answer = self.ask("get_power_consumption_summary")
        return answer["energy_kWh"] if status == 200 else 0

    def ledger(self, sql):
        with sqlite3.connect(f"file:{self.frontend.folder}/state/analyst/ledger.db?mode=ro", uri=True) as db:
            return db.execute(sql).fetchone()

    def committed(self):
        return self.ledger("SELECT committed_seq FROM commit_state")


def much_is_committed_seldom_and_answered_at_once():
    with Crowd() as crowd:
        seen, is_ahead = {crowd.committed()}, False
        for _ in range(10):
            before, first = crowd.committed(), crowd.energy()
            wait_until(lambda: crowd.energy() > first)
            seen.add(crowd.committed())
            is_ahead = is_ahead or crowd.committed() == before
        assert is_ahead, "what is not committed is not in the answers"
        assert len(seen) <= 3, seen


def a_kill_in_a_long_transaction_loses_nothing():
    with Crowd() as crowd:
        before, first = crowd.committed(), crowd.energy()
        wait_until(lambda: crowd.energy() > first)
        crowd.analyst.kill()
        crowd.analyst.wait()
        crowd.analyst = subprocess.Popen(crowd.analyst.args, stderr=subprocess.DEVNULL)
        wait_until(lambda: crowd.committed() > before)
        crowd.analyst.terminate()
        assert crowd.analyst.wait(10) == 0
        begin_ns, end_ns = crowd.ledger("SELECT first_boot_ns, last_boot_ns FROM commit_state")
        expected = crowd.WORKLOADS * crowd.PACKAGE_UJ_PER_MS * (end_ns - begin_ns) // 10**6
        assert crowd.ledger("SELECT total_uj FROM node_total WHERE zone = 'package'") == (expected,)
        assert crowd.ledger("SELECT sum(active_package) FROM all_workload") == (expected,)


def what_an_epoch_brought_is_committed_before_the_next_begins():
    """Nobody tells it again: not even a kill right after it may lose it."""
    with Crowd() as crowd:
        before, first = crowd.committed(), crowd.energy()
        wait_until(lambda: crowd.energy() > first)
        answered = crowd.energy()
        assert crowd.committed() == before
        crowd.peer.terminate()
        crowd.peer.wait(10)
        crowd.begin_peer()  # its epoch brings ten seconds at once
        wait_until(lambda: crowd.energy() > answered + 5 * crowd.WORKLOADS / 3.6e6)
        crowd.analyst.kill()
        crowd.analyst.wait()
        package_uj, = crowd.ledger("SELECT total_uj FROM node_total WHERE zone = 'package'")
        assert package_uj / 0.8 / 3.6e12 > answered * 0.999999, (package_uj, answered)


def garbage_is_dropped_and_the_process_lives():
    with Analyst() as a:
        a.start()
        rng = random.Random(1)
        for producer in ("estimator", "frontend"):
            for _ in range(50):
                with socket.socket(socket.AF_UNIX) as s:
                    s.connect(f"{a.folder}/run/analyst/{producer}.ipc")
                    s.sendall(b"\0SP\0\0\x50\0\0")  # SP handshake of a push socket
                    s.recv(8)
                    payload = rng.randbytes(rng.randrange(1, 2000))
                    if rng.random() < 0.5:
                        payload = b"\x99" + payload  # an array of nine, as a frame is
                    try:
                        s.sendall(b"\1" + struct.pack(">Q", len(payload)) + payload)
                    except BrokenPipeError:
                        pass
        assert a.process.poll() is None
        a.words(a.peer(5, 20))
        assert a.stop() == 0


def a_corrupt_ledger_is_set_aside_and_said():
    with Analyst() as a:
        (a.folder / "state/analyst").mkdir(parents=True)
        (a.folder / "state/analyst/ledger.db").write_bytes(b"no database " * 2000)
        a.start()
        words(a.peer(5, 20))
        assert a.stop() == 0
        assert list((a.folder / "state/analyst").glob("ledger.db.corrupt-*"))
        assert "is corrupt: set aside" in (a.folder / "log").read_text()


def a_ledger_that_is_moved_or_removed_is_noticed_and_another_begins():
    for taken in (lambda path: path.rename(path.with_name("elsewhere.db")), lambda path: path.unlink()):
        with Analyst() as a:
            a.start()
            words(a.peer(5, 20))
            path = a.folder / "state/analyst/ledger.db"
            taken(path)
            assert a.process.wait(10) == 1
            assert "ledger.db was moved or removed" in (a.folder / "log").read_text()
            if path.with_name("elsewhere.db").exists():  # whole, without its log
                with sqlite3.connect(path.with_name("elsewhere.db")) as db:
                    assert db.execute("SELECT count(*) FROM slot_workload").fetchone()[0] > 0
            a.start()
            words(a.peer(5, 20))
            assert a.ledger("SELECT count(*) FROM slot_workload") > 0
            assert a.stop() == 0
            assert not list(path.parent.glob("*.corrupt-*"))


def a_log_that_is_removed_loses_nothing():
    for name in ("-wal", "-shm"):
        with Analyst() as a:
            a.start()
            words(a.peer(5, 20))
            path = a.folder / "state/analyst/ledger.db"
            path.with_name("ledger.db" + name).unlink()
            assert a.process.wait(10) == 1
            with sqlite3.connect(path) as db:
                assert db.execute("SELECT count(*) FROM slot_workload").fetchone()[0] > 0


def a_second_one_in_the_same_folder_is_refused():
    with Analyst() as a:
        a.start()
        words(a.peer(5, 20))
        second = subprocess.run([BIN / "tanso-analyst", "--set", f"runtime_dir={a.folder}/elsewhere", "--set", f"state_dir={a.folder}/state"],
                                stderr=subprocess.PIPE, text=True, timeout=10)
        assert second.returncode == 1 and "another tanso-analyst books in" in second.stderr, second
        assert a.stop() == 0


def data_files_are_read_again_and_bad_ones_refused():
    with Analyst() as a:
        data, ask = a.folder / "data", '{"workload_name": "two.service"}'

        def publish(version, change):  # as kubelet does: a folder of its own, and one link that is swapped
            shutil.copytree(KOREA, data / f"..{version}")
            path = data / f"..{version}/standards.json"
            path.write_text(change(path.read_text()))
            (data / "..new").symlink_to(f"..{version}")
            (data / "..new").rename(data / "..data")

        def said():
            answer = json.loads(words(a.peer(3, 20, ask))["answer"].split(" ", 1)[1])
            return answer["target_carbon_intensity_gCO2eq_kWh"], answer["provenance"]["data"]["sha256"]

        def log():
            return (a.folder / "log").read_text()

        data.mkdir()
        publish("v1", lambda text: text)
        for file in KOREA.iterdir():
            (data / file.name).symlink_to(f"..data/{file.name}")
        a.start(f"data_dir={data}")
        target, sha256 = said()
        assert target == 424
        publish("v2", lambda text: text.replace('"target": 424', '"target": 400'))
        wait_until(lambda: log().count("read again") == 1)
        assert said()[0] == 400 and said()[1] != sha256
        publish("v3", lambda text: text.replace('"target": 400', '"target": "low"').replace('"target": 424', '"target": "low"'))
        wait_until(lambda: "standards[0].target: must be a number; the data read before stay in use" in log())
        assert said()[0] == 400
        shutil.rmtree(data / "..v1")
        publish("v1", lambda text: text)
        wait_until(lambda: log().count("read again") == 2)
        a.process.send_signal(signal.SIGHUP)  # reads them whether they changed or not
        wait_until(lambda: log().count("read again") == 3)
        assert said() == (424, sha256) and a.stop() == 0, log()


def the_earlier_demo_s_config_map_is_laid_over_and_read_again():
    with Analyst() as a:
        shutil.copytree(DEMO, a.folder / "demo")
        rules = a.folder / "demo/regulations.json"

        def log():
            return (a.folder / "log").read_text()

        def said():
            answer = json.loads(words(a.peer(3, 20, '{"workload_name": "two.service"}'))["answer"].split(" ", 1)[1])
            return answer["target_carbon_intensity_gCO2eq_kWh"], answer["legal_status"], answer["provenance"]["grid"]["quality"]

        def write(target):
            (a.folder / "new").write_text((DEMO / "regulations.json").read_text().replace(": 430", f": {target}"))
            (a.folder / "new").rename(rules)

        a.start(f"demo_data_dir={a.folder}/demo")
        assert said() == (430, "unverified", "unverified")
        assert "its day is ignored" in log() and "KR_CARBON_2050 = 430" in log(), log()
        write(410)
        wait_until(lambda: "KR_CARBON_2050 = 410" in log())
        assert said()[0] == 410
        write('"low"')
        wait_until(lambda: "regulations.json: korea_carbon_neutrality.grid_carbon_intensity_gco2_kwh: must be a number; "
                         "the data read before stay in use" in log())
        assert said()[0] == 410 and a.stop() == 0, log()
        (a.folder / "conf").write_text(f"demo_data_dir = {DEMO}\n")
        doctor = subprocess.run([BIN / "tanso", "doctor", "--config", a.folder / "conf", "--runtime-dir", a.folder / "none",
                                 "--url", "http://127.0.0.1:9"], stdout=subprocess.PIPE, text=True).stdout
        assert "KR_CARBON_2050 = 430" in doctor and "unverified" in doctor, doctor


def bad_settings_are_named():
    with Analyst() as a:
        (a.folder / "grid.csv").write_text("00:00,446.25\n01:00,much\n")
        for setting, text in ((f"grid_file={a.folder}/grid.csv", "grid.csv:2:"), ("data_dir=/nonexistent", "standards.json"),
                              ("demo_data_dir=/nonexistent", "/nonexistent: holds none of regions.json"),
                              ("standard=KR_NONE", "standard = KR_NONE is not in"), ("region=ap-northeast-22", "Did you mean ap-northeast-2? Known: ")):
            a.start(setting)
            assert a.process.wait(30) != 0
            assert text in (a.folder / "log").read_text(), setting


sys.exit(run((frames_are_booked_acknowledged_and_answered, kills_lose_and_double_nothing,
              much_is_committed_seldom_and_answered_at_once, a_kill_in_a_long_transaction_loses_nothing,
              what_an_epoch_brought_is_committed_before_the_next_begins,
              garbage_is_dropped_and_the_process_lives, a_corrupt_ledger_is_set_aside_and_said,
              a_ledger_that_is_moved_or_removed_is_noticed_and_another_begins, a_log_that_is_removed_loses_nothing,
              a_second_one_in_the_same_folder_is_refused, data_files_are_read_again_and_bad_ones_refused,
              the_earlier_demo_s_config_map_is_laid_over_and_read_again,
              bad_settings_are_named)))
