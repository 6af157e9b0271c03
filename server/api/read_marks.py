"""What a person has seen, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.api import read_mark_shapes
from server.api.call import Call
from server.core.projection import public_image, public_read_mark
from server.usecases import mark_read as marking
from server.usecases import read_unread as unread


async def mark_read(call: Call) -> Mapping[str, Any]:
    """All that ended in a project up to then is read."""
    asked = await call.body(read_mark_shapes.ReadMarkEdit)
    project = call.id()
    seen_at = await marking.mark_read(call.parts.database, call.viewer, project, asked.seen_at)
    return public_read_mark(call.viewer.account, project, seen_at)


async def read_unread(call: Call) -> Mapping[str, Any]:
    """My marks, and the pictures beyond them."""
    found = await unread.read_unread(call.parts.database, call.viewer)
    account = call.viewer.account
    return {
        "marks": [public_read_mark(account, project, seen_at) for project, seen_at in found.marks.items()],
        "images": [public_image(image) for image in found.images],
        "epoch": found.position.epoch,
        "seq": found.position.seq,
        "now": found.now.isoformat(),
    }
