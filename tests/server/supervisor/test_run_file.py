from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from server.infra.process_table import started
from server.supervisor.run_file import Run, find_running, hold_lock, remove_run, sweep, write_run


def _run(**changes: object) -> Run:
    own = Run(os.getpid(), started(os.getpid()), "http://127.0.0.1:8000", "postgresql://", "unix://", None)
    return replace(own, **changes)  # type: ignore[arg-type]


def test_a_living_instance_is_found_until_it_is_removed(tmp_path: Path) -> None:
    assert find_running(tmp_path) is None
    write_run(tmp_path, _run(children={"web": 5}))
    assert find_running(tmp_path) == _run(children={"web": 5})
    assert (tmp_path / "run.json").stat().st_mode & 0o777 == 0o600
    remove_run(tmp_path)
    assert find_running(tmp_path) is None


def test_a_stale_file_does_not_count(tmp_path: Path) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    write_run(tmp_path, _run(pid=gone.pid))
    assert find_running(tmp_path) is None
    write_run(tmp_path, _run(mark="another process had this number"))
    assert find_running(tmp_path) is None


def test_a_spoilt_file_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"pid": 1')
    assert find_running(tmp_path) is None


def test_only_one_holds_the_lock(tmp_path: Path) -> None:
    lock = hold_lock(tmp_path)
    assert lock is not None
    assert hold_lock(tmp_path) is None
    os.close(lock)
    again = hold_lock(tmp_path)
    assert again is not None
    os.close(again)


def test_sweep_ends_what_was_left_and_nobody_else(tmp_path: Path) -> None:
    wait = [sys.executable, "-c", "import threading; threading.Event().wait()"]
    left = subprocess.Popen(wait, start_new_session=True)
    stranger = subprocess.Popen(wait, start_new_session=True)
    sockets = tmp_path / "sockets"
    sockets.mkdir()
    try:
        marks = {"worker": str(started(left.pid)), "web": "long gone"}
        write_run(
            tmp_path,
            _run(children={"worker": left.pid, "web": stranger.pid}, marks=marks, sockets=str(sockets)),
        )
        sweep(tmp_path)
        assert left.wait(10) == -9
        assert stranger.poll() is None
        assert not sockets.exists() and not (tmp_path / "run.json").exists()
    finally:
        left.kill()
        stranger.kill()
        stranger.wait()
