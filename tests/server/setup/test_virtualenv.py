from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import pytest

from server.setup import virtualenv


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would have run, in a checkout whose .venv this interpreter belongs to."""
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / ".venv").mkdir()
    monkeypatch.setattr(virtualenv, "ROOT", tmp_path)
    monkeypatch.setattr(virtualenv, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(virtualenv, "INSTALLED", tmp_path / ".venv" / "installed.json")
    monkeypatch.setattr(virtualenv, "WHERE", tmp_path / ".venv" / "where")
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    run: list[str] = []
    monkeypatch.setattr(virtualenv, "run_long", lambda title, command, **rest: run.append(command[-1]))
    return run


def test_installs_once_and_again_only_for_more(commands: list[str]) -> None:
    virtualenv.main(set())
    virtualenv.main(set())
    assert commands == [".", virtualenv.COMPILE]
    virtualenv.main({"test"})
    virtualenv.main(set())
    virtualenv.main({"test"})
    assert commands == [".", virtualenv.COMPILE, ".[test]", virtualenv.COMPILE]


def test_a_changed_project_is_installed_again_with_what_was_there(commands: list[str], tmp_path: Path) -> None:
    virtualenv.main({"test"})
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    virtualenv.main(set())
    assert commands == [".[test]", virtualenv.COMPILE] * 2
    written = json.loads((tmp_path / ".venv" / "installed.json").read_text())
    assert written["project"] == hashlib.sha256((tmp_path / "pyproject.toml").read_bytes()).hexdigest()


def test_another_python_makes_the_environment_first(
    commands: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    virtualenv.main(set())
    monkeypatch.setattr(sys, "prefix", "/usr")
    virtualenv.main(set())
    assert commands == [".", virtualenv.COMPILE, str(tmp_path / ".venv"), ".", virtualenv.COMPILE]
    assert (tmp_path / ".venv" / "where").read_text() == f"{tmp_path}\n"
