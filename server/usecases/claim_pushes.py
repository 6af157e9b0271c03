"""Take what is due to some devices, drop what is no news any more, say the rest: one message a device and project."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from itertools import groupby
from uuid import UUID

from server.core.devices import Device
from server.core.limits import seconds
from server.core.notices import Choices, NoticeKind
from server.core.ports import Database, Unit
from server.core.push_message import Message, SignThumb, batch_message, fixed_message, outcome_message, ttl
from server.core.pushes import BatchState, Claim, Fate, Story
from server.core.signing import sign_thumb
from server.usecases.move_image import Rules

THUMB_LIFE = 24 * 3_600.0
"""Seconds for which a notification may fetch its picture."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one device. `pushes` are the rows it speaks for, `turn` is until when they are ours.

    `tries` failed before this one; `ttl` is in seconds.
    """

    device: Device
    message: Message
    pushes: Sequence[UUID]
    turn: datetime
    tries: int
    ttl: int


@dataclass(slots=True)
class _Desk:
    """One device's letters while they are written."""

    unit: Unit
    claim: Claim
    device: Device
    choices: Choices
    sign: SignThumb
    letters: list[Letter] = field(default_factory=list)

    def put(self, message: Message, due: Sequence[Story]) -> None:
        """One more letter, which speaks for these rows."""
        deadline_at, tries = max(story.deadline_at for story in due), max(story.tries for story in due)
        left = ttl(message.kind, deadline_at, self.unit.now)
        ids = [story.id for story in due]
        self.letters.append(Letter(self.device, message, ids, self.claim.turn, tries, left))


async def claim_pushes(database: Database, limit: int, secret: bytes, rules: Rules) -> list[Letter] | None:
    """Letters to at most `limit` devices, whose turn is held for `policy.push_turn` seconds; None: nothing is due.

    No letters at all is another thing: what was due was no news any more. Raises `Unavailable`.
    """

    async def work(unit: Unit) -> list[Letter] | None:
        claim = await unit.pushes.claim(limit, rules.policy.push_turn)
        if claim is None:
            return None
        choices = await unit.notices.choices({device.account for device in claim.devices})
        sign = thumbs_until(secret, unit.now + seconds(THUMB_LIFE))
        letters: list[Letter] = []
        for device in claim.devices:
            desk = _Desk(unit, claim, device, choices.get(device.account, Choices()), sign)
            await _write(desk, [story for story in claim.stories if story.device == device.id])
            letters += desk.letters
        return letters

    return await database.transact(work)


def thumbs_until(secret: bytes, expires_at: datetime) -> SignThumb:
    """Gives the thumb of an image an address that is good until then."""
    return lambda image: "/api/thumbs/" + sign_thumb(secret, image, expires_at)


async def _write(desk: _Desk, stories: Sequence[Story]) -> None:
    wants = desk.choices.wants
    news = [story for story in stories if story.stands and wants(story.kind, story.project, desk.device.off)]
    await _drop(desk.unit, [story for story in stories if story not in news])
    for story in news:
        if story.project is None:
            message = fixed_message(desk.device.language, story.kind, await _unread(desk, None), story.outcome)
            desk.put(message, [story])
    for about in _by_project(story for story in news if story.project is not None):
        await _write_of_project(desk, about)


async def _drop(unit: Unit, stale: Sequence[Story]) -> None:
    late = {story.id for story in stale if story.deadline_at <= unit.now}
    await unit.pushes.drop(late, Fate.GIVEN_UP)
    await unit.pushes.drop({story.id for story in stale} - late, Fate.HELD_BACK)


def _by_project(stories: Iterable[Story]) -> list[list[Story]]:
    """Each project's, in the order they came in: last ended first."""
    ordered = sorted(stories, key=lambda story: str(story.project))
    return [list(group) for _, group in groupby(ordered, key=lambda story: story.project)]


async def _write_of_project(desk: _Desk, stories: Sequence[Story]) -> None:
    """Every outcome that is due, those told before and not read, and requests whose last picture has ended."""
    outcomes = [story for story in stories if story.kind is not NoticeKind.BATCH]
    batches = {
        story: state
        for story in stories
        if story.kind is NoticeKind.BATCH and (state := await _complete(desk, story)) is not None
    }
    due = [story for story in outcomes if not story.sent] + list(batches)
    if not due:
        return
    unread = await _unread(desk, stories[0].workspace)
    # One project has one tag, so whatever is due is told by one letter.
    whole = reduce(BatchState.beside, batches.values()) if batches else None
    if whole is not None and {story.outcome for story in due if not story.batch} <= set(whole.outcomes):
        about = next(iter(batches))
        assert about.project is not None
        message = batch_message(desk.device.language, about.project, about.project_name, whole, unread, desk.sign)
    else:
        message = outcome_message(desk.device.language, outcomes, unread, desk.sign)
    desk.put(message, due)


async def _complete(desk: _Desk, story: Story) -> BatchState | None:
    """The request, where all have ended; else its row sleeps until the next ending, or goes where nothing is to say."""
    assert story.workspace is not None and story.batch is not None
    state = await desk.unit.pushes.batch_state(desk.device.account, story.workspace, story.batch)
    if state.unfinished:
        await desk.unit.pushes.sleep(story.id)
    elif not state.complete:
        await desk.unit.pushes.drop([story.id], Fate.HELD_BACK)
    return state if state.complete else None


async def _unread(desk: _Desk, workspace: UUID | None) -> int:
    """What the page's own count would be, at the device's icon."""
    account = desk.device.account
    if workspace is None:
        home = await desk.unit.accounts.home(account)
        if home is None:
            return 0
        workspace = home.id
    return await desk.unit.read_marks.count_unread(account, workspace)
