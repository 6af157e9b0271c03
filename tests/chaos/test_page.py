"""The page about all this names every kind, as it is."""

from __future__ import annotations

import re

from tests.chaos.bugs import breaks
from tests.chaos.kinds import KINDS
from tests.pages import DOCS

PAGE = (DOCS / "chaos.md").read_text()


def test_the_table_is_that_of_the_code() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (F\d+) \| (.+) \| (.+) \|$", PAGE, re.MULTILINE)
    assert rows == [(kind.name, kind.faults, kind.sentence, breaks(kind.name).bug) for kind in KINDS.values()]


def test_the_number_is_that_of_the_code() -> None:
    assert f"breaks it: {len(KINDS)} kinds" in PAGE
