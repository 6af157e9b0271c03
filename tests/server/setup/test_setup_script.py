"""setup.sh on machines where something is missing: a PATH of its own plays the machine."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from server.setup.virtualenv import ROOT

OLD = "exit 1"
WITHOUT_VENV = 'case "$2" in *ensurepip*) exit 1;; *print*) echo python3.12;; esac'
COMPLETE = 'echo "$0 $*"'


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A checkout in a path with a space, and the commands of its machine in `bin`."""
    checkout = tmp_path / "my studio"
    commands = checkout / "bin"
    commands.mkdir(parents=True)
    for name in ("sh", "cat", "dirname"):
        (commands / name).symlink_to(str(shutil.which(name)))
    script = checkout / "server" / "setup" / "setup.sh"
    script.parent.mkdir(parents=True)
    shutil.copy(ROOT / "server" / "setup" / "setup.sh", script)
    return checkout


def _command(machine: Path, name: str, body: str) -> None:
    path = machine / "bin" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def _setup(machine: Path, *extras: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "server/setup/setup.sh", *extras],
        cwd=machine,
        env={"PATH": str(machine / "bin")},
        capture_output=True,
        text=True,
        timeout=30,
    )


def test_no_python_on_debian(machine: Path) -> None:
    _command(machine, "apt-get", "exit 0")
    _command(machine, "python3", OLD)
    done = _setup(machine)
    assert done.returncode == 1
    assert done.stderr == (
        "atelier: Python 3.11 or newer is missing; install it: sudo apt-get install python3 python3-venv\n"
    )


def test_a_python_without_venv_names_its_package(machine: Path) -> None:
    _command(machine, "python3", WITHOUT_VENV)
    done = _setup(machine)
    assert done.returncode == 1
    assert "python3.12 cannot make virtual environments" in done.stderr
    assert done.stderr.endswith("sudo apt-get install python3.12-venv\n")


def test_a_complete_one_is_preferred_to_a_newer_without_venv(machine: Path) -> None:
    _command(machine, "python3.14", WITHOUT_VENV)
    _command(machine, "python3.11", COMPLETE)
    done = _setup(machine, "test")
    assert done.returncode == 0
    assert done.stdout.endswith("python3.11 -m server.setup.virtualenv test\n")


def test_the_environment_that_is_there_is_used_unless_it_was_moved(machine: Path) -> None:
    _command(machine, "python3", COMPLETE)
    _command(machine, "../.venv/bin/python", COMPLETE)
    assert ".venv/bin/python -m" in _setup(machine).stdout
    (machine / ".venv" / "where").write_text(f"{machine.resolve()}\n")
    assert ".venv/bin/python -m" in _setup(machine).stdout
    (machine / ".venv" / "where").write_text("/somewhere/else\n")
    assert "bin/python3 -m" in _setup(machine).stdout
