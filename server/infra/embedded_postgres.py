"""The PostgreSQL that runs when DATABASE_URL is unset: PostgreSQL 18 from a wheel, on a private unix socket only."""

from __future__ import annotations

import os
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from server.infra.posix_user import PosixUser
from server.infra.postgres_binaries import postgres_binaries
from server.infra.postgres_place import find_place
from server.infra.process_table import command_line, started
from server.infra.program import Program, ProgramError, finish, until

MAJOR = "18"
PORT = 5432
ROLE = "atelier"
DATABASE = "atelier"
INITDB_LIMIT = 120.0
# Above the highest process number of every system, so nobody's.
NO_PROCESS = 4194305
# macOS refuses to start a server whose locale it cannot load.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}
LOCALE = ("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
IN_A_HURRY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(frozen=True)
class EmbeddedPostgres:
    """One server: its binaries, its cluster's folder, its socket's folder (owned by `user`), and its user."""

    binaries: Path
    cluster: Path
    sockets: Path
    user: PosixUser | None
    durable: bool = True

    @property
    def url(self) -> str:
        """What DATABASE_URL would be."""
        return f"postgresql://{ROLE}@/{DATABASE}?host={self.sockets}"

    @property
    def program(self) -> Program:
        """The server as a foreground command; SIGINT ends it with a checkpoint, SIGQUIT without."""
        options = ["listen_addresses=", f"unix_socket_directories={self.sockets}", "unix_socket_permissions=0700"]
        options += [f"port={PORT}", "max_connections=200", "timezone=UTC", "log_timezone=UTC"]
        options += [] if self.durable else IN_A_HURRY
        flags = [word for option in options for word in ("-c", option)]
        return Program(
            name="postgres",
            argv=(str(self.binaries / "postgres"), "-D", str(self.cluster), *flags),
            environment=ENVIRONMENT,
            user=self.user,
            stop=signal.SIGINT,
            hurry=signal.SIGQUIT,
            parting=signal.SIGINT,
            quiet=True,
        )

    async def prepare(self) -> None:
        """Make the cluster on first use, and end a server that still holds it. Raises ProgramError."""
        if self.cluster.is_dir():
            await self._end_predecessor()
            return
        draft = self.cluster.with_name(f"{self.cluster.name}.draft")
        shutil.rmtree(draft, ignore_errors=True)
        sync = () if self.durable else ("--no-sync",)
        argv = (str(self.binaries / "initdb"), "-D", str(draft), "-U", ROLE, "--auth=trust", *LOCALE, *sync)
        await finish(Program("initdb", argv, ENVIRONMENT, user=self.user), INITDB_LIMIT)
        # A cluster is whole or absent, whenever this process is killed.
        draft.rename(self.cluster)

    async def answers(self) -> bool:
        """Whether it takes connections; the first that it takes makes the database."""
        try:
            connection = await asyncpg.connect(
                host=str(self.sockets), port=PORT, user=ROLE, database="postgres", timeout=2, command_timeout=20
            )
        except (OSError, TimeoutError, asyncpg.PostgresError):
            return False
        try:
            if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f"CREATE DATABASE {DATABASE}")
            return True
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        finally:
            connection.terminate()

    async def _end_predecessor(self) -> None:
        """A killed supervisor may have left its server: two on one cluster must never be."""
        lock = self.cluster / "postmaster.pid"
        pid = _first_number(lock)
        if pid is None or started(pid) is None:
            return
        command = command_line(pid)
        if "postgres" not in command or str(self.cluster) not in command:
            # The number went to another process. The rest of the file still guards against old backends.
            lines = lock.read_text().split("\n")
            lock.write_text("\n".join([str(NO_PROCESS), *lines[1:]]))
            return
        for order, patience in ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
            if await _ended(pid, order, patience):
                return
        raise ProgramError(f"PostgreSQL (process {pid}) still holds {self.cluster} and does not end.")


def embedded_postgres(data: Path, sockets: Path, *, durable: bool = True) -> EmbeddedPostgres:
    """The server of the data folder `data` (absolute, existing), listening below `sockets`. Raises ProgramError.

    Without `durable` it is quicker, and a power cut may cost the database: for tests.
    """
    place = find_place(data)
    others = [found.name for found in place.folder.iterdir() if found.name.isdigit() and found.name != MAJOR]
    if others and not (place.folder / MAJOR).exists():
        raise ProgramError(f"{place.folder} holds PostgreSQL {others[0]}; this is {MAJOR}: dump and restore.")
    binaries = postgres_binaries(place.user)
    private = sockets / "pg"
    private.mkdir(mode=0o700)
    if place.user is not None:
        os.chown(private, place.user.uid, place.user.gid)
    return EmbeddedPostgres(binaries, place.folder / MAJOR, private, place.user, durable)


def _first_number(path: Path) -> int | None:
    try:
        return int(path.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


async def _ended(pid: int, order: signal.Signals, patience: float) -> bool:
    async def gone() -> bool:
        return started(pid) is None

    try:
        os.kill(pid, order)
    except ProcessLookupError:
        return True
    return await until(gone, patience)
