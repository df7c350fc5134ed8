"""Analyst, frontend and an estimator with a past, as processes: questions over HTTP about any history. For the process tests."""
import datetime, json, os, subprocess, threading, time, urllib.error, urllib.request

from frontend_fixture import BIN, Frontend, wait_for

ONE_AT_A_TIME = threading.Lock()
KST = datetime.timezone(datetime.timedelta(hours=9))
ENVIRONMENT = {**os.environ, "LANG": "C.UTF-8", "LC_ALL": ""}


def grid_text(hours):
    """A repeated day; None = a hole."""
    return "".join(f"{hour:02d}:00,{value!r}\n" for hour, value in enumerate(hours) if value is not None)


class History:
    """`lines` as fake_history.c reads them; settings of tanso.conf; grid = 24 values or None."""
    PEER = BIN.parent / "tests" / "fake_history"

    def __init__(self, lines, grid=None, tokens=None, token=None, **settings):
        self.lines, self.grid, self.settings = lines, grid, settings
        self.tokens, self.token = tokens, token  # text of http_tokens, and whose questions ask() puts
        with ONE_AT_A_TIME:  # two must not be told the same free port
            self.frontend = Frontend()
        self.analyst = self.peer = None

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.__exit__()
            raise

    def start(self):
        folder = self.frontend.folder
        sets = [f"runtime_dir={folder}/run", f"state_dir={folder}/state", *(f"{k}={v}" for k, v in self.settings.items())]
        if self.grid is not None:
            (folder / "grid.csv").write_text(grid_text(self.grid))
            sets.append(f"grid_file={folder}/grid.csv")
        if self.tokens is not None:
            (folder / "tokens").write_text(self.tokens)
        own = [f"{name}={value}" for name, value in self.settings.items() if name.startswith("http_")]  # the frontend's
        if self.tokens is not None:
            own.append(f"http_tokens={folder}/tokens")
        self.frontend.start(*own, inherit=True)  # the port stays taken all the time
        with open(folder / "analyst.log", "ab") as log:
            self.analyst = subprocess.Popen([BIN / "tanso-analyst", *(a for s in sets for a in ("--set", s))], stderr=log)
        self.peer = subprocess.Popen([self.PEER, folder / "run"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.peer.stdin.write("".join(line + "\n" for line in self.lines))
        self.peer.stdin.flush()
        assert self.peer.stdout.readline() == "done\n", (folder / "analyst.log").read_text()
        assert wait_for(self.has_all), self.ask("list_top_power_consumers")
        return self

    def has_all(self):
        """Has the last frame arrived? Those of the past look old, the last one does not unless it is meant to."""
        status, body = self.ask("list_top_power_consumers")
        return status == 200 and (self.lines[-1] == "stale" or body["provenance"]["power"]["metrics_age_s"] < 10)

    def __exit__(self, *_):
        for process in (self.peer, self.analyst):
            if process is not None:
                process.terminate()
                process.wait(10)
        self.frontend.stop()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.frontend.port}"

    def ask(self, tool, **arguments):
        return self.post(f"/tools/{tool}", arguments)

    def post(self, path, body, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, json.loads(response.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    def cli(self, *arguments):
        done = subprocess.run([BIN / "tanso", *arguments, "--url", self.url], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=ENVIRONMENT, timeout=20)
        return done.returncode, done.stdout.decode(), done.stderr.decode()


def last(clock):
    """The last time this clock of Korean time passed, s since 1970."""
    now = datetime.datetime.now(KST)
    hour, minute = map(int, clock.split(":"))
    at = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return int((at if at <= now else at - datetime.timedelta(days=1)).timestamp())


def steady(watts_cpu, watts_memory, live=False, kind="pod", namespace="ai-team", workload="ml-training-job", owner_kind="-", owner="-"):
    """A day of one workload up to now."""
    now = int(time.time())
    return [f"name 10 {kind} {namespace} {workload} {workload} {owner_kind} {owner} 0", f"begin {now - 86400}", "idle 10",
            f"power 10 {watts_cpu} {watts_memory} 0 0", f"until {now}", "live" if live else "hold"]


def job(start, hours, watts, idle_watts=0, cores=0, requested=0, owner_kind="Job", workload="ml-training-job", namespace="ai-team"):
    """One run that is over; observed since it began."""
    return [f"name 10 pod {namespace} {workload}-x7k2p {workload}-x7k2p {owner_kind} {workload} {round(requested * 1000)}",
            f"begin {start}", "idle 10", f"power 10 {watts} 0 {idle_watts} {cores}", f"until {start + round(hours * 3600)}", "gone 10", "hold"]
