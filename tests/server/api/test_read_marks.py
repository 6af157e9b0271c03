"""What a person has seen, over HTTP: their own marks, which only rise and never run ahead of the time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from server.core.errors import ErrorCode

from .conftest import OpenStudio
from .studio import Person, Studio, random_id, refused


@pytest.fixture
async def studio(another_studio: OpenStudio) -> AsyncIterator[Studio]:
    """A test's own: what is unread is told whole."""
    async with another_studio() as opened:
        yield opened


async def unread(person: Person) -> dict[str, Any]:
    answer = await person.http.get("/api/unread")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def ids(person: Person) -> list[str]:
    return [image["id"] for image in (await unread(person))["images"]]


async def see(person: Person, seen_at: str, project: str | None = None) -> dict[str, Any]:
    answer = await person.http.put(f"/api/projects/{project or person.project}/read-mark", json={"seen_at": seen_at})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def told(studio: Studio, person: Person) -> list[dict[str, Any]]:
    """Every read mark that the person's stream tells of, oldest first."""
    events = await studio.parts.database.transact(lambda unit: unit.events.after(person.workspace, 0, 1_000))
    return [dict(event.data) for event in events if event.kind == "read_mark.changed"]


async def test_what_is_moved_into_an_older_project_is_not_new_there(studio: Studio) -> None:
    old = studio.ada.project
    answer = await studio.ada.http.post("/api/projects", json={"name": "Newer"})
    newer = answer.json()["id"]
    failed = await studio.failed_generation(studio.ada)
    assert await ids(studio.ada) == [failed]
    for project in (newer, old):
        changes = {"ids": [failed], "action": "move", "project": project}
        assert (await studio.ada.http.post("/api/images/changes", json=changes)).status_code == 200
        assert await ids(studio.ada) == []


async def test_what_ended_is_unread_until_it_was_seen(studio: Studio) -> None:
    assert await ids(studio.ada) == []
    first, second = await studio.failed_generation(studio.ada), await studio.failed_generation(studio.ada)
    await studio.completed_upload(studio.ada)
    await studio.ada.pending_generation()
    snapshot = await unread(studio.ada)
    assert [image["id"] for image in snapshot["images"]] == [second, first]
    assert snapshot["images"][1] == await studio.ada.read(first)
    assert snapshot["marks"] == []

    mark = await see(studio.ada, snapshot["images"][1]["finished_at"])
    assert (mark["project"], mark["seen_at"]) == (studio.ada.project, snapshot["images"][1]["finished_at"])
    after = await unread(studio.ada)
    assert [image["id"] for image in after["images"]] == [second]
    assert after["marks"] == [mark]
    assert (after["epoch"], after["seq"]) == (snapshot["epoch"], snapshot["seq"] + 1)
    assert await told(studio, studio.ada) == [mark]


async def test_a_mark_does_not_go_back_and_says_nothing_twice(studio: Studio) -> None:
    await studio.failed_generation(studio.ada)
    newest = (await unread(studio.ada))["images"][0]["finished_at"]
    mark = await see(studio.ada, newest)
    earlier = (datetime.fromisoformat(newest) - timedelta(seconds=1)).isoformat()
    # The same moment as it is written elsewhere, and the farthest past there is.
    elsewhere = newest.replace("+00:00", "Z")
    for seen_at in (newest, elsewhere, earlier, "0001-01-01T00:00:00+14:00"):
        assert await see(studio.ada, seen_at) == mark
    assert await told(studio, studio.ada) == [mark]


@pytest.mark.parametrize("future", ["2999-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"])
async def test_nobody_has_seen_what_is_yet_to_come(studio: Studio, future: str) -> None:
    mark = await see(studio.ada, future)
    assert datetime.fromisoformat(mark["seen_at"]) <= await studio.parts.database.time()
    assert await ids(studio.ada) == []
    later = await studio.failed_generation(studio.ada)
    assert await ids(studio.ada) == [later]


async def test_a_new_project_is_read_up_to_the_time_it_was_made(studio: Studio) -> None:
    old = await studio.failed_generation(studio.ada)
    made = (await studio.ada.http.post("/api/projects", json={"name": "Trip"})).json()
    assert await see(studio.ada, "2020-01-01T00:00:00Z", made["id"]) == {
        "account": (await studio.ada.http.get("/api/me")).json()["account"]["id"],
        "project": made["id"],
        "seen_at": made["created_at"],
    }
    assert await told(studio, studio.ada) == []
    assert await ids(studio.ada) == [old]
    move = {"ids": [old], "action": "move", "project": made["id"]}
    assert (await studio.ada.http.post("/api/images/changes", json=move)).status_code == 200
    assert await ids(studio.ada) == []


async def test_what_is_deleted_is_not_unread_and_comes_back_as_it_was(studio: Studio) -> None:
    image = await studio.failed_generation(studio.ada)
    await studio.ada.http.delete(f"/api/images/{image}")
    assert await ids(studio.ada) == []
    await studio.ada.http.post(f"/api/images/{image}/restore")
    assert await ids(studio.ada) == [image]


async def test_nobody_marks_or_reads_what_is_not_theirs(studio: Studio) -> None:
    await studio.failed_generation(studio.ada)
    assert await ids(studio.bob) == []
    now = studio.parts.clock.now().isoformat()
    for project in (studio.ada.project, random_id(), "kitten"):
        answer = await studio.bob.http.put(f"/api/projects/{project}/read-mark", json={"seen_at": now})
        refused(answer, ErrorCode.NOT_FOUND)
    await studio.ada.http.delete(f"/api/projects/{studio.ada.project}")
    answer = await studio.ada.http.put(f"/api/projects/{studio.ada.project}/read-mark", json={"seen_at": now})
    refused(answer, ErrorCode.NOT_FOUND)
    assert await studio.count("read_mark") == 0


async def test_members_of_one_workspace_have_marks_of_their_own(studio: Studio) -> None:
    image = await studio.failed_generation(studio.ada)
    # Bob looks at Ada's workspace, and may not change it.
    await studio.run("DELETE FROM membership WHERE workspace = :id", id=studio.bob.workspace)
    await studio.run(
        "INSERT INTO membership (account, workspace, role) SELECT id, :workspace, 'viewer' FROM account "
        "WHERE email = :email",
        workspace=UUID(str(studio.ada.workspace)),
        email=studio.bob.email,
    )
    assert await ids(studio.bob) == [image]
    mark = await see(studio.bob, (await studio.bob.read(image))["finished_at"], studio.ada.project)
    assert await ids(studio.bob) == []
    assert await ids(studio.ada) == [image]
    assert (await unread(studio.ada))["marks"] == []
    assert (await unread(studio.bob))["marks"] == [mark]


@pytest.mark.parametrize("body", [{}, {"seen_at": None}, {"seen_at": "yesterday"}, {"seen_at": "2031-01-01T00:00:00"}])
async def test_a_time_needs_its_zone(studio: Studio, body: dict[str, Any]) -> None:
    answer = await studio.ada.http.put(f"/api/projects/{studio.ada.project}/read-mark", json=body)
    assert refused(answer, ErrorCode.INVALID_REQUEST)["field"] == "seen_at"
