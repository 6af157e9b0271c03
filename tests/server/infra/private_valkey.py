"""A Valkey of one test's own, to be killed, frozen and started again at the same address."""

from __future__ import annotations

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from server.infra.embedded_valkey import embedded_valkey
from server.infra.program import start, until
from server.infra.socket_folder import make_socket_folder


class PrivateValkey:
    """One server, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._server = embedded_valkey(folder, folder)
        self._process: asyncio.subprocess.Process | None = None
        self.url = self._server.url

    async def start(self) -> None:
        """Run it, empty, and wait for its first answer."""
        await self._server.prepare()
        self._process = await start(self._server.program, asyncio.subprocess.DEVNULL)
        assert await until(self._server.answers, 20)

    async def kill(self) -> None:
        """End it at once, as a crash does."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def freeze(self) -> None:
        """It stays connected, and answers nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


@asynccontextmanager
async def private_valkey() -> AsyncIterator[PrivateValkey]:
    """A running server; it is gone, with its files, at the end."""
    folder = make_socket_folder()
    valkey = PrivateValkey(folder)
    try:
        await valkey.start()
        yield valkey
    finally:
        await valkey.kill()
        shutil.rmtree(folder, ignore_errors=True)
