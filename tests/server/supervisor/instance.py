"""A real `up` in a process of its own, on small real programs, for the tests beside this file."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from server.infra.process_table import started

ROOT = Path(__file__).resolve().parents[3]
LIMIT = 30.0

UP = """
import sys
from pathlib import Path
from server.settings import Settings
from server.supervisor.up import up

async def ready(run):
    print("READY", run.address, flush=True)

sys.exit(up(Settings(), ready, procfile=Path("Procfile"), simulator=(sys.executable, "web.py")))
"""

# Answers 200 to all, at HOST and PORT, or at the address given as options.
WEB = """
import http.server, os, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *about): pass
host, port = (sys.argv[2], sys.argv[4]) if len(sys.argv) > 1 else (os.environ["HOST"], os.environ["PORT"])
http.server.ThreadingHTTPServer((host, int(port)), Answer).serve_forever()
"""

# Ignores SIGTERM, and has a child of its own that does too.
STUBBORN = """
import signal, subprocess, sys, threading
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if len(sys.argv) == 1:
    child = subprocess.Popen([sys.executable, "stubborn.py", "child"])
    open("grandchild.pid", "w").write(str(child.pid))
    print("no", flush=True)
threading.Event().wait()
"""

QUIET = """
import os, threading
print("worker of", os.environ["DATABASE_URL"], os.environ["REDIS_URL"], flush=True)
threading.Event().wait()
"""

PROCFILE = """
release: python -c "open('released', 'a').write('x')"
web: python web.py
worker: python quiet.py
"""


class Instance:
    """One started `up`, and what can be seen of it from outside."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.data = folder / "var"
        self._output = (folder / "output").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "up.py"],
            cwd=folder,
            env={**_clean(os.environ), "PYTHONPATH": str(ROOT), "PORT": "0", **environment},
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def output(self) -> str:
        return (self.folder / "output").read_text()

    def run_file(self) -> dict[str, Any] | None:
        try:
            return dict(json.loads((self.data / "run.json").read_text()))
        except FileNotFoundError:
            return None

    def children(self) -> dict[str, int]:
        run = self.run_file()
        return dict(run["children"]) if run else {}

    def send(self, order: signal.Signals) -> None:
        self.process.send_signal(order)

    def wait(self) -> int:
        status = self.process.wait(LIMIT)
        self._output.close()
        return status

    def wait_ready(self) -> None:
        wait_for(lambda: "READY" in self.output or self.process.poll() is not None, "ready")
        assert self.process.poll() is None, self.output

    def end(self) -> None:
        if self.process.poll() is None:
            self.send(signal.SIGTERM)
            self.wait()


def make_folder(folder: Path, procfile: str = PROCFILE) -> Path:
    """A project folder with the programs and `procfile`."""
    folder.mkdir(parents=True)
    files = {"up.py": UP, "web.py": WEB, "stubborn.py": STUBBORN, "quiet.py": QUIET, "Procfile": procfile}
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Ask until `condition` holds; fail after LIMIT seconds."""
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, f"waited {LIMIT:g} s in vain: {what}"
        time.sleep(0.01)


def alive(pid: int) -> bool:
    return started(pid) is not None


def _clean(environment: Mapping[str, str]) -> dict[str, str]:
    ours = ("DATABASE_URL", "REDIS_URL", "NANOBANANA_", "ATELIER_", "HOST", "PORT")
    return {name: value for name, value in environment.items() if not name.startswith(ours)}
