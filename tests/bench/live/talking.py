"""A program that takes a line and answers with a line of JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from tests.running import ROOT

ANSWER_LIMIT = 30.0
LONGEST_ANSWER = 1 << 20


class Talking:
    """One that runs. It ends when its input does."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._turn = asyncio.Lock()

    @property
    def pid(self) -> int:
        """Its process number."""
        return self._process.pid

    async def ask(self, words: str, limit: float = ANSWER_LIMIT) -> Any:
        """Say a line; what it answers. Raises TimeoutError, and RuntimeError where it has ended or refuses."""
        async with self._turn:
            self.say(words)
            return await self.hear(limit)

    def say(self, words: str) -> None:
        """Say a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{words}\n".encode())

    async def hear(self, limit: float = ANSWER_LIMIT) -> Any:
        """The next line it says."""
        assert self._process.stdout is not None
        async with asyncio.timeout(limit):
            line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the program has ended with {await self._process.wait()}")
        answer = json.loads(line)
        if isinstance(answer, dict) and "error" in answer:
            raise RuntimeError(f"the program refuses: {answer['error']}")
        return answer


@asynccontextmanager
async def talking(*command: str, environment: Mapping[str, str] | None = None) -> AsyncIterator[Talking]:
    """Run a command until the block ends."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LONGEST_ANSWER,
        env=environment,
        cwd=ROOT,
    )
    try:
        yield Talking(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
