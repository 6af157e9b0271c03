"""An Atelier of one's own whose page can be replaced by another build while it runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.audit.packages import node_environment
from tests.running import ROOT, Running, running

PARTS = ("server", "jobs", "migrations", "web/dist")
FILES = ("Procfile", "pyproject.toml")
WORKER = ROOT / "web" / "scripts" / "worker.mjs"
HASH = re.compile(r"(?<=-)[\w-]{8}(?=\.\w+$)")
BUILD_LIMIT = 60


@dataclass(frozen=True)
class House:
    """The instance, its tree of code, and another build that is ready to be put there."""

    atelier: Running
    tree: Path
    next: Path

    def deploy(self) -> None:
        """The other build takes the place of the one there, of which nothing is left; the server starts anew."""
        served = self.tree / "web" / "dist"
        served.rename(self.tree / "gone")
        self.next.rename(served)
        shutil.rmtree(self.tree / "gone")
        self.atelier.kill("web")


@asynccontextmanager
async def open_house(folder: Path) -> AsyncIterator[House]:
    """A copy of this tree, started in `folder`."""
    tree, next = folder / "tree", folder / "next"
    for part in PARTS:
        shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, tree / name)
    rebuild(next)
    async with running(tree, NANOBANANA_SIMULATOR_SPEED="12") as atelier:
        yield House(atelier, tree, next)


def rebuild(to: Path) -> None:
    """The page as it is but for the names of its files, as a build names them whose every file has changed."""
    shutil.copytree(ROOT / "web" / "dist", to)
    assets = sorted((to / "assets").iterdir())
    names = {asset.name: HASH.sub(lambda found: found[0][::-1], asset.name) for asset in assets}
    for path in [*assets, to / "index.html"]:
        text = path.read_text()
        for old, new in names.items():
            text = text.replace(old, new)
        path.write_text(text)
        path.rename(path.with_name(names.get(path.name, path.name)))
    command = ["node", str(WORKER), str(to)]
    environment = {**os.environ, **node_environment()}
    subprocess.run(command, cwd=ROOT / "web", env=environment, check=True, timeout=BUILD_LIMIT)
