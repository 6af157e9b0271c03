"""Makes .venv and installs Atelier in it, again only when it must: `python -m server.setup.virtualenv [EXTRA…]`."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import sys
from pathlib import Path

from server.setup.progress import run_long

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
INSTALLED = VENV / "installed.json"
# A virtual environment holds its own path, so a moved one is made anew (setup.sh looks at this too).
WHERE = VENV / "where"
# On all cores. What cannot be compiled, such as an example of a mistake, is passed over.
COMPILE = "import compileall, sysconfig; compileall.compile_dir(sysconfig.get_path('purelib'), quiet=2, workers=0)"


def main(extras: set[str]) -> None:
    """Make `.venv` what pyproject.toml says, with `extras`; what was installed once stays."""
    project = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    inside = Path(sys.prefix).resolve() == VENV.resolve()
    before = _installed() if inside else {}
    kept = set(before.get("extras", []))
    if before.get("project") == project and extras <= kept:
        return
    if not inside:
        run_long("Making .venv", [sys.executable, "-m", "venv", "--clear", str(VENV)], folder=ROOT)
    WHERE.write_text(f"{ROOT}\n")
    _install(extras | kept, inside)
    INSTALLED.write_text(json.dumps({"project": project, "extras": sorted(extras | kept)}) + "\n")


def _install(extras: set[str], inside: bool) -> None:
    python = str(VENV / "bin" / "python")
    if inside and importlib.util.find_spec("pip") is None:
        run_long("Installing pip", [python, "-m", "ensurepip"], folder=ROOT)
    what = f".[{','.join(sorted(extras))}]" if extras else "."
    quiet = ("--disable-pip-version-check", "--progress-bar", "off")
    # pip would compile on one core, which takes as long as all the rest of it.
    pip = [python, "-m", "pip", "install", "--no-compile", *quiet, "-e", what]
    run_long("Installing Python packages", pip, folder=ROOT, news=_package)
    run_long("Compiling them", [python, "-c", COMPILE], folder=ROOT)


def _package(line: str) -> str:
    found = re.match(r"(?:Collecting|Downloading) ([A-Za-z0-9_.-]+)", line)
    if found:
        return f"({found[1]})"
    return "(nearly there)" if line.startswith("Installing collected") else ""


def _installed() -> dict[str, list[str] | str]:
    try:
        return dict(json.loads(INSTALLED.read_text()))
    except (FileNotFoundError, ValueError):
        return {}


if __name__ == "__main__":
    main(set(sys.argv[1:]))
