"""Both READMEs and the example environment: one shape, and the commands, targets and settings that there are."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
from typer.main import get_command

from server import cli
from server.settings import Settings
from tests.pages import DOCS, FENCE, LINK, PAGES, READMES, ROOT, blocks, commands, headings, named, spans, typed


def test_both_languages_have_the_same_shape() -> None:
    english, french = (readme.read_text() for readme in READMES)
    assert [level for level, _ in headings(english)] == [level for level, _ in headings(french)]
    assert FENCE.findall(english) == FENCE.findall(french)
    assert english.count("\n- ") == french.count("\n- ")
    assert english.count("\n| ") == french.count("\n| ")


def test_both_languages_name_the_same_commands_settings_and_pages() -> None:
    english, french = (readme.read_text() for readme in READMES)
    assert spans(english) - spans(french) == set()
    # The French page says in words what the comments in the blocks say in English.
    assert {span for span in spans(french) - spans(english) if span not in "".join(blocks(english, "sh"))} == set()
    ours = {target for target in LINK.findall(english) if not target.startswith(("#", "README"))}
    assert ours == {target for target in LINK.findall(french) if not target.startswith(("#", "README"))}


def commands_of_atelier() -> set[str]:
    found = set()
    for name, command in get_command(cli.app).commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        found |= {f"{name} {verb}" for verb in inner} if inner else {name}
    return found


@pytest.mark.parametrize("readme", READMES, ids=named)
def test_the_commands_are_those_of_the_command_line(readme: Path) -> None:
    assert commands(readme.read_text()) == commands_of_atelier()


@pytest.mark.parametrize("page", [page for page in PAGES if page not in READMES], ids=named)
def test_no_page_names_a_command_that_does_not_exist(page: Path) -> None:
    assert commands(page.read_text()) <= commands_of_atelier()


@pytest.mark.parametrize("readme", READMES, ids=named)
def test_the_targets_are_those_of_the_makefile(readme: Path) -> None:
    phony = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony is not None
    asked = re.findall(r"(?:^| )make ([a-z]+(?: [a-z]+)*)", typed(readme.read_text()), re.MULTILINE)
    assert {target for several in asked for target in several.split()} == set(phony[1].split()) - {"help"}


@pytest.mark.parametrize("readme", READMES, ids=named)
def test_the_figures_have_a_command_that_prints_them(readme: Path) -> None:
    modules = re.findall(r"`python -m tests\.bench (\w+)`", readme.read_text())
    assert modules
    assert set(modules) <= set(importlib.import_module("tests.bench.__main__").BENCHES)


def test_the_procfile_names_commands_that_exist() -> None:
    lines = re.findall(r"^\w+: atelier (\w+)$", (ROOT / "Procfile").read_text(), re.MULTILINE)
    assert len(lines) == 4
    assert set(lines) <= commands_of_atelier()


def test_the_picture_of_the_readme_is_light() -> None:
    assert (DOCS / "images" / "dashboard.png").stat().st_size < 600_000


# Settings


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without any setting."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


def as_settings(bare: pytest.MonkeyPatch, table: dict[str, str]) -> Settings:
    """The settings of an environment that holds nothing but `table`."""
    for name, value in table.items():
        bare.setenv(name, value)
    return Settings()


DEFAULTS = {name: field.default for name, field in Settings.model_fields.items()}


def test_the_example_environment_has_every_setting_with_its_default(bare: pytest.MonkeyPatch) -> None:
    lines = re.findall(r"^#([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert [name.lower() for name, _ in lines] == list(DEFAULTS)
    assert as_settings(bare, dict(lines)).model_dump() == DEFAULTS


def test_the_example_environment_says_what_each_setting_does() -> None:
    text = (ROOT / ".env.example").read_text()
    assert len(re.findall(r"^# \S.*\.\n#[A-Z_]+=", text, re.MULTILINE)) == len(DEFAULTS)


@pytest.mark.parametrize("readme", READMES, ids=named)
def test_the_readme_has_every_setting_with_its_default(readme: Path, bare: pytest.MonkeyPatch) -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| (?:`([^`]+)`|-) \| \S.* \|$", readme.read_text(), re.MULTILINE)
    assert [name.lower() for name, _ in rows] == list(DEFAULTS)
    assert as_settings(bare, dict(rows)).model_dump() == DEFAULTS
