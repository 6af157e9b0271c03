"""The trash and many at once, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from server.core.errors import ErrorCode

from .conftest import OpenStudio
from .pictures import picture
from .studio import Person, Studio, random_id, refused


async def change(person: Person, ids: list[str], action: str, **more: Any) -> list[dict[str, Any]]:
    answer = await person.http.post("/api/images/changes", json={"ids": ids, "action": action, **more})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["images"])


async def purge(person: Person, *ids: str) -> list[str]:
    answer = await person.http.post("/api/trash/purge", json={"ids": ids})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["ids"])


async def trash(person: Person, **asked: Any) -> dict[str, Any]:
    answer = await person.http.get("/api/trash", params=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_the_trash_holds_every_projects_pictures_the_last_first_page_by_page(another_studio: OpenStudio) -> None:
    async with another_studio() as studio:
        ada = studio.ada
        project = (await ada.http.post("/api/projects", json={"name": "Trip"})).json()["id"]
        kept, first = [await studio.completed_upload(ada) for _ in range(2)]
        added = await ada.upload(("x.jpg", picture()), project=project)
        other = str(added.json()["images"][0]["id"])
        together = [await studio.completed_upload(ada) for _ in range(3)]
        await ada.http.delete(f"/api/images/{first}")
        await ada.http.delete(f"/api/projects/{project}")
        await change(ada, together, "trash")
        seen: list[dict[str, Any]] = []
        page = await trash(ada, limit=2)
        while page["next"]:
            seen += page["items"]
            page = await trash(ada, limit=2, cursor=page["next"])
        seen += page["items"]
        assert [image["id"] for image in seen] == [*sorted(together), other, first]
        assert kept not in {image["id"] for image in seen}
        whole = await trash(ada)
        assert (whole["items"], whole["next"]) == (seen, None)
        listed = (await ada.http.get(f"/api/projects/{ada.project}/images")).json()
        assert (whole["epoch"], whole["seq"]) == (listed["epoch"], listed["seq"])
        assert (await trash(studio.bob))["items"] == []


async def test_what_is_removed_for_ever_is_nowhere_any_more(studio: Studio) -> None:
    ada, image = studio.ada, await studio.completed_upload(studio.ada)
    assert await purge(ada, image) == []
    await ada.http.delete(f"/api/images/{image}")
    assert await purge(studio.bob, image) == []
    link = studio.signed_input(image)
    assert await purge(ada, image, image, random_id()) == [image]
    for path in (f"/api/images/{image}", f"/api/images/{image}/file/thumb", link):
        refused(await ada.http.get(path), ErrorCode.NOT_FOUND)
    refused(await ada.http.post(f"/api/images/{image}/restore"), ErrorCode.NOT_FOUND)
    assert image not in {one["id"] for one in (await trash(ada))["items"]}
    assert await studio.parts.blobs.keys(f"{ada.workspace}/{image}") == []
    assert await purge(ada, image) == []


async def test_a_picture_and_its_project_come_back_together(studio: Studio) -> None:
    ada = studio.ada
    project = (await ada.http.post("/api/projects", json={"name": "Trip"})).json()["id"]
    image = await studio.completed_upload(ada)
    [moved] = await change(ada, [image], "move", project=project)
    assert moved["project"] == project
    await ada.http.delete(f"/api/projects/{project}")
    refused(await ada.http.get(f"/api/projects/{project}"), ErrorCode.NOT_FOUND)
    restored = (await ada.http.post(f"/api/images/{image}/restore")).json()
    assert restored["trashed_at"] is None
    assert (await ada.http.get(f"/api/projects/{project}/images")).json()["items"] == [restored]


async def test_one_request_is_one_unit_of_the_rate(another_studio: OpenStudio) -> None:
    async with another_studio(write_rate=3) as studio:
        ids = [await studio.completed_upload(studio.ada) for _ in range(5)]
        assert len(await change(studio.ada, ids, "trash")) == 5
        assert len(await change(studio.ada, ids, "restore")) == 5
        again = await studio.ada.http.post("/api/images/changes", json={"ids": ids, "action": "trash"})
        refused(again, ErrorCode.RATE_LIMITED)


async def test_five_hundred_are_changed_and_removed_at_once(studio: Studio) -> None:
    ids = [image["id"] for _ in range(25) for image in await many(studio.ada, 20)]
    assert len(ids) == 500
    assert [image["id"] for image in await change(studio.ada, ids, "trash")] == ids
    assert set(await purge(studio.ada, *ids)) == set(ids)


async def many(person: Person, count: int) -> list[dict[str, Any]]:
    """Uploads that no worker sees."""
    answer = await person.upload(*[("x.jpg", picture())] * count)
    return list(answer.json()["images"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"ids": [], "action": "trash"}, "ids"),
        ({"ids": [random_id()] * 501, "action": "trash"}, "ids"),
        ({"ids": ["x"], "action": "trash"}, "ids.0"),
        ({"ids": [random_id()], "action": "burn"}, "action"),
        ({"ids": [random_id()], "action": "move"}, "project"),
        ({"ids": [random_id()], "action": "trash", "project": random_id()}, "project"),
    ],
)
async def test_a_change_that_makes_no_sense_is_refused(studio: Studio, body: dict[str, Any], field: str) -> None:
    answer = await studio.ada.http.post("/api/images/changes", json=body)
    assert refused(answer, ErrorCode.INVALID_REQUEST)["field"] == field


async def test_a_move_to_somebody_elses_project_is_a_move_to_nowhere(studio: Studio) -> None:
    image = await studio.completed_upload(studio.ada)
    body = {"ids": [image], "action": "move", "project": studio.bob.project}
    refused(await studio.ada.http.post("/api/images/changes", json=body), ErrorCode.NOT_FOUND)


@pytest.mark.parametrize("asked", [{"cursor": "x"}, {"limit": "0"}, {"limit": "501"}])
async def test_a_page_that_cannot_be_is_refused(studio: Studio, asked: dict[str, str]) -> None:
    answer = await studio.ada.http.get("/api/trash", params=asked)
    assert refused(answer, ErrorCode.INVALID_REQUEST)["field"] in asked


async def test_the_page_is_told_for_how_long_the_trash_keeps(another_studio: OpenStudio) -> None:
    async with another_studio(trash_days=3) as studio:
        assert (await studio.ada.http.get("/api/me")).json()["limits"]["trash_days"] == 3
