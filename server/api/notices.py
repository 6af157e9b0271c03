"""What a person is told where they do not look, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.api import notice_shapes
from server.api.call import Call
from server.core.notices import Choices, NoticeKind
from server.core.projection import public_image
from server.core.push_message import public_message
from server.usecases import choose_notices
from server.usecases import note_shown as showing
from server.usecases import read_notices as reading
from server.usecases import read_untold as untold


async def read_notices(call: Call) -> Mapping[str, Any]:
    """How my last pictures ended."""
    found = await reading.read_notices(call.parts.database, call.viewer)
    return {
        "images": [public_image(image) for image in found.images],
        "epoch": found.position.epoch,
        "seq": found.position.seq,
        "now": found.now.isoformat(),
    }


async def note_shown(call: Call) -> None:
    """A page of mine has shown them."""
    asked = await call.body(notice_shapes.Shown)
    outcomes, images = asked.outcomes or [], asked.images or []
    await showing.note_shown(call.parts.database, call.viewer, images, asked.device, outcomes)


async def read_untold(call: Call) -> Mapping[str, Any]:
    """What a hidden tab of mine is to tell."""
    asked = await call.body(notice_shapes.UntoldAsked)
    heard = untold.Asked(asked.outcomes, asked.device, asked.language)
    found = await untold.read_untold(call.parts.database, call.viewer, heard, call.parts.secret)
    return {
        "outcomes": found.outcomes,
        "elsewhere": found.elsewhere,
        "messages": [public_message(message) for message in found.messages],
    }


async def read_choices(call: Call) -> Mapping[str, Any]:
    """What I want to be told of."""
    return _choices(await choose_notices.read_choices(call.parts.database, call.viewer))


async def save_choices(call: Call) -> Mapping[str, Any]:
    """From now on I want to be told of this."""
    asked = await call.body(notice_shapes.NoticeChoices)
    choices = Choices(frozenset(NoticeKind(kind) for kind in asked.on), frozenset(asked.muted_projects))
    return _choices(await choose_notices.save_choices(call.parts.database, call.viewer, choices))


def _choices(choices: Choices) -> Mapping[str, Any]:
    return {"on": sorted(choices.on), "muted_projects": sorted(str(project) for project in choices.muted)}
