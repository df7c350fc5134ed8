"""The frontend's TLS door: HTTP/1.1 and HTTP/2, new keys without a restart, client certificates, JSON Web Tokens, what is
refused at the start, and `tanso mcp --url` through it."""
import hashlib, json, shutil, socket, subprocess, sys

from exporter_fixture import make_certificate
from frontend_fixture import BIN, Frontend, expect, run_all, wait_for
from jwt_fixture import AUDIENCE, jwt, key_set
from tls_fixture import Door

TANSO = BIN / "tanso"


def both_versions_of_http_and_of_tls_are_spoken():
    with Door() as d:
        d.open()
        d.start_analyst()
        expect(d.get("/healthz", "--http2"), (("200", "2"), "ok\n"))
        expect(d.get("/healthz", "--http1.1"), (("200", "1.1"), "ok\n"))
        expect(d.get("/healthz", "--tls-max", "1.2")[0][0], "200")
        expect(d.get("/healthz", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0")[0][0], "000")
        told, body = d.get("/tools/assess_workload_compliance", "--http2", "-d", json.dumps({"workload_name": "web"}))
        expect(told, ("200", "2"))
        json.loads(body)


def plain_http_at_the_tls_door_is_told_to_ask_https():
    with Door() as d:
        d.open()
        for arguments in ([], ["--http2-prior-knowledge"], ["-d", "x" * 100000], ["-X", "OPTIONS"]):
            done = subprocess.run(["curl", "-s", "-m", "5", "--http0.9", "-w", "%{http_code}", f"http://127.0.0.1:{d.port}/tools", *arguments],
                                  stdout=subprocess.PIPE, text=True)
            assert "HTTPS: ask https://" in done.stdout or "prior" in str(arguments), (arguments, done)
            assert done.stdout.endswith("400") or "prior" in str(arguments), (arguments, done)
        silent = [socket.create_connection(("127.0.0.1", d.port)) for _ in range(50)]
        expect(d.get("/healthz")[0][0], "200")
        silent[0].sendall(b"G")  # the least there is to see
        silent[0].settimeout(5)
        assert silent[0].recv(100).startswith(b"HTTP/1.1 400 "), "no answer to one byte"
        for s in silent:
            s.close()
        expect(d.get("/healthz", "--http2")[0][0], "200")


def a_new_key_is_taken_up_without_a_restart_and_a_bad_one_is_not():
    with Door() as d:
        d.open()
        first = d.serial()
        (d.folder / "server.crt").write_text("nonsense")
        assert wait_for(lambda: "not what was expected" in (d.folder / "log").read_text()), "nothing was said"
        expect(d.serial(), first)
        d.make("next")
        shutil.copy(d.folder / "next.key", d.folder / "server.key")
        shutil.copy(d.folder / "next.crt", d.folder / "server.crt")
        assert wait_for(lambda: d.serial() != first), "the old certificate is still shown"
        expect(d.get("/healthz")[0][0], "200")


def only_certificates_of_the_authority_are_let_in():
    with Door() as d:
        d.make("alice")
        make_certificate(d.folder, "other")
        make_certificate(d.folder, "mallory", "other")
        d.open(f"http_client_ca={d.folder}/ca.crt")
        for version in ("--http1.1", "--http2"):
            expect(d.get("/healthz", version)[0][0], "000")
            expect(d.get("/healthz", version, *d.as_client("mallory"))[0][0], "000")
            expect(d.get("/tools", version, *d.as_client("alice"))[0][0], "200")
        expect(d.status("/tools"), 200)  # by the unix socket, which permissions guard


def doctor_says_that_the_certificate_is_not_believed_and_asks_by_the_authority_it_is_given():
    with Door() as d:
        d.open()
        d.start_analyst()

        def told(*arguments):
            done = subprocess.run([TANSO, "doctor", "--json", "--runtime-dir", "/nonexistent", "--url", f"https://127.0.0.1:{d.port}", *arguments], stdout=subprocess.PIPE)
            report = json.loads(done.stdout)
            return done.returncode, next(finding for finding in report["findings"] if finding["name"] == "answers")

        expect(told("--lang", "en"), (1, {"name": "answers", "state": "missing", "text": f"https://127.0.0.1:{d.port} cannot be asked",
                                          "remedy": "its certificate is not one this machine believes; name its authority with --ca FILE"}))
        assert "--ca FILE로 인증 기관을" in told("--lang", "ko")[1]["remedy"]
        code, answers = told("--lang", "en", "--ca", f"{d.folder}/ca.crt")
        expect((code, answers["state"]), (0, "measured"))


def several_addresses_are_served():
    with Door() as d:
        second = socket.create_server(("127.0.0.1", 0))
        port = second.getsockname()[1]
        second.close()
        d.open(f"http_listen=127.0.0.1:{d.port},127.0.0.1:{port}")
        for d.port in (d.port, port):
            expect(d.get("/healthz")[0][0], "200")


def beyond_loopback_tls_and_a_credential_are_asked_for():
    with Door() as d:
        tls = [f"http_tls_key={d.folder}/server.key", f"http_tls_certificate={d.folder}/server.crt"]
        for settings, words in (([], "without TLS and a credential"), (tls, "without a credential"),
                                (["allow_plaintext=no"], "allow_plaintext = yes"), (["http_listen=127.0.0.1:99999"], "is not ADDRESS:PORT"), (tls[:1], "go together"),
                                ([f"http_client_ca={d.folder}/ca.crt"], "http_client_ca needs"),
                                ([tls[0], f"http_tls_certificate={d.folder}/ca.crt"], "no pair")):
            command = [str(BIN / "tanso-frontend")]
            for setting in (f"runtime_dir={d.run_dir}", f"state_dir={d.folder}/state", f"http_listen=0.0.0.0:{d.port}", *settings):
                command += ["--set", setting]
            done = subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=10)
            assert done.returncode != 0 and words in done.stderr, (settings, done.stderr)
        d.open(f"http_listen=0.0.0.0:{d.port}", "allow_plaintext=yes")
        assert "without a credential" in (d.folder / "log").read_text()
        assert "warning: http_listen" in d.get("/readyz")[1]


WHO = "Authorization: Bearer "


def ask(door, *arguments):
    """(status, head and body) of a question."""
    (status, _), text = door.get("/tools/assess_workload_compliance", *arguments, "-D", "-", "-d", json.dumps({"workload_name": "web"}))
    return status, text


def mcp(door, method, *arguments, **params):
    (status, _), text = door.get("/mcp", *arguments, "-D", "-", "-H", "Content-Type: application/json", "-d", json.dumps(
        {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
    return status, text


def session_of(door, *arguments):
    head = mcp(door, "initialize", *arguments, protocolVersion="2025-06-18")[1]
    return next(line.split(": ")[1].strip() for line in head.splitlines() if line.lower().startswith("mcp-session-id"))


def listen(door, *arguments):
    """A listener of /events that has begun."""
    stream = subprocess.Popen(["curl", "-sN", "-m", "60", "--cacert", f"{door.folder}/ca.crt", f"https://127.0.0.1:{door.port}/events", *arguments],
                              stdout=subprocess.PIPE)
    assert stream.stdout.readline().startswith(b"retry")
    return stream


def a_client_certificate_alone_says_who_asks():
    with Door() as d:
        for name in ("alice", "bob"):
            d.make(name)
        d.open(f"http_client_ca={d.folder}/ca.crt")
        d.start_analyst()
        alice, bob = d.as_client("alice"), d.as_client("bob")
        expect(ask(d, *alice)[0], "200")
        expect(ask(d, *alice, "-H", WHO + "anything")[0], "401")  # no token is asked for: who shows one is mistaken
        session = ("-H", "Mcp-Session-Id: " + session_of(d, *alice))
        expect([mcp(d, "tools/list", *who, *session)[0] for who in (alice, bob)], ["200", "404"])


def beside_tokens_a_certificate_lets_nobody_see_more():
    with Door() as d:
        d.make("alice")
        (d.folder / "tokens").write_text(f"shop {hashlib.sha256(b'secret').hexdigest()} shop\n")
        d.open(f"http_client_ca={d.folder}/ca.crt", f"http_tokens={d.folder}/tokens")
        d.start_analyst()
        expect(ask(d, *d.as_client("alice"))[0], "401")
        expect(ask(d, *d.as_client("alice"), "-H", WHO + "secret")[0], "200")


def a_json_web_token_opens_the_door_and_its_keys_can_be_replaced():
    with Door() as d:
        keys = d.folder / "jwks.json"
        keys.write_text(key_set(d.folder, one="ca"))
        d.open(f"http_jwks={keys}", f"http_jwt_audience={AUDIENCE}", "http_authorization_servers=https://login.example")
        d.start_analyst()
        status, text = ask(d)
        place = 'Bearer realm="tanso", resource_metadata="https://tanso.example/.well-known/oauth-protected-resource/mcp"'
        assert status == "401" and place in text, text
        for path in ("", "/mcp"):
            told, text = d.get("/.well-known/oauth-protected-resource" + path)
            document = json.loads(text)
            expect((told[0], document["resource"], document["authorization_servers"], document["bearer_methods_supported"]),
                   ("200", AUDIENCE, ["https://login.example"], ["header"]))
        expect(d.get("/.well-known/oauth-protected-resource/other")[0][0], "404")
        good = jwt(d.folder, "ca", "one")
        expect(ask(d, "-H", WHO + good)[0], "200")
        for bad in (good[:-4] + "AAAA", jwt(d.folder, "server", "one"), jwt(d.folder, "ca", "two"), jwt(d.folder, "ca", "one", aud="x"),
                    jwt(d.folder, "ca", "one", lasts_s=-100), jwt(d.folder, "ca", "one", namespaces=None),
                    jwt(d.folder, "ca", "one", namespaces=["a\nb"]), "x"):
            expect(ask(d, "-H", WHO + bad)[0], "401")
        keys.write_text("nonsense")
        assert wait_for(lambda: "not a JSON Web Key Set" in (d.folder / "log").read_text()), "nothing was said"
        expect(ask(d, "-H", WHO + good)[0], "200")
        keys.write_text(key_set(d.folder, two="server"))
        assert wait_for(lambda: ask(d, "-H", WHO + good)[0] == "401"), "the old key is still believed"
        secret = d.folder / "token"
        secret.write_text(jwt(d.folder, "server", "two") + "\n")
        done = subprocess.run([str(TANSO), "mcp", "--url", f"https://127.0.0.1:{d.port}/mcp", "--ca", f"{d.folder}/ca.crt", "--token-file", str(secret)],
                              text=True, input=json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}) + "\n", capture_output=True, timeout=20)
        assert '"tools"' in done.stdout, (done.stdout, done.stderr)


def what_a_json_web_token_opened_ends_with_it_or_with_its_keys():
    with Door() as d:
        keys, tokens = d.folder / "jwks.json", d.folder / "tokens"
        keys.write_text(key_set(d.folder, one="ca"))
        line = f"alice {hashlib.sha256(b'secret').hexdigest()}\n"  # the same name, told by another kind of credential
        tokens.write_text(line)
        d.open(f"http_jwks={keys}", f"http_jwt_audience={AUDIENCE}", f"http_tokens={tokens}")
        d.start_analyst()
        good = ("-H", WHO + jwt(d.folder, "ca", "one"))
        by_token, by_jwt, by_short = [listen(d, "-H", WHO + secret) for secret in (
            "secret", jwt(d.folder, "ca", "one"), jwt(d.folder, "ca", "one", lasts_s=-55, sub="bob"))]  # 60 s of leeway
        session = ("-H", "Mcp-Session-Id: " + session_of(d, *good))
        expect([mcp(d, "tools/list", *who, *session)[0] for who in (good, ("-H", WHO + "secret"))], ["200", "404"])
        tokens.write_text("# nobody\n")
        by_token.communicate(timeout=40)
        expect((ask(d, "-H", WHO + "secret")[0], ask(d, *good)[0], by_jwt.poll()), ("401", "200", None))
        by_short.communicate(timeout=40)
        expect(by_jwt.poll(), None)
        keys.write_text(key_set(d.folder, two="server"))
        by_jwt.communicate(timeout=40)


def every_verb_goes_through_it_and_says_what_it_lacks():
    with Door() as d, Frontend().start() as plain:
        secret = d.folder / "secret"
        secret.write_text("xyz\n")
        (d.folder / "tokens").write_text(f"ci {hashlib.sha256(b'xyz').hexdigest()}\n")
        d.open(f"http_tokens={d.folder}/tokens")
        d.start_analyst()
        url, ca = f"https://127.0.0.1:{d.port}", ("--ca", f"{d.folder}/ca.crt")
        for arguments, status, word in (([url, *ca, "--token-file", str(secret)], 0, ""), ([url, *ca], 2, "token"), ([url], 2, "--ca FILE"),
                                        ([url, *ca, "--token-file", "/nonexistent"], 2, "cannot be read"),
                                        ([f"http://127.0.0.1:{d.port}"], 2, "https://"), ([f"https://127.0.0.1:{plain.port}"], 2, "http://")):
            done = subprocess.run([str(TANSO), "assess", "app", "--json", "--url", *arguments], capture_output=True, text=True, timeout=20)
            assert done.returncode == status and word in done.stderr, (arguments, done)


def tanso_mcp_goes_through_it():
    with Door() as d:
        d.open()
        d.start_analyst()
        hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize",
                 "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}}
        listing = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
        done = subprocess.run([str(TANSO), "mcp", "--url", f"https://127.0.0.1:{d.port}/mcp", "--ca", f"{d.folder}/ca.crt"], text=True,
                              input=json.dumps(hello) + "\n" + json.dumps(listing) + "\n", capture_output=True, timeout=20)
        answers = {m["id"]: m for m in map(json.loads, done.stdout.splitlines()) if "id" in m}
        assert answers[1]["result"]["serverInfo"] and answers[2]["result"]["tools"], (done.stdout, done.stderr)


sys.exit(run_all("tls", globals()))
