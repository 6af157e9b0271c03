"""The house keeps its walls: who imports whom, who knows what, how files are named, what is documented."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.settings import Settings

ROOT = Path(__file__).parents[1]
INNER = ("server/core", "server/usecases")
FOLDERS = ("server", "jobs", "tests", "web/src", "web/scripts", "migrations", ".ci")
EMPTY_WORDS = {"util", "utils", "helper", "helpers", "common", "manager", "service", "handler", "misc"}
TOP = {"server", "jobs", "web", "tests", "migrations", "docs"}


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """The full names of all modules a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            inside = path.relative_to(ROOT).parts[: -node.level] if node.level else ()
            yield ".".join([*inside, *filter(None, [node.module])])


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_arrow_points_down() -> None:
    """The contracts of import-linter, which stand in pyproject.toml."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    kept = re.search(r"Contracts: (\d+) kept, 0 broken", done.stdout)
    assert kept is not None, done.stdout
    assert int(kept[1]) >= 5


@pytest.mark.parametrize("path", sources(*INNER), ids=named)
def test_the_inside_knows_only_the_standard_library_and_itself(path: Path) -> None:
    own = ("server.core.",) if "core" in path.parts else ("server.core.", "server.usecases.")
    for name in imports(path):
        assert name.split(".")[0] in sys.stdlib_module_names or f"{name}.".startswith(own), name


@pytest.mark.parametrize("path", sources(*INNER), ids=named)
def test_the_inside_asks_no_clock_of_this_machine(path: Path) -> None:
    """Time is the database's: a worker whose clock is an hour off lets nothing expire early."""
    assert "time" not in set(imports(path))
    asked = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
    assert not asked & {"utcnow", "today", "monotonic", "time_ns", "perf_counter"}
    assert ".now(" not in path.read_text().replace("clock.now(", "")


def knowing(package: str) -> set[str]:
    """The files of the product that import a third-party package."""
    files = sources("server", "jobs")
    return {named(path) for path in files if package in {name.split(".")[0] for name in imports(path)}}


def test_only_two_files_know_arq() -> None:
    assert knowing("arq") == {"server/infra/queue.py", "jobs/worker.py"}


def test_only_one_package_speaks_to_the_provider() -> None:
    """Whoever else uses an HTTP client asks a part of this very installation, or is the guarded client."""
    others = {path for path in knowing("httpx") if not path.startswith("jobs/nanobanana/")}
    assert others <= {"server/supervisor/supervision.py", "server/infra/guarded_http.py"}
    naming = {named(path) for path in sources("server", "jobs") if "/api/v1/nanobanana" in path.read_text()}
    assert naming
    assert all(path.startswith("jobs/nanobanana/") for path in naming)


def test_settings_are_read_in_entry_points_only() -> None:
    """Read once and passed down: no module has them as a global."""
    for path in sources("server", "jobs"):
        for statement in ast.parse(path.read_text()).body:
            if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.If):
                calls = [node.func for node in ast.walk(statement) if isinstance(node, ast.Call)]
                assert not [f for f in calls if isinstance(f, ast.Name) and f.id == "Settings"], path


def test_a_file_is_named_for_its_thing_or_verb() -> None:
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if "node_modules" not in path.parts and "__pycache__" not in path.parts:
                words = set(re.split(r"[^a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", path.stem).lower()))
                assert not words & EMPTY_WORDS, path


def test_there_is_no_further_package_at_the_top() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages <= TOP
    assert {"server", "jobs", "tests"} <= packages


# Settings are documented


def documented(name: str) -> set[str]:
    """The settings that a document names: `NAME=` at the start of a line, or `NAME` in backticks."""
    path = ROOT / name
    assert path.exists(), f"{name} is missing: it documents every setting"
    text = path.read_text()
    if name == ".env.example":
        return set(re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE))
    return set(re.findall(r"`([A-Z][A-Z0-9_]+)(?:=[^`]*)?`", text))


SETTINGS = {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("document", [".env.example", "README.md"])
def test_every_setting_is_documented(document: str) -> None:
    assert sorted(SETTINGS - documented(document)) == []


def test_the_example_environment_names_only_settings_that_exist() -> None:
    assert sorted(documented(".env.example") - SETTINGS) == []


def test_every_setting_says_what_it_is_for() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
