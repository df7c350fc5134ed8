"""A supervisor's fd store, as systemd and `tanso up` keep it: what a stage gives is handed to its successor."""
import os, socket, subprocess


class FdStore:
    def __init__(self, folder):
        self.path, self.kept = str(folder / "notify"), {}
        self.notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.notices.bind(self.path)

    def spawn(self, command, log, environment=None):
        fds = list(self.kept.values())
        environment = {**(environment or os.environ), "NOTIFY_SOCKET": self.path}
        if fds:
            environment.update(LISTEN_FDS=str(len(fds)), LISTEN_FDNAMES=":".join(self.kept))
        # the shell's number is the stage's; what is stored lies at 3 and on
        moves = "".join(f" {3 + i}<&{fd}" for i, fd in enumerate(fds))
        script = f"export LISTEN_PID=$$; exec \"$@\"{moves}"
        return subprocess.Popen(["bash", "-c", script, "bash", *map(str, command)], stdout=log, stderr=log, env=environment, pass_fds=fds)

    def take_notices(self):
        while True:
            try:
                data, fds, _, _ = socket.recv_fds(self.notices, 4096, 4)
            except BlockingIOError:
                return
            lines = dict(line.split("=", 1) for line in data.decode().split("\n") if "=" in line)
            if "FDSTOREREMOVE" in lines:
                os.close(self.kept.pop(lines["FDNAME"]))
            for fd in fds:
                self.kept[lines["FDNAME"]] = fd

    def close(self):
        for fd in self.kept.values():
            os.close(fd)
        self.notices.close()
