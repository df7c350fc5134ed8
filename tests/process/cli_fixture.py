"""`tanso` as a user runs it. For the process tests."""
import os, subprocess

from frontend_fixture import BIN

ENVIRONMENT = {**os.environ, "LANG": "C.UTF-8", "LC_ALL": "", "http_proxy": "http://127.0.0.1:9", "XDG_RUNTIME_DIR": "/nonexistent"}


def tanso(*arguments, text="", env=ENVIRONMENT):
    done = subprocess.run([str(BIN / "tanso"), *arguments], input=text.encode(), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env=env, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def place(f):
    return ["--runtime-dir", str(f.run_dir)]
