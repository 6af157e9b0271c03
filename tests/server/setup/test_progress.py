from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server.infra.process_table import started
from server.setup.progress import run_long
from server.setup.virtualenv import ROOT

LIMIT = 20.0
# Runs a command that has a child of its own, which writes its number down.
LONG = """
import signal
import sys
from pathlib import Path
from server.setup.progress import run_long
inner = "import os, threading; open('child', 'w').write(str(os.getpid())); threading.Event().wait()"
outer = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
# A shell starts what it puts in the background with Ctrl-C ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
run_long("Working", [sys.executable, "-c", outer, inner], folder=Path.cwd())
"""


@pytest.fixture(autouse=True)
def own_signals() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def test_a_success_is_brief(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run_long("Working", [sys.executable, "-c", "print('chatter')"], folder=tmp_path)
    assert capfd.readouterr().out == "Working…\nWorking: done in 0 s\n"


def test_a_failure_tells_what_was_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"failed: Working \(exit status 3"):
        run_long("Working", [sys.executable, "-c", "print('why'); raise SystemExit(3)"], folder=tmp_path)
    assert "why" in capfd.readouterr().err


def test_a_missing_command_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="atelier: no-such-command: No such file"):
        run_long("Working", ["no-such-command"], folder=tmp_path)


@pytest.mark.parametrize(("order", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_stopping_it_stops_all_that_it_started(tmp_path: Path, order: signal.Signals, status: int) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    program = subprocess.Popen([sys.executable, "-c", LONG], cwd=tmp_path, env=environment, start_new_session=True)
    number = tmp_path / "child"
    _wait(lambda: number.exists() and number.read_text() != "")
    child = int(number.read_text())
    program.send_signal(order)
    assert program.wait(LIMIT) == status
    _wait(lambda: started(child) is None)


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
