"""A grid file that is swapped flips one workload's status: one update to whoever subscribed to it, in both eras of MCP; none to who
watches another workload. Usage: test_subscription.py BIN_FOLDER. Prints PASS or FAIL a test; exit status 1 when any failed."""
import datetime, http.client, json, os, sys, threading, time

from frontend_fixture import expect, wait_for
from history_fixture import History, KST, grid_text
from runner import run

FLIPPED, OTHER = "workload-metrics://ai-team/trainer", "workload-metrics://ai-team/nightly"
DIRTY, CLEAN = 510.0, 300.0
PROMISED_S, PATIENCE_S = 2.0, 15


class _Client:
    """Says JSON-RPC to /mcp and hears a stream of events; when each update came is noted."""

    def __init__(self, port, **headers):
        self.port, self.headers, self.updates, self.messages = port, headers, [], []

    def post(self, message, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        connection.request("POST", "/mcp", json.dumps({"jsonrpc": "2.0", **message}), {
            "Content-Type": "application/json", "Accept": "application/json, text/event-stream", **self.headers, **headers})
        return connection.getresponse()

    def hear(self, response):
        expect(response.status, 200)
        threading.Thread(target=self._read, args=(response,), daemon=True).start()
        return self

    def listen(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        connection.request("GET", "/mcp", headers={"Accept": "text/event-stream", **self.headers})
        return self.hear(connection.getresponse())

    def _read(self, response):
        for line in iter(response.readline, b""):
            if line.startswith(b"data:") and line[5:].strip():
                message = json.loads(line[5:])
                self.messages.append(message)
                if message.get("method") == "notifications/resources/updated":
                    self.updates.append((time.monotonic(), message["params"]["uri"]))


def _legacy(port, uris):
    """2025-11-25: a session, resources/subscribe, a GET stream."""
    client = _Client(port)
    who = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    response = client.post({"id": 0, "method": "initialize", "params": who})
    response.read()
    client.headers = {"Mcp-Session-Id": response.headers["Mcp-Session-Id"], "MCP-Protocol-Version": "2025-11-25"}
    client.post({"method": "notifications/initialized"}).read()
    client.listen()
    for number, uri in enumerate(uris, 1):
        answer = json.loads(client.post({"id": number, "method": "resources/subscribe", "params": {"uri": uri}}).read())
        expect(answer.get("result"), {})
    return client


def _modern(port, uris, promised=None):
    """2026-07-28: no session, one call that stays open."""
    client = _Client(port)
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
    listen = {"id": 1, "method": "subscriptions/listen", "params": {"notifications": {"resourceSubscriptions": uris}, "_meta": meta}}
    client.hear(client.post(listen, **{"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "subscriptions/listen"}))
    assert wait_for(lambda: client.messages), "nothing acknowledged"
    expect(client.messages[0]["params"]["notifications"]["resourceSubscriptions"], uris if promised is None else promised)
    return client


def _past():
    """Two jobs, one of them two to four hours ago, the other eight to ten."""
    hour = 3600
    now = int(time.time())
    names = [f"name {i} pod ai-team {n} {n} - - 0" for i, n in ((10, "trainer"), (11, "nightly"))]
    return [*names, f"begin {now - 10 * hour}", "idle 10", "power 11 40 0 0 1", f"until {now - 8 * hour}", "power 11 0 0 0 0",
            f"until {now - 4 * hour}", "power 10 40 0 0 1", f"until {now - 2 * hour}", "power 10 0 0 0 0", f"until {now}", "hold"]


def _day(value):
    """A day that is dirty, but for `value` in the hours in which the trainer ran."""
    now = datetime.datetime.now(KST).hour
    return [value if (now - hour) % 24 <= 5 else DIRTY for hour in range(24)]


def _swap(history, value):
    """Another file under the same name; returns when."""
    file = history.frontend.folder / "grid.csv"
    new = file.with_suffix(".new")
    new.write_text(grid_text(_day(value)))
    os.replace(new, file)
    return time.monotonic()


def _status(history, name):
    return history.ask("assess_workload_compliance", workload_name=name, namespace="ai-team")[1]["status"]


def a_swapped_grid_file_flips_one_workload_and_each_subscriber_hears_it_once():
    with History(_past(), _day(DIRTY), pue=1.4) as history:
        expect((_status(history, "trainer"), _status(history, "nightly")), ("NON_COMPLIANT", "NON_COMPLIANT"))
        clients = [era(history.frontend.port, [FLIPPED, OTHER]) for era in (_legacy, _modern)]
        time.sleep(1.2)  # each has seen the status as it is: an update tells of a change
        late = []
        for turn, (value, wanted) in enumerate(((CLEAN, "COMPLIANT"), (DIRTY, "NON_COMPLIANT")), 1):
            begin = _swap(history, value)
            assert wait_for(lambda: all(len(c.updates) >= turn for c in clients), PATIENCE_S), [c.updates for c in clients]
            expect((_status(history, "trainer"), _status(history, "nightly")), (wanted, "NON_COMPLIANT"))
            late.append(max(c.updates[-1][0] for c in clients) - begin)
            time.sleep(2.2)  # a second update of the same flip would come now; and no URI is told twice in 2 s
        for client in clients:
            expect([uri for _, uri in client.updates], [FLIPPED] * 2)
        assert max(late) <= PROMISED_S, f"heard after {late} s"


def a_session_that_outlives_the_frontend_still_hears_what_it_subscribed_to():
    with History(_past(), _day(DIRTY), pue=1.4) as history:
        client = _legacy(history.frontend.port, [FLIPPED])
        history.frontend.process.kill()
        history.frontend.process.wait()
        history.frontend.start(inherit=True)
        client.listen()
        assert wait_for(lambda: client.updates, PATIENCE_S), "what may have changed meanwhile is not told"
        assert wait_for(lambda: history.ask("list_top_power_consumers")[0] == 200, PATIENCE_S)
        time.sleep(2.2)  # no URI is told twice in 2 s
        _swap(history, CLEAN)
        assert wait_for(lambda: len(client.updates) == 2, PATIENCE_S), client.updates
        expect({uri for _, uri in client.updates}, {FLIPPED})


def what_cannot_be_read_cannot_be_subscribed_to():
    with History(_past(), _day(DIRTY), pue=1.4) as history:
        client = _legacy(history.frontend.port, [])
        for uri, code in ((f"{FLIPPED}-typo", "WORKLOAD_NOT_FOUND"), ("no-such://thing", "UNKNOWN_RESOURCE")):
            answer = json.loads(client.post({"id": 7, "method": "resources/subscribe", "params": {"uri": uri}}).read())
            expect((answer["error"]["code"], answer["error"]["data"]["code"]), (-32002, code))
        _modern(history.frontend.port, [f"{FLIPPED}-typo", FLIPPED, "no-such://thing", "workload-metrics://prod/nope"], [FLIPPED])


def a_grid_file_that_is_nonsense_changes_nothing():
    with History(_past(), _day(CLEAN), pue=1.4) as history:
        file = history.frontend.folder / "grid.csv"
        file.write_text("nonsense\n")
        log = history.frontend.folder / "analyst.log"
        assert wait_for(lambda: "stays in use" in log.read_text()), log.read_text()
        expect(_status(history, "trainer"), "COMPLIANT")
        _swap(history, DIRTY)
        assert wait_for(lambda: _status(history, "trainer") == "NON_COMPLIANT"), log.read_text()


sys.exit(run([a_swapped_grid_file_flips_one_workload_and_each_subscriber_hears_it_once, a_grid_file_that_is_nonsense_changes_nothing,
              a_session_that_outlives_the_frontend_still_hears_what_it_subscribed_to, what_cannot_be_read_cannot_be_subscribed_to],
             "subscription: ", together=True))
