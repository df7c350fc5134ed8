"""What the analyst writes a day, where so many workloads draw power: ledger.py BIN_FOLDER SECONDS WORKLOADS[m]... (m: its ledger is full
grown: each workload's rows of a day and more lie on pages of their own). Written: bytes given to the file and its log (wchar), and those
that the kernel had to send to the disk (write_bytes). ASK=1: with questions meanwhile; WARM: seconds before it begins."""
import os, pathlib, shutil, sqlite3, sys, tempfile, threading, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "process"))
folder, seconds, sizes = pathlib.Path(sys.argv[1]).resolve(), float(sys.argv[2]), sys.argv[3:]
sys.argv[1] = str(folder)
from history_fixture import History  # noqa: E402

SLOTS = 280  # of five minutes, less than LEDGER_SLOT_HOURS: none is rolled up
DAY_S = 86400


def grow(path):
    with sqlite3.connect(path) as db:
        now = int(time.time()) // 300 * 300
        columns = [row[1] for row in db.execute("PRAGMA table_info(slot_workload)")]
        zeros = ", ".join("1000000000" if name == "active_package" else "0" for name in columns[5:])
        db.execute("CREATE TEMP TABLE past(slot INTEGER)")
        db.executemany("INSERT INTO past VALUES(?)", ((now - 300 * i,) for i in range(SLOTS, 1, -1)))
        db.execute("INSERT OR IGNORE INTO slot_workload SELECT w.id, slot, 2, 300000000000, 0, " + zeros + " FROM workload w CROSS JOIN past")
        db.execute("INSERT OR IGNORE INTO load_workload SELECT w.id, slot, 30000000000, 300000000000, 1000 FROM workload w CROSS JOIN past")


def sample(pid):
    io = dict(line.split(": ") for line in pathlib.Path(f"/proc/{pid}/io").read_text().splitlines())
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return int(io["wchar"]), int(io["write_bytes"]), (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


class Live(History):
    def __init__(self, workloads, past=None):
        super().__init__([f"many {workloads}", f"begin {int(time.time()) - 30}", "live 1000"], http_requests_per_second=1000000)
        if past is not None:
            shutil.move(past, self.frontend.folder / "state" / "analyst")
            past.parent.rmdir()


def measure(size):
    workloads, is_mature = int(size.rstrip("m")), size.endswith("m")
    past = None
    if is_mature:
        past = pathlib.Path(tempfile.mkdtemp(prefix="tanso-bench-")) / "analyst"
        with Live(workloads) as live:
            time.sleep(2)
            live.analyst.terminate()
            live.analyst.wait(60)
            shutil.move(live.frontend.folder / "state" / "analyst", past)
        grow(past / "ledger.db")
    with Live(workloads, past) as live:
        waits, is_over = [], threading.Event()

        def ask():
            while not is_over.wait(0.02):
                begin = time.monotonic()
                live.ask("assess_workload_compliance", workload_name=f"app{len(waits) % workloads}", namespace="prod")
                waits.append(time.monotonic() - begin)

        time.sleep(float(os.environ.get("WARM", 45)))  # the first commits, of names and all
        wal = live.frontend.folder / "state" / "analyst" / "ledger.db-wal"
        asking, before, begin = threading.Thread(target=ask), sample(live.analyst.pid), time.monotonic()
        if os.environ.get("ASK"):
            asking.start()
        time.sleep(seconds)
        after, span = sample(live.analyst.pid), time.monotonic() - begin
        is_over.set()
        wchar, written, cpu = ((b - a) / span for a, b in zip(before, after))
        worst = f"{1000 * sorted(waits)[-1]:.0f} ms of {len(waits)}" if os.environ.get("ASK") and (asking.join() or waits) else "-"
        print(f"{size} | {wchar / 1e6:.3f} MB/s | {wchar * DAY_S / 1e9:.1f} GB a day | disk {written / 1e6:.3f} MB/s | CPU {1000 * cpu:.1f} ms/s | "
              f"memory {peak_mib(live.analyst.pid):.0f} MiB | log {wal.stat().st_size / 2**20:.1f} MiB | longest answer {worst}", flush=True)


for each in sizes:
    measure(each)
