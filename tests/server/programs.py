"""The project's programs in processes of their own, as an operator starts them."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
BOUND = 60.0
OURS = ("DATABASE_", "REDIS_", "NANOBANANA_", "ATELIER_", "HOST", "PORT", "PUBLIC_", "SECRET_", "BLOB_")


@dataclass(frozen=True)
class Result:
    """How a program ended, and what it said."""

    status: int
    out: str
    err: str


def environment(values: Mapping[str, str]) -> dict[str, str]:
    """This process's own environment, with our settings replaced by `values`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return {**inherited, **values}


async def start(*words: str, **values: str) -> asyncio.subprocess.Process:
    """Python with those words, from the project's folder."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *words,
        cwd=ROOT,
        env=environment(values),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def run(*words: str, **values: str) -> Result:
    """Run it to its end, within a minute."""
    process = await start(*words, **values)
    try:
        async with asyncio.timeout(BOUND):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return Result(process.returncode, out.decode(), err.decode())


async def atelier(*words: str, **values: str) -> Result:
    """A command of `atelier`."""
    return await run("-m", "server.cli", *words, **values)
