"""tanso-exporter as a process under its sandbox, with a scripted estimator. Usage: test_exporter.py BIN_FOLDER
Needs openssl, promtool, htpasswd, h2load, nghttp and prometheus_client. Prints PASS or FAIL a test; exit status 1 when any failed."""
import gzip, hashlib, os, random, re, shutil, signal, socket, ssl, subprocess, sys, time

from exporter_fixture import BIN, Exporter, Supervised, basic, expect, free_port, make_certificate, parse, run_all, wait_for

OPENMETRICS = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"}
# the reference parser of the format's authors; python3 may be another one than Debian's, which has it
PARSER = """import sys
from prometheus_client.openmetrics import parser
print(sum(len(f.samples) for f in parser.text_string_to_metric_families(sys.stdin.read())))"""


# of what fake_power tells: cycles are told and not counted
COUNTED = {f"tanso_{level}_{what}_total" for level in ("container", "workload") for what in ("context_switches", "softirq_seconds")}


def _promtool(text):
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    expect((done.returncode, done.stdout + done.stderr), (0, ""))


def _openmetrics(text):
    done = subprocess.run(["/usr/bin/python3", "-c", PARSER], input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def the_four_lines_everybody_asks_for_are_there():
    with Exporter() as e:
        def is_near(name, wanted, **labels):
            got = e.find(name, **labels)
            assert len(got) == 1 and abs(got[0] - wanted) < 0.01 * wanted, (name, got)
        is_near("kepler_pod_cpu_watts", 25.5, pod="app", namespace="default", zone="package")
        is_near("kepler_pod_memory_watts", 12.3, pod="app", namespace="default")
        is_near("kepler_node_cpu_watts", 125.8, zone="package")
        is_near("kepler_node_cpu_usage_ratio", 0.35)


def keplers_labels_stand_on_its_series():
    wanted = {
        "kepler_node_cpu_watts": "zone path", "kepler_node_cpu_joules_total": "zone path",
        "kepler_node_cpu_active_joules_total": "zone path", "kepler_node_cpu_idle_watts": "zone path", "kepler_node_cpu_usage_ratio": "",
        "kepler_node_cpu_info": "processor vendor_id model_name physical_id core_id",
        "kepler_process_cpu_joules_total": "pid comm exe type state container_id vm_id zone",
        "kepler_process_cpu_seconds_total": "pid comm exe type container_id vm_id",
        "kepler_container_cpu_watts": "container_id container_name runtime state zone pod_id + container pod namespace",
        "kepler_vm_cpu_joules_total": "vm_id vm_name hypervisor state zone",
        "kepler_pod_cpu_joules_total": "pod_id pod_name pod_namespace state zone + pod namespace",
        "kepler_pod_gpu_watts": "pod_id pod_name pod_namespace state + pod namespace",
        "kepler_node_gpu_joules_total": "gpu gpu_uuid gpu_name vendor", "kepler_node_gpu_idle_watts": "gpu gpu_uuid gpu_name vendor",
        "kepler_build_info": "arch branch revision version goversion"}
    with Exporter() as e:
        e.tell("gpu")
        series = e.series()
        for name, labels in wanted.items():
            found = [l for n, l in series if n == name]
            assert found, name
            for one in found:
                expect({key for key, _ in one}, set(labels.replace("+", "").split()) | {"node_name"})
        expect(sum(v for (n, l), v in series.items() if n == "kepler_node_cpu_info"), os.cpu_count())


def both_formats_are_clean_with_every_switch():
    for settings in ({}, {"metrics_kepler_joules": "yes"}, {"metrics_levels": "node,pod"}, {"metrics_counters": "yes"}):
        with Exporter(**settings) as e:
            e.tell("counters")
            e.tell("gpu")
            status, headers, body = e.ask()
            expect((status, headers["content-type"]), (200, "text/plain; version=0.0.4; charset=utf-8"))
            plain = parse(body.decode())
            _promtool(body.decode())
            status, headers, body = e.ask(headers=OPENMETRICS)
            expect((status, headers["content-type"]), (200, "application/openmetrics-text; version=1.0.0; charset=utf-8"))
            assert body.endswith(b"\n# EOF\n") and body.count(b"# EOF") == 1
            expect(_openmetrics(body.decode()), len(plain))
            expect(parse(body.decode()).keys(), plain.keys())
            expect(any(n == "kepler_container_package_joules_total" for n, _ in plain), "metrics_kepler_joules" in settings)
            expect({n for n, _ in plain if "switches" in n or "softirq" in n or "cycles" in n}, COUNTED if "metrics_counters" in settings else set())


def an_unknown_accept_gets_text_and_gzip_is_the_same():
    with Exporter() as e:
        for accept in ("image/png", "", ",;q=;;", "application/openmetrics-text;version=9", "x" * 4000):
            status, headers, _ = e.ask(headers={"Accept": accept})
            expect((status, headers["content-type"][:24]), (200, "text/plain; version=0.0."))
        status, headers, body = e.ask(headers={"Accept-Encoding": "gzip"})
        expect((status, headers["content-encoding"]), (200, "gzip"))
        expect(parse(gzip.decompress(body).decode()).keys(), e.series().keys())
        assert "content-encoding" not in e.ask(headers={"Accept-Encoding": "gzip;q=0, br"})[1]
        status, headers, body = e.ask(method="HEAD")
        expect((status, body), (200, b""))
        assert int(headers["content-length"]) > 1000


def _pods_shown(e):
    """Counted in the text: to parse all of it takes longer than to make it."""
    return len(re.findall(r'^kepler_pod_cpu_watts\{.*zone="package"', e.get()[1], re.M))


def ten_thousand_workloads_come_whole_to_several_at_a_time():
    with Exporter(pods=10000, interval_ms=1000, ring_rows=16384) as e:
        assert wait_for(lambda: _pods_shown(e) == 10000, 20, 0.5)
        asking = [subprocess.Popen(["curl", "-sk", "--compressed", "-m", "60", "-o", e.folder / f"out{i}", f"https://127.0.0.1:{e.port}/metrics"])
                  for i in range(6)]
        for one in asking:
            expect(one.wait(), 0)
        for i in range(6):
            text = (e.folder / f"out{i}").read_text()
            expect(text.count("kepler_pod_cpu_joules_total{"), 20000)
        expect([v for (n, _), v in parse(text).items() if n == "tanso_exporter_series_dropped_total"], [0])


def what_ended_stays_for_every_scraper_and_counters_only_grow():
    with Exporter() as e:
        before = e.find("kepler_pod_cpu_joules_total", pod="pod-1", zone="package")[0]
        e.tell("end 1")
        assert wait_for(lambda: len(e.find("kepler_pod_cpu_watts", pod="pod-1", state="terminated", zone="package")) == 1)
        expect(e.find("kepler_pod_cpu_watts", pod="pod-1", state="running"), [])
        e.tell("forget 1")
        for _ in range(3):  # as many scrapers as like
            after = e.find("kepler_pod_cpu_joules_total", pod="pod-1", state="terminated", zone="package")
            assert len(after) == 1 and after[0] >= before, (before, after)


def _joules_of_app(e):
    values = [v for zone in ("package", "dram") for v in e.find("kepler_pod_cpu_joules_total", pod="app", zone=zone)]
    expect(len(values), 2)
    return values


def a_pods_joules_never_go_down_over_kills():
    """Of a pod's two containers the one with 25.5 W ends and is forgotten, before the exporter is killed or while it is away."""
    for is_away in (False, True):
        with Supervised() as e:
            for line in ("join 1", "end 0") if is_away else ("join 1", "end 0", "forget 0"):
                e.tell(line)
            assert wait_for(lambda: e.find("kepler_container_cpu_watts", container_id=f"{1:064x}", state="terminated")), "its end never came"
            last = _joules_of_app(e)
            assert last[0] > 5, last
            told_at = time.monotonic()
            for _ in range(2):
                e.kill()
                if is_away:
                    e.tell("forget 0")
                e.restart()
                for _ in range(3):
                    now, seconds = _joules_of_app(e), time.monotonic() - told_at
                    assert all(n >= l for n, l in zip(now, last)) and now[0] < last[0] + seconds + 3, (last, now)  # the container that ended had more than 5 J
                    last, told_at = now, told_at + seconds
            expect(e.find("tanso_bases_left_out", stage="exporter"), [0])


def counters_never_go_down_over_kills_and_are_whole_at_once():
    """100 switches a second of each of a pod's two containers, one of which ends and is forgotten."""
    with Supervised(metrics_counters="yes") as e:
        for line in ("counters", "join 1", "end 0", "forget 0"):
            e.tell(line)
        assert wait_for(lambda: e.find("tanso_container_context_switches_total", container_id=f"{1:064x}", state="terminated")), "its end never came"
        last = e.find("tanso_workload_context_switches_total", workload="app")
        assert len(last) == 1 and last[0] > 50, last
        for _ in range(2):
            e.kill()
            e.restart()
            for _ in range(3):
                now = e.find("tanso_workload_context_switches_total", workload="app")
                assert len(now) == 1 and now[0] >= last[0], (last, now)
                last = now


def what_was_kept_is_set_aside_when_it_is_not_usable():
    with Supervised() as e:
        for line in ("join 1", "end 0", "forget 0"):
            e.tell(line)
        before = _joules_of_app(e)
        e.kill()
        os.ftruncate(e.store.kept["exporter-bases"], 4096)
        e.restart()
        after = _joules_of_app(e)
        assert after[0] < before[0], (before, after)  # so the test above would notice
        expect(e.log().count("is not usable"), 1)
        e.kill()  # its successor's memory is a new one
        e.restart()
        expect(e.log().count("is not usable"), 1)


def terminated_ones_are_bounded_and_counted():
    with Exporter(pods=30, metrics_terminated=5) as e:
        for pod in range(1, 21):
            e.estimator.stdin.write(f"end {pod}\n")
        e.tell("")
        expect(len(e.find("kepler_pod_cpu_joules_total", state="terminated", zone="package")), 5)
        expect(e.find("tanso_exporter_terminated_dropped_total"), [3 * 15])
        expect(len(e.find("kepler_pod_cpu_joules_total", state="running", zone="package")), 10)


def processes_beyond_the_bound_are_others():
    with Exporter(process_rows=1) as e:
        series = e.series()
        pids = {dict(l)["pid"] for n, l in series if n == "kepler_process_cpu_joules_total"}
        expect(len(pids), 2)
        assert "0" in pids
        expect(len(e.find("kepler_vm_cpu_joules_total", vm_id="4c5f0000-1111", zone="package")), 1)


def hostile_names_are_escaped():
    with Exporter() as e:
        for name in (r'a"} 1\x0afake_metric 5 \x5c', r"\xff\xfe\xc0\x80 z", r"\xed\xa0\x80\xf5\x80\x80\x80", r"{}=,\x0d\x09", "탄소" * 20):
            e.tell("name 1 " + name)
            assert wait_for(lambda: not e.find("kepler_pod_cpu_joules_total", pod="pod-1")), "the name was not taken"
            status, text = e.get()
            parse(text)
            _promtool(text)
            assert "\nfake_metric" not in text
            _openmetrics(e.get(headers=OPENMETRICS)[1])


def a_new_epoch_begins_anew_and_the_first_moments_show_no_watt():
    with Exporter() as e:
        e.tell("epoch")
        assert e.find("kepler_pod_cpu_joules_total", pod="app", zone="package")[0] < 25.5 * 5
        e.estimator.stdin.write("init\n")
        e.estimator.stdin.flush()
        assert wait_for(lambda: e.get("/readyz")[0] == 503, 30)
        assert not [n for n, _ in e.series() if "_watts" in n or "joules" in n]


def power_of_a_while_ago_shows_no_watt_until_it_is_told_anew():
    with Exporter() as e:
        e.estimator.stdin.write("freeze\n")
        e.estimator.stdin.flush()
        assert wait_for(lambda: e.get("/readyz")[0] == 503, 30)
        expect(e.get("/readyz")[1], "stale: no power has been told for 11 s; watts are left out\n")
        series = e.series()
        expect([n for n, _ in series if "watts" in n or n == "kepler_node_cpu_usage_ratio"], [])
        expect(e.find("kepler_pod_cpu_joules_total", pod="app", zone="package")[0] > 0, True)
        expect(e.find("tanso_power_state", state="stale"), [1])
        expect(e.find("tanso_power_state", state="model"), [0])
        assert e.find("tanso_power_age_seconds")[0] > 10
        e.tell("thaw")
        assert wait_for(lambda: e.get("/readyz")[0] == 200)
        assert e.find("kepler_pod_cpu_watts", pod="app", zone="package")
        expect(e.find("tanso_power_state", state="stale"), [0])


def it_says_that_it_is_not_ready_until_it_is():
    e = Exporter()
    try:
        e.begin()
        assert wait_for(e.is_up), e.log()
        expect(e.get()[0], 503)
        expect(e.get("/readyz")[0], 503)
        expect(e.get("/healthz"), (200, "ok\n"))
        assert '"/metrics"' in e.get("/")[1]
        expect(e.get("/nothing")[0], 404)
        status, headers, _ = e.ask(method="POST")
        expect((status, headers["allow"]), (405, "GET, HEAD"))
    finally:
        e.__exit__()


def plain_http_at_the_tls_port_is_told_to_ask_https():
    with Exporter() as e:
        done = subprocess.run(["curl", "-s", "-m", "5", "-w", "%{http_code}", f"http://127.0.0.1:{e.port}/metrics"], capture_output=True, text=True)
        expect(done.stdout, "This port speaks HTTPS: ask https:// instead of http://\n400")


def tls_is_1_2_or_1_3():
    with Exporter() as e:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = ssl._create_unverified_context()
            context.minimum_version = context.maximum_version = version
            expect(e.get("/healthz", context=context)[0], 200)
        old = subprocess.run(["curl", "-sk", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0", f"https://127.0.0.1:{e.port}/healthz"])
        assert old.returncode != 0
        out = subprocess.run(["curl", "-sk", "--http2", "-w", "%{http_version}", "-o", "/dev/null", f"https://127.0.0.1:{e.port}/metrics"],
                             capture_output=True, text=True).stdout
        expect(out, "2")


def a_new_key_is_used_without_a_restart_and_a_wrong_one_is_not():
    e = Exporter()
    for name in ("one", "two"):
        make_certificate(e.folder, name)
    secrets = e.folder / "secrets"
    secrets.mkdir()

    def place(key, certificate):
        for source, target in ((f"{key}.key", "tls.key"), (f"{certificate}.crt", "tls.crt")):
            shutil.copy(e.folder / source, secrets / (target + ".new"))
            os.rename(secrets / (target + ".new"), secrets / target)
    place("one", "one")
    e.settings.update(metrics_tls_key=secrets / "tls.key", metrics_tls_certificate=secrets / "tls.crt")
    with e:
        first, pid = e.peer_certificate(), e.process.pid
        place("two", "one")
        assert wait_for(lambda: "no pair" in e.log(), 30), e.log()
        expect(e.peer_certificate(), first)
        place("two", "two")
        assert wait_for(lambda: e.peer_certificate() != first, 30), e.log()
        (secrets / "tls.crt").write_text("nonsense")
        time.sleep(5)
        expect(e.get("/healthz")[0], 200)
        expect(e.log().count("no pair"), 1)
        expect(e.process.pid, pid)
        ends = e.find("tanso_exporter_certificate_end_timestamp_seconds")
        assert abs(ends[0] - time.time() - 2 * 86400) < 3600, ends


def a_client_certificate_is_required_where_an_authority_is_named():
    e = Exporter()
    for name, ca in (("ca", None), ("good", "ca"), ("other", None)):
        make_certificate(e.folder, name, ca)
    e.settings["metrics_client_ca"] = e.folder / "ca.crt"
    e.begin()
    try:
        def status(*arguments):
            return subprocess.run(["curl", "-sk", "-m", "10", "-o", "/dev/null", "-w", "%{http_code}", *arguments,
                                   f"https://127.0.0.1:{e.port}/healthz"], capture_output=True, text=True, cwd=e.folder).stdout
        assert wait_for(lambda: status("--cert", "good.crt", "--key", "good.key") == "200"), e.log()
        for version in ("--tlsv1.3", "--tls-max=1.2"):
            expect(status("--cert", "good.crt", "--key", "good.key", *version.split("=")), "200")
            expect(status(*version.split("=")), "000")
            expect(status("--cert", "other.crt", "--key", "other.key", *version.split("=")), "000")
    finally:
        e.__exit__()


def _with_credentials(e):
    subprocess.run(["htpasswd", "-cbB", "-C", "10", e.folder / "users", "prometheus", "pass:word"], check=True, stderr=subprocess.DEVNULL)
    (e.folder / "tokens").write_text("# grafana\n" + hashlib.sha256(b"token-1").hexdigest() + " grafana\n")
    e.settings.update(metrics_users=e.folder / "users", metrics_tokens=e.folder / "tokens")
    return e


def users_and_tokens_are_let_in_and_nobody_else():
    with _with_credentials(Exporter()) as e:
        expect(e.get(headers=basic("prometheus", "pass:word"))[0], 200)
        expect(e.get(headers={"Authorization": "Bearer token-1"})[0], 200)
        status, headers, _ = e.ask()
        expect(status, 401)
        assert "Basic" in headers["www-authenticate"] and "Bearer" in headers["www-authenticate"]
        for wrong in (basic("prometheus", "password"), basic("nobody", "pass:word"), {"Authorization": "Bearer token-2"}, {"Authorization": "Basic !!"},
                      {"Authorization": "Basic " + "A" * 30000}):
            expect(e.get(headers=wrong)[0], 401)
        expect(e.get("/", headers={})[0], 401)
        expect(e.get("/healthz")[0], 200)
        (e.folder / "tokens").write_text(hashlib.sha256(b"token-2").hexdigest() + "\n")
        assert wait_for(lambda: e.get(headers={"Authorization": "Bearer token-2"})[0] == 200, 30)
        expect(e.get(headers={"Authorization": "Bearer token-1"})[0], 401)
        (e.folder / "tokens").write_text("nonsense\n")
        assert wait_for(lambda: "line 1" in e.log(), 30)
        expect(e.get(headers={"Authorization": "Bearer token-2"})[0], 200)


def a_flood_of_wrong_passwords_stalls_nobody_who_is_known():
    with _with_credentials(Exporter()) as e:
        known = basic("prometheus", "pass:word")
        expect(e.get(headers=known)[0], 200)
        statuses = [e.get(headers=basic("prometheus", f"guess-{i}"))[0] for i in range(60)]
        assert set(statuses) == {401, 429}, statuses
        expect(e.get(headers=known)[0], 200)
        assert any(e.get(headers=basic("prometheus", f"more-{i}"))[0] == 429 for i in range(60)), "who is known lets the others in"


def unusable_secrets_stop_the_start():
    for settings, word in (({"metrics_tls_key": "/nonexistent/k", "metrics_tls_certificate": "/nonexistent/c"}, "/nonexistent"),
                           ({"metrics_tls_key": "/nonexistent/k"}, "metrics_tls_certificate"),
                           ({"metrics_users": "/nonexistent/u"}, "/nonexistent/u"), ({"metrics_listen": "0.0.0.0:1", "metrics_tls": "no"}, "allow_plaintext"),
                           ({"metrics_listen": "nonsense"}, "ADDRESS:PORT"), ({"metrics_listen": ","}, "ADDRESS:PORT"), ({"metrics_levels": "pods"}, "metrics_levels"),
                           ({"metrics_client_ca": "/etc/hostname"}, "client CA"), ({"metrics_client_ca": "/etc/hostname", "metrics_tls": "no"}, "metrics_tls")):
        e = Exporter(**settings)
        e.begin()
        expect(e.process.wait(10), 1)
        assert word in e.log(), (settings, e.log())
        e.process = None
        e.__exit__()


def several_addresses_serve_and_a_socket_too():
    e = Exporter(tls=False)
    other, path = free_port(), e.folder / "metrics.sock"
    e.settings["metrics_listen"] = f"127.0.0.1:{e.port}, [::1]:{other},{path}"
    with e:
        for arguments in (f"http://127.0.0.1:{e.port}/metrics", f"http://[::1]:{other}/metrics", f"--unix-socket {path} http://x/metrics"):
            out = subprocess.run(["curl", "-sg", *arguments.split()], capture_output=True, text=True).stdout
            assert "kepler_node_cpu_watts{" in out, arguments
        expect(oct(path.stat().st_mode)[-3:], "660")


def garbage_slow_clients_and_long_headers_do_not_harm():
    chaos = random.Random(20261126)
    with Exporter(tls=False) as e:
        slow = []
        for _ in range(50):
            s = socket.create_connection(("127.0.0.1", e.port))
            s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            slow.append(s)
        for _ in range(50):
            with socket.create_connection(("127.0.0.1", e.port)) as s:
                s.sendall(chaos.randbytes(chaos.randrange(1, 3000)))
        long_one = e.ask(headers={"X-Long": "a" * 65536})[0]
        assert long_one in (200, 400, 431), long_one
        try:
            e.ask(headers={f"X-{i}": "a" * 8000 for i in range(99)})
        except OSError:
            pass  # cut is as good as answered
        expect(e.get()[0], 200)
        ended = wait_for(lambda: all(s.recv(65536) is not None for s in slow[:1]), 30)
        assert ended
        for s in slow:
            s.close()
        expect(e.get()[0], 200)


def who_does_not_read_is_cut_and_blocks_nobody():
    with Exporter(pods=3000, interval_ms=300, tls=False, ring_rows=8192) as e:
        assert wait_for(lambda: _pods_shown(e) == 3000, 20, 0.3)
        idle = []
        for _ in range(3):  # of SCRAPE_SHEETS = 4
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.connect(("127.0.0.1", e.port))
            s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            idle.append(s)
            time.sleep(0.5)
        for _ in range(5):
            expect(e.get()[0], 200)
        assert wait_for(lambda: 'tanso_exporter_scrapes_cut_total{stage="exporter"} 3\n' in e.get()[1], 45, 1)
        for s in idle:
            s.close()


def a_reset_flood_is_cut():
    with Exporter(http_requests_per_second=50, tls=False) as e:
        subprocess.run(["h2load", "-n", "2000", "-c", "4", "-m", "100", f"http://127.0.0.1:{e.port}/metrics"], stdout=subprocess.DEVNULL, timeout=60)
        expect(e.get()[0], 200)


def a_kill_and_a_restart_show_the_same_counters():
    with Exporter() as e:
        before = e.find("kepler_pod_cpu_joules_total", pod="app", zone="package")[0]
        e.process.kill()
        e.process.wait()
        e.begin()
        assert wait_for(lambda: e.is_up() and e.get("/readyz")[0] == 200), e.log()
        assert wait_for(lambda: e.find("kepler_pod_cpu_joules_total", pod="app", zone="package")), e.log()
        assert e.find("kepler_pod_cpu_joules_total", pod="app", zone="package")[0] >= before


def the_end_is_clean():
    e = Exporter()
    with e:
        e.process.send_signal(signal.SIGTERM)
        expect(e.process.wait(10), 0)
        e.process = None


sys.exit(run_all("exporter", globals()))
