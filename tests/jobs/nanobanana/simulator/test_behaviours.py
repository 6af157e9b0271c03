"""The table of behaviours: its names are an interface, so each is documented and each is tried."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jobs.nanobanana.simulator.behaviours import BEHAVIOURS

HERE = Path(__file__).parent
PAGE = Path(__file__).parents[4] / "docs" / "simulator.md"


def test_the_page_holds_the_table_word_for_word() -> None:
    rows = dict(re.findall(r"^\| `\[\[(.+?)\]\]` \| (.+?) \|$", PAGE.read_text(), re.MULTILINE))
    assert rows == {row.signature: row.sentence for row in BEHAVIOURS.values()}


def test_every_setting_and_path_of_the_control_interface_is_on_the_page() -> None:
    page = PAGE.read_text()
    source = Path(__file__).parents[4] / "jobs" / "nanobanana" / "simulator"
    paths = re.findall(r'Route\("(/simulator/[^"]+|/healthz|/results/[^"]+)"', (source / "app.py").read_text())
    settings = re.findall(r'^    "(\w+)": _\w+,$', (source / "settings.py").read_text(), re.MULTILINE)
    assert len(paths) > 8 and len(settings) > 5
    names = [*paths, *(f"`{setting}`" for setting in (*settings, "balance"))]
    assert [name for name in names if name not in page] == []


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_every_behaviour_is_tried_by_a_test(name: str) -> None:
    tests = "".join(file.read_text() for file in HERE.glob("test_*.py"))
    assert re.search(rf"""(\[\[|["']){re.escape(name)}(\]\]|["':])""", tests), f"no test tries {name}"


def test_a_signature_shows_what_is_required_and_what_is_not() -> None:
    assert BEHAVIOURS["code-429"].signature == "code-429[:n[:seconds]]"
    assert BEHAVIOURS["callback-times"].signature == "callback-times:n"
    assert BEHAVIOURS["ok"].signature == "ok"
