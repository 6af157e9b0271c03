"""Which number each room has come to."""

from __future__ import annotations

from typing import Any, cast

import pytest

from tests.bench.live.events import Template
from tests.bench.live.publisher import Publisher
from tests.bench.live.talking import Talking


class Program:
    """Says that it has published so many."""

    def __init__(self, *counts: int) -> None:
        self._counts = list(counts)

    async def hear(self, limit: float) -> dict[str, Any]:
        return {"published": self._counts.pop(0), "took": 1_000_000_000, "latest": 0}


@pytest.mark.parametrize("counts", [(7,), (3, 4), (1, 1, 1, 1, 1, 1, 1), (5, 0, 2)])
async def test_rooms_take_turns_from_run_to_run(counts: tuple[int, ...]) -> None:
    tops = [100, 200, 300]
    templates = [Template(b"", room) for room in (0, 1, 2, 0)]
    publisher = Publisher(cast(Talking, Program(*counts)), templates, tops)
    for count in counts:
        assert (await publisher.finish(1.0)).count == count
    # Of 0 1 2 0 0 1 2 three are for the first room.
    assert tops == [103, 202, 302]
