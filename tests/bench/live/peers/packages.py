"""What the peers are made of, fetched when they run, into the bench's own temporary folder, not the product's."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.audit.packages import node_environment
from tests.bench.live.contestant import Missing

LIMIT = 300.0
BUILD_LIMIT = 1_200.0
CENTRIFUGO = "github.com/centrifugal/centrifugo/v6@v6.9.1"
NODE_PACKAGES = ("socket.io@4", "@socket.io/redis-adapter@8", "redis@6", "ws@8")
NODE_SERVERS = ("socketio_server.mjs", "ws_server.mjs")


async def python_packages(folder: Path, *names: str) -> Path:
    """A folder for PYTHONPATH that holds them. Raises `Missing`."""
    target = folder / "-".join(names)
    if not target.exists():
        await _get(target, (sys.executable, "-m", "pip", "install", "--quiet", "--target", "{}", *names))
    return target


async def node_packages(folder: Path) -> tuple[Path, Mapping[str, str]]:
    """A folder with the servers and what they import; the environment in which Node is new enough. Raises `Missing`."""
    environment = node_environment()
    npm = shutil.which("npm", path=environment["PATH"])
    if npm is None:
        raise Missing("no npm")
    target = folder / "node"
    if not target.exists():
        command = (npm, "install", "--no-audit", "--no-fund", "--prefix", "{}", *NODE_PACKAGES)
        await _get(target, command, environment=environment)
        for server in NODE_SERVERS:
            shutil.copy(Path(__file__).with_name(server), target)
    return target, environment


async def centrifugo(folder: Path) -> Path:
    """The program, built where Go is there. Raises `Missing`."""
    go = shutil.which("go")
    if go is None:
        raise Missing("no Go to build it")
    target = folder / "go"
    if not target.exists():
        environment = {**os.environ, "GOBIN": str(target.with_suffix(".draft"))}
        await _get(target, (go, "install", CENTRIFUGO), BUILD_LIMIT, environment)
    return target / "centrifugo"


async def _get(
    target: Path, command: Sequence[str], limit: float = LIMIT, environment: Mapping[str, str] | None = None
) -> None:
    """Run it; `{}` is a folder that takes its name only when all is in it."""
    draft = target.with_suffix(".draft")
    draft.mkdir(exist_ok=True)
    words = [str(draft) if word == "{}" else word for word in command]
    print(f"fetching {target.name}…", file=sys.stderr, flush=True)
    process = await asyncio.create_subprocess_exec(
        *words, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        async with asyncio.timeout(limit):
            said, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise Missing(f"not fetched within {limit:g} s") from None
    if process.returncode:
        last = said.decode(errors="replace").strip().rpartition("\n")[2]
        raise Missing(f"not fetched: {last[:80]}")
    draft.rename(target)
