"""The port `ReadMarks`, on its one adapter."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from server.core.account import Project
from server.core.image import Image, Kind, Rendition, Status
from tests.contracts.rows import Home

SHA = "0" * 64
STORED: Mapping[str, Any] = {
    "renditions": {"original": Rendition("w/i/o.png", SHA, "image/png", 64, 48, 9)},
    "sha256": SHA,
    "width": 64,
    "height": 48,
}
WHY = {"code": "expired", "detail": None, "charged": False}


async def ended(home: Home, at: datetime, status: Status = Status.COMPLETED, **fields: Any) -> Image:
    """A generation that ended at that time."""
    how: Mapping[str, Any] = {Status.COMPLETED: STORED, Status.FAILED: {"error": WHY}}.get(status, {})
    return await home.image(status=status, finished_at=at, wake_at=None, deadline_at=None, **{**how, **fields})


async def rise(home: Home, seen_at: datetime, project: UUID | None = None) -> bool:
    return await home.do(lambda unit: unit.read_marks.rise(home.account, project or home.project, seen_at))


async def marks(home: Home) -> Mapping[UUID, datetime]:
    return await home.do(lambda unit: unit.read_marks.of(home.account, home.workspace))


async def unread(home: Home, limit: int = 100) -> list[UUID]:
    found = await home.do(lambda unit: unit.read_marks.unread(home.account, home.workspace, limit))
    return [image.id for image in found]


@pytest.fixture
async def now(home: Home) -> datetime:
    """The database's time; the project was made a day before."""
    await home.sql("UPDATE project SET created_at = now() - interval '1 day' RETURNING id")
    return await home.database.time()


# Marks


async def test_a_mark_only_rises(home: Home, now: datetime) -> None:
    assert await marks(home) == {}
    assert await rise(home, now)
    for earlier in (now, now - timedelta(hours=1)):
        assert not await rise(home, earlier)
        assert await marks(home) == {home.project: now}
    later = now + timedelta(microseconds=1)
    assert await rise(home, later)
    assert await marks(home) == {home.project: later}


async def test_of_many_at_once_the_latest_stays(home: Home, now: datetime) -> None:
    times = [now + timedelta(seconds=place) for place in range(8)]
    random.Random(1).shuffle(times)
    await asyncio.gather(*(rise(home, at) for at in times))
    assert await marks(home) == {home.project: max(times)}


async def test_everybody_has_their_own_in_each_workspace(home: Home, other: Home, now: datetime) -> None:
    await rise(home, now)
    assert await marks(other) == {}
    # Somebody of two workspaces: asked about one, the marks of the other are not told.
    foreign = await other.do(lambda unit: unit.read_marks.rise(home.account, other.project, now))
    assert foreign
    assert await marks(home) == {home.project: now}


async def test_a_mark_goes_with_its_project_and_with_its_account(home: Home, now: datetime) -> None:
    project = Project(uuid4(), home.workspace, "Trip", 1, now, now)
    await home.do(lambda unit: unit.projects.add(project))
    await rise(home, now)
    await rise(home, now, project.id)
    await home.sql("DELETE FROM project WHERE id = :id RETURNING id", id=project.id)
    assert await marks(home) == {home.project: now}
    await home.sql("DELETE FROM account WHERE id = :id RETURNING id", id=home.account)
    assert await home.sql("SELECT * FROM read_mark") == []


async def test_a_project_in_the_trash_keeps_its_mark(home: Home, now: datetime) -> None:
    await rise(home, now)
    await home.sql("UPDATE project SET trashed_at = now() RETURNING id")
    assert await marks(home) == {home.project: now}


# What is beyond them


async def test_without_a_mark_all_is_unread_that_ended_since_the_project_was_made(home: Home, now: datetime) -> None:
    first = await ended(home, now - timedelta(hours=2))
    second = await ended(home, now - timedelta(hours=1), Status.FAILED)
    await ended(home, now - timedelta(days=2))
    assert await unread(home) == [second.id, first.id]
    assert await unread(home, limit=1) == [second.id]


async def test_what_ended_up_to_the_mark_is_read(home: Home, now: datetime) -> None:
    seen, fresh = await ended(home, now), await ended(home, now + timedelta(microseconds=1))
    assert await unread(home) == [fresh.id, seen.id]
    await rise(home, now)
    assert await unread(home) == [fresh.id]


async def test_a_mark_before_the_project_was_made_uncovers_nothing(home: Home, now: datetime) -> None:
    await ended(home, now - timedelta(days=2))
    await rise(home, now - timedelta(days=3))
    assert await unread(home) == []


async def test_what_was_moved_since_it_ended_is_not_new_however_old_the_mark_is(home: Home, now: datetime) -> None:
    await rise(home, now - timedelta(hours=1))
    moment = timedelta(microseconds=1)
    again = await ended(home, now, moved_at=now - moment)
    for moved_at in (now, now + moment):
        await ended(home, now, moved_at=moved_at)
    assert await unread(home) == [again.id]


async def test_only_generations_that_ended_and_are_not_in_the_trash(home: Home, now: datetime) -> None:
    await home.image()
    await ended(home, now, Status.CANCELED)
    await ended(home, now, kind=Kind.UPLOAD, model=None, prompt="")
    await ended(home, now, trashed_at=now)
    assert await unread(home) == []
    await ended(home, now)
    await home.sql("UPDATE project SET trashed_at = now() RETURNING id")
    assert await unread(home) == []


async def test_what_is_unread_is_read_back_whole(home: Home, now: datetime) -> None:
    source = await home.image()
    image = await ended(home, now, inputs=(source.id,))
    found = await home.do(lambda unit: unit.read_marks.unread(home.account, home.workspace, 10))
    assert list(found) == [image]


async def test_one_has_seen_what_the_other_has_not(home: Home, other: Home, now: datetime) -> None:
    mine = await ended(home, now)
    theirs = await ended(other, now)
    await rise(other, now)
    assert (await unread(home), await unread(other)) == ([mine.id], [])
    # The colleague's mark is of no account to oneself, in the same project too.
    await home.do(lambda unit: unit.read_marks.rise(other.account, home.project, now))
    assert await unread(home) == [mine.id]
    assert theirs.id not in await unread(home)
