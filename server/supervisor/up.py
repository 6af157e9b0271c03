"""`up`: everything Atelier needs, started in order, kept running, and stopped in reverse."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import server
from server.infra.program import ProgramError
from server.infra.socket_folder import make_socket_folder
from server.settings import Settings
from server.supervisor.parts import SIMULATOR, choose_parts
from server.supervisor.ports import PortError
from server.supervisor.procfile import ProcfileError, read_procfile
from server.supervisor.run_file import find_running, hold_lock, remove_run, sweep
from server.supervisor.stop_request import StopRequest
from server.supervisor.supervision import OnReady, Supervision

PROCFILE = Path(server.__file__).resolve().parent.parent / "Procfile"


class AlreadyRunning(Exception):
    """Another instance runs on this data folder; the message is a sentence for the operator."""


def up(
    settings: Settings,
    on_ready: OnReady | None = None,
    *,
    procfile: Path = PROCFILE,
    simulator: Sequence[str] = SIMULATOR,
) -> int:
    """Run until SIGINT, SIGTERM or SIGHUP (a second one hurries), or until something cannot work.

    `on_ready` is awaited once all parts answer; its Run has the address and every URL. The Procfile's commands run in
    the Procfile's folder. `simulator` is the command of the simulator, without its address.
    The exit status: 0 after a signal, 1 with one sentence on standard error otherwise.
    """
    try:
        asyncio.run(_up(settings, on_ready, procfile.resolve(), simulator))
        return 0
    except (AlreadyRunning, ProcfileError, PortError, ProgramError) as refusal:
        print(f"atelier: {refusal}", file=sys.stderr)
    except OSError as error:
        print(f"atelier: {error.filename or 'the system'}: {error.strerror}", file=sys.stderr)
    return 1


async def _up(settings: Settings, on_ready: OnReady | None, procfile: Path, simulator: Sequence[str]) -> None:
    wish = StopRequest()
    wish.listen()
    commands = read_procfile(procfile)
    data = _data_folder(settings.atelier_data)
    lock = hold_lock(data)
    if lock is None:
        raise AlreadyRunning(_who_runs(data))
    sweep(data)
    sockets = make_socket_folder()
    try:
        parts = choose_parts(settings, data, sockets, procfile.parent, simulator)
        await Supervision(parts, commands, wish).run(on_ready)
    finally:
        remove_run(data)
        shutil.rmtree(sockets, ignore_errors=True)
        os.close(lock)


def _data_folder(path: Path) -> Path:
    data = path.absolute()
    # As root, PostgreSQL's user has to pass through; what is private inside has modes of its own.
    data.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    return data.resolve()


def _who_runs(data: Path) -> str:
    run = find_running(data)
    where = f" at {run.address}" if run else ""
    return f"Atelier already runs on {data}{where}."
