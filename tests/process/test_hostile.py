"""What somebody without a credential can send to a server, and a stage that lies to its peers: test_hostile.py BIN_FOLDER. Prints PASS or
FAIL a test; exit status 1 when any failed."""
import contextlib, select, socket, sqlite3, struct, sys, time

from frontend_fixture import Frontend, run_all, wait_for
from history_fixture import History

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\x04" + bytes(5)  # no settings
POST = b"\x83\x84\x86\x01\x09localhost"  # to "/" by http


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def connect(f):
    s = socket.create_connection(("127.0.0.1", f.port), timeout=10)
    s.sendall(PREFACE)
    return s


def is_cut(s):
    with contextlib.suppress(BlockingIOError):
        s.setblocking(False)
        try:
            while s.recv(65536):
                pass
            return True
        except ConnectionError:
            return True
    return False


def is_over(s, port):
    """Does the server's end of it exist no more? Told by the kernel: its own end is not read."""
    ours = s.getsockname()[1]
    with open("/proc/net/tcp") as table:
        rows = [line.split() for line in table]
    return not any(int(row[1][-4:], 16) == port and int(row[2][-4:], 16) == ours and row[3] == "01" for row in rows[1:])


def unfinished_bodies_do_not_fill_the_memory():
    """100 a connection, 4 KB each: h2o keeps them all until they are whole."""
    with Frontend().start("http_body_bytes=1024") as f:
        bodies = b"".join(frame(1, 4, 2 * i + 1, POST) + frame(0, 0, 2 * i + 1, b"x" * 4000) for i in range(100))
        connections = [connect(f) for _ in range(6)]  # 2.4 MB, twice what all may hold
        for s in connections:
            with contextlib.suppress(OSError):
                s.sendall(bodies)
        assert wait_for(lambda: any(is_cut(s) for s in connections), 5), "all are kept"
        assert not all(is_cut(s) for s in connections), "more than needed are cut"
        assert f.status("/healthz") == 200


def who_takes_no_answer_is_cut():
    """h2o waits for a window, and for a reader, as long as they like; events wait for nobody."""
    get = b"\x82\x86\x01\x09localhost\x04"
    no_window = frame(4, 0, 0, struct.pack(">HI", 4, 0))  # SETTINGS_INITIAL_WINDOW_SIZE
    with Frontend().start("http_idle_ms=1000") as f:
        def ask(path, settings=b""):
            s = connect(f)
            s.sendall(settings + frame(1, 5, 1, get + bytes([len(path)]) + path.encode()))
            return s
        stalled = [ask("/healthz", no_window), ask("/docs", no_window)]
        pinging = ask("/healthz", no_window)  # what it does besides is no progress
        events = ask("/events")
        plain = socket.create_connection(("127.0.0.1", f.port))
        plain.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        deaf = socket.socket()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", f.port))
        deaf.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 900)
        until = time.monotonic() + 2.5
        while time.monotonic() < until:
            with contextlib.suppress(OSError):
                pinging.sendall(frame(6, 0, 0, bytes(8)))
            time.sleep(0.1)
        assert [is_cut(s) for s in (*stalled, pinging)] == [True] * 3
        assert f.status("/healthz") == 200
        assert not is_cut(events) and not is_cut(plain), "events are cut"
        assert is_over(deaf, f.port), "who does not read is kept"


def who_reads_slowly_gets_all():
    """Each piece within the time, the whole not."""
    with Frontend().start("http_idle_ms=1000") as f:
        body = len(f.curl("/openapi.json")[1].encode())
        with connect(f) as s:
            size = body // 8 + 1
            s.sendall(frame(8, 0, 0, struct.pack(">I", body)) + frame(4, 0, 0, struct.pack(">HI", 4, size)))
            s.sendall(frame(1, 5, 1, b"\x82\x86\x01\x09localhost\x04\x0d/openapi.json"))
            for _ in range(8):
                time.sleep(0.4)
                s.sendall(frame(8, 0, 1, struct.pack(">I", size)))
            s.settimeout(2)
            got = b""
            with contextlib.suppress(TimeoutError):
                while len(got) < body:
                    assert (more := s.recv(65536)), "cut"
                    got += more
            assert len(got) >= body, (len(got), body)


def requests_taken_back_at_once_count_as_requests():
    """CVE-2023-44487: what is begun and reset is never among the streams that are open."""
    get = frame(1, 5, 1, b"\x82\x86\x01\x09localhost\x04\x08/healthz")
    with Frontend().start("http_requests_per_second=1000") as f:
        with connect(f) as s:
            with contextlib.suppress(ConnectionError):
                for stream in range(1, 2 * 5000, 2):
                    number = struct.pack(">I", stream)
                    s.sendall(get[:5] + number + get[9:] + frame(3, 0, stream, struct.pack(">I", 8)))
            assert wait_for(lambda: is_cut(s), 5), "5000 in a moment, 1000 a second allowed"
        assert f.status("/healthz") == 200


def strange_frames_do_not_fill_the_log():
    """h2o 2.2.5 prints a line for each."""
    with Frontend().start() as f:
        with connect(f) as s:
            s.sendall(frame(0x55, 0, 0) * 5000)
            select.select([s], [], [], 5)
            time.sleep(0.2)
        assert f.status("/healthz") == 200
        lines = (f.folder / "log").read_text().splitlines()
        assert len(lines) < 30, len(lines)
        assert any("skipping frame" in line for line in lines), lines


def energy_of_a_time_to_come_is_not_booked():
    """One such frame would close all hours until then, and what is used before would not have its own."""
    now = int(time.time())
    with History(["name 1 container prod app - - - 0", f"begin {now - 900}", "power 1 10 0 0 1", f"until {now - 300}",
                  f"until {now + 3 * 365 * 86400}", "stale"]) as h:
        def booked():
            with contextlib.closing(sqlite3.connect(f"file:{h.frontend.folder}/state/analyst/ledger.db?mode=ro", uri=True)) as db:
                return [slot for slot, in db.execute("SELECT slot FROM slot_node")]
        assert wait_for(booked, 10)
        time.sleep(1.2)  # longer than between two commits
        assert max(booked()) <= now, [slot - now for slot in booked()]


sys.exit(run_all("hostile", globals()))
