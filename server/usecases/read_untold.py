"""What a hidden tab is to have its system tell: decided here, as for a push, from what everybody has committed.

A tab knows neither what another browser has shown nor how a whole batch stands. It asks when it has waited long enough
for a tab in front to tell first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from server.core.account import Viewer
from server.core.devices import Language
from server.core.facts import Halt
from server.core.limits import seconds
from server.core.notices import Choices, Ending, NoticeKind, images_of, outcome_of, stop_key
from server.core.ports import Database, Unit
from server.core.push_message import Message, SignThumb, batch_message, fixed_message
from server.usecases.claim_pushes import THUMB_LIFE, thumbs_until
from server.usecases.find import find_device


@dataclass(frozen=True, slots=True)
class Asked:
    """What a tab has heard of: keys of outcomes. `device` is its browser's, where that has one."""

    outcomes: Sequence[str]
    device: UUID | None
    language: Language


@dataclass(frozen=True, slots=True)
class Untold:
    """`outcomes`: of those asked for, what is to be told here. `elsewhere`: what was told or seen elsewhere.

    `messages` are whole: of batches that have ended, and that credits ran out.
    """

    outcomes: Sequence[str]
    elsewhere: Sequence[str]
    messages: Sequence[Message]


@dataclass(frozen=True, slots=True)
class _Listener:
    """Whoever asks, and what they want to be told of here."""

    unit: Unit
    viewer: Viewer
    language: Language
    choices: Choices
    off: frozenset[NoticeKind]
    sign: SignThumb

    def wants(self, kind: NoticeKind, project: UUID | None) -> bool:
        return self.choices.wants(kind, project, self.off)


async def read_untold(database: Database, viewer: Viewer, asked: Asked, secret: bytes) -> Untold:
    """Of what the tab has heard of. What is not the viewer's own, or stands otherwise by now, is passed over.

    Raises `Refusal(NOT_FOUND)` for a device that is not theirs, `Unavailable`.
    """

    async def work(unit: Unit) -> Untold:
        listener = await _listener(unit, viewer, asked, secret)
        endings = await unit.notices.endings(viewer.account, viewer.workspace, images_of(asked.outcomes))
        heard = [ending for ending in endings if ending.key in set(asked.outcomes)]
        outcomes = [ending for ending in heard if outcome_of(ending.image) is not None]
        messages = [*await _batches(listener, heard), *await _credits(listener, asked.outcomes)]
        return Untold(
            [ending.key for ending in outcomes if _is_untold(ending) and _is_wanted(listener, ending)],
            [ending.key for ending in outcomes if not _is_untold(ending)],
            messages,
        )

    return await database.transact(work)


async def _listener(unit: Unit, viewer: Viewer, asked: Asked, secret: bytes) -> _Listener:
    device = await find_device(unit, viewer, asked.device) if asked.device else None
    choices = await unit.notices.choices([viewer.account])
    sign = thumbs_until(secret, unit.now + seconds(THUMB_LIFE))
    off = device.off if device else frozenset[NoticeKind]()
    return _Listener(unit, viewer, asked.language, choices.get(viewer.account, Choices()), off, sign)


def _is_untold(ending: Ending) -> bool:
    return ending.news and not ending.shown


def _is_wanted(listener: _Listener, ending: Ending) -> bool:
    kind = outcome_of(ending.image)
    return kind is not None and listener.wants(kind, ending.image.project)


async def _batches(listener: _Listener, heard: Sequence[Ending]) -> list[Message]:
    """One message for each request whose pictures have all ended; what was canceled may have been the last of them."""
    messages: list[Message] = []
    about = {ending.image.batch: ending for ending in heard if ending.image.batch is not None}
    for batch, ending in about.items():
        if listener.wants(NoticeKind.BATCH, ending.image.project):
            messages += await _batch(listener, batch, ending)
    return messages


async def _batch(listener: _Listener, batch: UUID, ending: Ending) -> list[Message]:
    unit, viewer = listener.unit, listener.viewer
    state = await unit.pushes.batch_state(viewer.account, viewer.workspace, batch)
    if not state.complete:
        return []
    # Whoever was shown the last of them knows that all are done.
    last = await unit.notices.endings(viewer.account, viewer.workspace, images_of(state.outcomes[:1]))
    if not all(map(_is_untold, last)):
        return []
    name = ending.project_name
    return [batch_message(listener.language, ending.image.project, name, state, 0, listener.sign)]


async def _credits(listener: _Listener, asked: Sequence[str]) -> list[Message]:
    """That they ran out, to an owner of a workspace in which something waits, as long as they are out."""
    pause = await listener.unit.provider.read()
    if not pause.stopped or pause.reason is not Halt.OUT_OF_CREDITS or pause.since is None:
        return []
    key = stop_key(pause.since)
    if key not in asked or not listener.wants(NoticeKind.CREDITS_LOW, None):
        return []
    account, notices = listener.viewer.account, listener.unit.notices
    if await notices.has_seen(account, key) or account not in await notices.owners_waiting():
        return []
    return [fixed_message(listener.language, NoticeKind.CREDITS_LOW, 0, key)]
