"""Each kind has a bug that it must find, and the text that the bug replaces is in the product."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.chaos.bugs import BUGS
from tests.chaos.kinds import KINDS
from tests.chaos.mutations import Edit, Mutation
from tests.running import ROOT


def test_every_kind_has_one_bug() -> None:
    assert sorted(kind for mutation in BUGS for kind in mutation.kinds) == sorted(KINDS)


def test_the_faults_are_those_of_the_table() -> None:
    numbers = {number for kind in KINDS.values() for number in kind.faults.split()}
    assert numbers == {f"F{number}" for number in range(1, 27)}


@pytest.mark.parametrize("mutation", BUGS, ids=lambda mutation: mutation.bug)
def test_the_code_still_has_the_text(mutation: Mutation, tmp_path: Path) -> None:
    for edit in mutation.edits:
        copy = tmp_path / edit.path
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text((ROOT / edit.path).read_text())
        edit.apply(tmp_path)
        ast.parse(copy.read_text())


def test_a_text_that_has_moved_on_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("b = 1\n")
    with pytest.raises(AssertionError, match="0 times"):
        Edit("a.py", "c = 1", "c = 2").apply(tmp_path)
