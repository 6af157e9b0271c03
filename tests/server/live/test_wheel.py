"""The wheel that all beats hang on."""

from __future__ import annotations

import random
from itertools import pairwise

from server.live.wheel import JITTER, ROUND, Wheel


def never(item: object) -> bool:
    return False


def test_everybody_comes_up_once_a_round_give_or_take() -> None:
    wheel: Wheel[int] = Wheel(25.0, never, random.Random(1))
    assert wheel.tick * ROUND == 25.0
    turns: dict[int, list[int]] = {item: [] for item in range(500)}
    for item in turns:
        wheel.add(item)
    for turn in range(ROUND * 10):
        for item in wheel.turn():
            turns[item].append(turn)
    gaps = [later - earlier for seen in turns.values() for earlier, later in pairwise(seen)]
    assert all(seen[0] < ROUND for seen in turns.values())
    assert (min(gaps), max(gaps)) == (ROUND - JITTER, ROUND + JITTER)


def test_those_who_came_together_are_spread() -> None:
    wheel: Wheel[int] = Wheel(25.0, never, random.Random(1))
    for item in range(ROUND * 20):
        wheel.add(item)
    assert max(len(wheel.turn()) for _ in range(ROUND)) < 60


def test_who_left_does_not_come_up() -> None:
    gone: set[str] = set()
    wheel: Wheel[str] = Wheel(25.0, gone.__contains__, random.Random(1))
    wheel.add("leaves")
    wheel.add("stays")
    assert sorted(item for _ in range(ROUND) for item in wheel.turn()) == ["leaves", "stays"]
    gone.add("leaves")
    assert {item for _ in range(2 * ROUND) for item in wheel.turn()} == {"stays"}
    assert len(wheel) == 1, "it is forgotten within a round"
