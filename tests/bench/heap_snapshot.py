"""What a heap is made of: compiled code, the page's own data, and what the browser keeps for it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from playwright.async_api import CDPSession

CODE, BROWSER, DATA = "compiled code", "the browser's own", "the page's data"
_KINDS = {"code": CODE, "object shape": CODE, "native": BROWSER}
_STRINGS = frozenset({"string", "concatenated string", "sliced string"})
MOST = 5

Census = Mapping[tuple[str, str], int]
"""Bytes by kind and by the name of the class."""


async def take_census(session: CDPSession) -> Census:
    """Of the session's page, now."""
    chunks: list[str] = []

    def keep(event: dict[str, Any]) -> None:
        chunks.append(event["chunk"])

    session.on("HeapProfiler.addHeapSnapshotChunk", keep)
    await session.send("HeapProfiler.takeHeapSnapshot", {"reportProgress": False})
    session.remove_listener("HeapProfiler.addHeapSnapshotChunk", keep)
    return census(json.loads("".join(chunks)))


def census(snapshot: Mapping[str, Any]) -> Census:
    """Of a snapshot as V8 writes it: a flat list of numbers, so many for each node."""
    meta, nodes, strings = snapshot["snapshot"]["meta"], snapshot["nodes"], snapshot["strings"]
    fields, types = meta["node_fields"], meta["node_types"][0]
    step, type_at, name_at, size_at = len(fields), *map(fields.index, ("type", "name", "self_size"))
    sizes: Counter[tuple[str, str]] = Counter()
    for start in range(0, len(nodes), step):
        type = types[nodes[start + type_at]]
        name = "text" if type in _STRINGS else strings[nodes[start + name_at]]
        sizes[_KINDS.get(type, DATA), name] += nodes[start + size_at]
    return sizes


def grown(before: Census, after: Census, kind: str) -> Counter[str]:
    """How many bytes more there are of each class of a kind; less than none where there are fewer."""
    names = {name for of, name in (*before, *after) if of == kind}
    return Counter({name: after.get((kind, name), 0) - before.get((kind, name), 0) for name in names})


def print_grown(before: Census, after: Census) -> None:
    """One line for each kind, with the classes that grew most."""
    for kind in (CODE, DATA, BROWSER):
        classes = grown(before, after, kind)
        most = [f"{name[:40]} {size / 1000:+.1f}" for name, size in classes.most_common(MOST) if size > 0]
        print(f"{kind}: {sum(classes.values()) / 1000:+.0f} kB ({', '.join(most) or 'nothing grew'})")
