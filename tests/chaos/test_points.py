"""The crash points are names of functions that the product has, and an order is taken by one process only."""

from __future__ import annotations

import inspect
import json
import os
from pathlib import Path

import pytest

from server.core import facts
from tests.chaos.armed import take
from tests.chaos.points import POINTS, TURNS, Point, find


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_the_point_is_a_function_of_the_product(point: Point) -> None:
    assert callable(find(point.target)[2])
    assert not point.fact or point.fact in {fact.__name__ for fact in facts.FACTS}


def test_whose_turn_it_is_is_the_second_argument() -> None:
    assert list(inspect.signature(find(TURNS)[2]).parameters)[:2] == ["shop", "held"]


def test_points_have_names_of_their_own() -> None:
    assert len({point.name for point in POINTS}) == len(POINTS)


def test_an_order_is_taken_once(tmp_path: Path) -> None:
    (tmp_path / "here").write_text(json.dumps({"do": "kill", "match": ["cat"]}))
    assert take(tmp_path, "there", ("a cat",)) is None
    assert take(tmp_path, "here", ("a dog",)) is None
    assert take(tmp_path, "here", ("a cat",)) == "kill"
    assert take(tmp_path, "here", ("a cat",)) is None
    assert [file.name for file in tmp_path.iterdir()] == [f"here.taken.{os.getpid()}"]
