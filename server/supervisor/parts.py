"""The parts of one instance: which programs, with which environment, at which addresses."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from server.infra.embedded_postgres import EmbeddedPostgres, embedded_postgres
from server.infra.embedded_valkey import EmbeddedValkey, embedded_valkey
from server.infra.program import Program
from server.settings import Settings, url_host
from server.supervisor.ports import listening_port, simulator_port

SIMULATOR = (sys.executable, "-m", "jobs.nanobanana.simulator")


@dataclass(frozen=True)
class Parts:
    """What will run. A part that is set from outside is None here, and only its URL is known.

    `folder` is where the Procfile's commands run; `sockets` holds the embedded servers' sockets.
    """

    data: Path
    sockets: Path
    folder: Path
    host: str
    port: int
    postgres: EmbeddedPostgres | None
    valkey: EmbeddedValkey | None
    simulator: Program | None
    database_url: str
    redis_url: str
    simulator_url: str | None

    @property
    def address(self) -> str:
        """Where a browser of this machine finds the web process."""
        return f"http://{url_host(self.host)}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What every process of the Procfile sees."""
        own = {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "ATELIER_DATA": str(self.data),
            "HOST": self.host,
            "PORT": str(self.port),
        }
        if self.simulator_url is not None:
            own["NANOBANANA_SIMULATOR_URL"] = self.simulator_url
        return _inherited() | own

    def process(self, name: str, command: str) -> Program:
        """A line of the Procfile, run by a shell that makes way for it."""
        return Program(name, ("/bin/sh", "-c", f"exec {command}"), self.environment, self.folder)


def choose_parts(settings: Settings, data: Path, sockets: Path, folder: Path, simulator: Sequence[str]) -> Parts:
    """Decide what is embedded: whatever the environment does not name. Raises ProgramError, PortError.

    `data` is absolute and exists; `sockets` is a folder for the embedded servers' sockets.
    """
    port = listening_port(settings.host, settings.port)
    postgres = embedded_postgres(data, sockets) if settings.database_url is None else None
    valkey = embedded_valkey(data, sockets) if settings.redis_url is None else None
    simulator_url = settings.nanobanana_simulator_url
    program = None
    if settings.simulated and simulator_url is None:
        at = simulator_port(str(data))
        simulator_url = f"http://127.0.0.1:{at}"
        command = (*simulator, "--host", "127.0.0.1", "--port", str(at))
        program = Program("simulator", command, _inherited() | {"ATELIER_DATA": str(data)}, folder)
    return Parts(
        data=data,
        sockets=sockets,
        folder=folder,
        host=settings.host,
        port=port,
        postgres=postgres,
        valkey=valkey,
        simulator=program,
        database_url=postgres.url if postgres else str(settings.database_url),
        redis_url=valkey.url if valkey else str(settings.redis_url),
        simulator_url=simulator_url,
    )


def _inherited() -> dict[str, str]:
    """Our own environment, with this interpreter's commands (`atelier`) first and output that is not held back."""
    environment = dict(os.environ)
    if not environment.get("DATABASE_URL"):
        # PGPORT, PGPASSWORD and the like are meant for another server than ours.
        environment = {name: value for name, value in environment.items() if not name.startswith("PG")}
    commands = str(Path(sys.executable).parent)
    environment["PATH"] = os.pathsep.join([commands, environment.get("PATH", os.defpath)])
    environment["PYTHONUNBUFFERED"] = "1"
    return environment
