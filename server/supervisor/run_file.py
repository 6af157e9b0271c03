"""The run file, `ATELIER_DATA/run.json`: how other commands and tests find a running instance."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from server.infra.process_table import started

RUN_FILE = "run.json"
LOCK_FILE = "run.lock"


@dataclass
class Run:
    """One running instance. `children` holds process numbers by name, kept current; `marks` tells them from later
    processes of the same numbers (see `process_table.started`)."""

    pid: int
    mark: str | None
    address: str
    database_url: str
    redis_url: str
    simulator_url: str | None
    sockets: str | None = None
    children: dict[str, int] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)


def find_running(data: Path) -> Run | None:
    """The instance that runs on the data folder `data`; None where none does (a stale file does not count).

    Raises PermissionError where it belongs to somebody else.
    """
    run = _read(data)
    return run if run is not None and started(run.pid) == run.mark else None


def write_run(data: Path, run: Run) -> None:
    """Replace the run file in one step; only its owner may read it, as the URLs may hold passwords."""
    draft = data / f"{RUN_FILE}.draft"
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(asdict(run), indent=2) + "\n")
    draft.replace(data / RUN_FILE)


def remove_run(data: Path) -> None:
    """Delete the run file; it may be gone."""
    (data / RUN_FILE).unlink(missing_ok=True)


def hold_lock(data: Path) -> int | None:
    """Lock the data folder for the life of this process: a descriptor to keep open, or None where it is locked."""
    lock = os.open(data / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def sweep(data: Path) -> None:
    """Clear away what a killed supervisor left: processes that outlived it, and its sockets. Only under the lock."""
    run = _read(data)
    if run is None:
        return
    for name, pid in run.children.items():
        # PostgreSQL is ended in order, by the next one.
        if name != "postgres" and (mark := started(pid)) is not None and mark == run.marks.get(name):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
    if run.sockets:
        shutil.rmtree(run.sockets, ignore_errors=True)
    remove_run(data)


def _read(data: Path) -> Run | None:
    try:
        return Run(**json.loads((data / RUN_FILE).read_text()))
    except (FileNotFoundError, NotADirectoryError, ValueError, TypeError):
        return None
