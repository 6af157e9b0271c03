"""The tools of the audit that come from npm: installed where they are used, and only there."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from server.setup.progress import run_long
from tests.running import ROOT

FOLDER = Path(__file__).parent


def install() -> Mapping[str, str]:
    """What the lock file says; the environment in which Node is new enough."""
    environment = node_environment()
    if not (FOLDER / "node_modules" / ".package-lock.json").exists():
        npm = shutil.which("npm", path=environment["PATH"]) or "npm"
        command = [npm, "ci", "--no-audit", "--no-fund"]
        run_long("Installing the audit's packages", command, folder=FOLDER, environment=environment)
    return environment


def node_environment() -> Mapping[str, str]:
    """Ours, with a Node on PATH that is new enough."""
    environment: Mapping[str, str] = _build()._environment()
    return environment


def _build() -> ModuleType:
    """`web/build.py`, which is a script and no package."""
    spec = importlib.util.spec_from_file_location("web_build", ROOT / "web" / "build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
