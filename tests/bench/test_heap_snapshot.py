"""What a heap is made of, read from a snapshot in V8's form."""

from __future__ import annotations

from typing import Any

from tests.bench.heap_snapshot import BROWSER, CODE, DATA, census, grown

TYPES = ["hidden", "string", "object", "code", "native"]
STRINGS = ["Object", "a lake at dusk", "a fox in the snow", "InstructionStream", "Text"]


def snapshot(*nodes: tuple[str, int, int]) -> dict[str, Any]:
    """Nodes by type, number of the name, and bytes."""
    meta = {"node_fields": ["type", "name", "id", "self_size", "edge_count"], "node_types": [TYPES]}
    flat = [number for type, name, size in nodes for number in (TYPES.index(type), name, 7, size, 0)]
    return {"snapshot": {"meta": meta}, "nodes": flat, "strings": STRINGS}


def test_every_byte_is_of_one_kind_and_texts_are_one_class() -> None:
    nodes = [
        ("object", 0, 28),
        ("object", 0, 12),
        ("string", 1, 32),
        ("string", 2, 36),
        ("code", 3, 900),
        ("native", 4, 96),
    ]
    assert census(snapshot(*nodes)) == {
        (DATA, "Object"): 40,
        (DATA, "text"): 68,
        (CODE, "InstructionStream"): 900,
        (BROWSER, "Text"): 96,
    }


def test_what_grew_is_told_by_class_and_what_shrank_too() -> None:
    before = census(snapshot(("object", 0, 100), ("string", 1, 50), ("code", 3, 10)))
    after = census(snapshot(("object", 0, 400), ("code", 3, 70)))
    assert grown(before, after, DATA) == {"Object": 300, "text": -50}
    assert grown(before, after, CODE) == {"InstructionStream": 60}
    assert grown(before, after, BROWSER) == {}
