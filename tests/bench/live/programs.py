"""The bench's own programs in C, compiled where they run."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path

SOURCES = Path(__file__).with_name("native")
NO_COMPILER = "The live bench needs a C compiler for the program that loads the servers: install `cc`, or set PATH."
FLAGS = ("-O2", "-std=gnu17", "-Wall", "-Wextra", "-Werror")
LIMIT = 120.0

PARTS = {
    "load": ("load", "tab", "crowd", "frames", "dialog", "stream", "tally"),
    "publish": ("publish",),
    "blast": ("blast",),
    "reference": ("reference",),
}


@dataclass(frozen=True)
class Programs:
    """Where they lie."""

    load: Path
    publish: Path
    blast: Path
    reference: Path


async def compile_programs(folder: Path, path: str | None = None) -> Programs:
    """Into `folder`, with the compiler on `path` (PATH unless told). Ends the program with a sentence without one."""
    compiler = shutil.which("cc", path=path)
    if compiler is None:
        raise SystemExit(NO_COMPILER)
    return Programs(**{name: await _compile(compiler, folder / name, parts) for name, parts in PARTS.items()})


async def _compile(compiler: str, target: Path, parts: tuple[str, ...]) -> Path:
    sources = [str(SOURCES / f"{part}.c") for part in parts]
    process = await asyncio.create_subprocess_exec(
        *(compiler, *FLAGS, "-o", str(target), *sources),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(LIMIT):
        said, _ = await process.communicate()
    if process.returncode:
        raise SystemExit(f"The compiler refused {target.name}:\n{said.decode(errors='replace')}")
    return target
