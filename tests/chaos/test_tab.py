"""The harness's own tab: it notices what must never happen, and keeps the higher version."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chaos.tab import Tab


def event(seq: int, version: int = 1) -> dict[str, Any]:
    data = {"id": "x", "version": version, "status": "pending"}
    return {"type": "event", "seq": seq, "kind": "image.changed", "data": data}


def replay(start: int, to: int, events: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "replay", "epoch": "e", "from": start, "to": to, "events": events}


@pytest.fixture
def tab() -> Tab:
    """At number 4."""
    tab = Tab("a", "http://127.0.0.1:1", "key", "w")
    tab.seq = 4
    return tab


@pytest.mark.parametrize(
    ("frames", "faults"),
    [
        ([event(5), event(6)], 0),
        ([replay(5, 6, [event(5), event(6)]), event(7)], 0),
        ([replay(5, 4, [])], 0),
        ([event(6)], 1),
        ([event(4)], 1),
        ([event(5), event(5)], 1),
        ([replay(6, 6, [event(6)])], 2),
        ([replay(5, 6, [event(6)])], 1),
        ([replay(5, 6, [event(5)])], 1),
    ],
)
async def test_it_counts(tab: Tab, frames: list[dict[str, Any]], faults: int) -> None:
    for frame in frames:
        await tab._take(frame)
    assert len(tab.faults) == faults


async def test_it_keeps_the_higher_version(tab: Tab) -> None:
    for seq, version in ((5, 2), (6, 1)):
        await tab._take(event(seq, version))
    assert tab.images["x"]["version"] == 2
    assert tab.faults == []
