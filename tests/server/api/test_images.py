"""Looking at pictures and changing them."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

import pytest

from server.api.images import read_cursor, write_cursor
from server.core import facts as f
from server.core.errors import ErrorCode, Problem, ProblemCode, Refusal
from server.usecases.record_fact import record_fact

from .conftest import OpenStudio
from .studio import Studio, refused

SOME_ID = "0189f7ea-ae2c-7809-8aeb-b819cf5e9e7f"


async def test_pages_hold_every_picture_once_newest_first(another_studio: OpenStudio) -> None:
    async with another_studio() as studio:
        for count in (3, 1, 8, 2):
            await studio.ada.generate(count=count)
        path, seen, cursor = f"/api/projects/{studio.ada.project}/images", [], None
        for _ in range(10):
            params = {"limit": "4", **({"cursor": cursor} if cursor else {})}
            page = (await studio.ada.http.get(path, params=params)).json()
            assert len(page["items"]) <= 4
            seen += page["items"]
            cursor = page["next"]
            if cursor is None:
                break
        assert len({image["id"] for image in seen}) == len(seen) == 14
        assert [image["position"] for image in seen] == [0, 1, *range(8), 0, 0, 1, 2]
        assert seen == (await studio.ada.http.get(path)).json()["items"]


async def test_a_page_says_where_in_the_stream_it_was_read(studio: Studio) -> None:
    path = f"/api/projects/{studio.ada.project}/images"
    before = (await studio.ada.http.get(path)).json()
    await studio.ada.pending_generation()
    after = (await studio.ada.http.get(path)).json()
    assert after["epoch"] == before["epoch"]
    assert after["seq"] == before["seq"] + 1
    projects = (await studio.ada.http.get("/api/projects")).json()
    assert (projects["epoch"], projects["seq"]) == (after["epoch"], after["seq"])


def cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


FORGED = [
    "",
    "x",
    "é",
    "!!!!",
    cursor("2026-01-01T00:00:00+00:00|0"),
    cursor(f"2026-01-01T00:00:00|0|{SOME_ID}"),
    cursor(f"yesterday|0|{SOME_ID}"),
    cursor(f"2026-01-01T00:00:00+00:00|x|{SOME_ID}"),
    cursor("2026-01-01T00:00:00+00:00|0|x"),
    cursor(f"2026-01-01T00:00:00+00:00|{2**31}|{SOME_ID}"),
    cursor(f"2026-01-01T00:00:00+00:00|{-(2**63)}|{SOME_ID}"),
    cursor(f"2026-01-01T00:00:00+00:00|{'9' * 5000}|{SOME_ID}"),
    cursor(f"0001-01-01T00:00:00+14:00|0|{SOME_ID}"),
    cursor(f"9999-12-31T23:59:59-14:00|0|{SOME_ID}"),
    base64.urlsafe_b64encode(b"\xff\xfe|\x00|x").decode(),
]


@pytest.mark.parametrize("forged", FORGED)
async def test_a_forged_cursor_is_refused(studio: Studio, forged: str) -> None:
    answer = await studio.ada.http.get(f"/api/projects/{studio.ada.project}/images", params={"cursor": forged})
    assert refused(answer, ErrorCode.INVALID_REQUEST)["field"] == "cursor"


async def test_a_cursor_of_another_project_shows_nothing_foreign(studio: Studio) -> None:
    for _ in range(2):
        await studio.ada.pending_generation()
    page = (await studio.ada.http.get(f"/api/projects/{studio.ada.project}/images?limit=1")).json()
    answer = await studio.bob.http.get(f"/api/projects/{studio.bob.project}/images", params={"cursor": page["next"]})
    assert answer.status_code == 200
    assert not {image["id"] for image in answer.json()["items"]} & {
        image["id"] for image in await studio.ada.pictures()
    }


def test_a_cursor_survives_the_journey() -> None:
    mark = read_cursor(cursor(f"2026-01-01T00:00:00.000001+00:00|7|{SOME_ID}"))
    assert read_cursor(write_cursor(mark)) == mark
    with pytest.raises(Refusal):
        read_cursor(write_cursor(mark)[:-4])


async def test_a_name_and_a_star_are_kept(studio: Studio) -> None:
    image = await studio.ada.pending_upload()
    path = f"/api/images/{image}"
    named = (await studio.ada.http.patch(path, json={"name": "  Minou 🐱 "})).json()
    assert (named["name"], named["favorite"], named["version"]) == ("Minou 🐱", False, 2)
    starred = (await studio.ada.http.patch(path, json={"favorite": True})).json()
    assert (starred["name"], starred["favorite"], starred["version"]) == ("Minou 🐱", True, 3)
    assert await studio.ada.read(image) == starred


@pytest.mark.parametrize(
    "body", [{"name": "x" * 201}, {"name": "a\x00b"}, {"favorite": "perhaps"}, {"status": "completed"}, {"prompt": "x"}]
)
async def test_nothing_else_of_a_picture_can_be_set(studio: Studio, body: dict[str, Any]) -> None:
    image = await studio.ada.pending_upload()
    refused(await studio.ada.http.patch(f"/api/images/{image}", json=body), ErrorCode.INVALID_REQUEST)
    assert (await studio.ada.read(image))["version"] == 1


async def test_cancelling_while_it_waits_is_free_immediate_and_harmless_twice(studio: Studio) -> None:
    image = await studio.ada.pending_generation()
    first = (await studio.ada.http.post(f"/api/images/{image}/cancel")).json()
    again = await studio.ada.http.post(f"/api/images/{image}/cancel")
    assert (first["status"], first["attempt"]) == ("canceled", 0)
    assert (again.status_code, again.json()) == (200, first)


async def test_cancelling_later_is_a_wish(studio: Studio) -> None:
    image, _ = await studio.submitted_generation(studio.ada)
    after = (await studio.ada.http.post(f"/api/images/{image}/cancel")).json()
    assert (after["status"], after["cancel_requested"]) == ("submitting", True)


async def test_what_is_finished_cannot_be_cancelled(studio: Studio) -> None:
    image = await studio.completed_upload(studio.ada)
    refused(await studio.ada.http.post(f"/api/images/{image}/cancel"), ErrorCode.WRONG_STATE)


async def test_only_what_failed_or_was_canceled_is_tried_again(studio: Studio) -> None:
    for image in (
        await studio.ada.pending_generation(),
        await studio.completed_upload(studio.ada),
        (await studio.submitted_generation(studio.ada))[0],
    ):
        refused(await studio.ada.http.post(f"/api/images/{image}/retry"), ErrorCode.WRONG_STATE)
    failed, _ = await studio.submitted_generation(studio.ada)
    no = f.Rejected(1, Problem(ProblemCode.PROMPT_REJECTED, "flagged"))
    await record_fact(studio.parts.database, UUID(failed), no, studio.parts.rules)
    shown = await studio.ada.read(failed)
    assert shown["error"] == {"code": "prompt_rejected", "detail": "flagged", "charged": False}
    again = (await studio.ada.http.post(f"/api/images/{failed}/retry")).json()
    assert (again["status"], again["error"], again["attempt"]) == ("pending", None, 1)
    # The same click sent again is answered as the first was; a second click finds it pending: one more try, not two.
    other, _ = await studio.submitted_generation(studio.ada)
    await record_fact(studio.parts.database, UUID(other), no, studio.parts.rules)
    key = {"Idempotency-Key": other}
    answers = [await studio.ada.http.post(f"/api/images/{other}/retry", headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    refused(await studio.ada.http.post(f"/api/images/{failed}/retry"), ErrorCode.WRONG_STATE)


async def test_there_and_back_through_the_trash(studio: Studio) -> None:
    image = await studio.completed_upload(studio.ada)
    trashed = (await studio.ada.http.delete(f"/api/images/{image}")).json()
    assert trashed["trashed_at"] is not None
    assert image not in {one["id"] for one in await studio.ada.pictures()}
    assert (await studio.ada.http.delete(f"/api/images/{image}")).json() == trashed
    restored = (await studio.ada.http.post(f"/api/images/{image}/restore")).json()
    assert restored["trashed_at"] is None
    assert image in {one["id"] for one in await studio.ada.pictures()}
    assert (await studio.ada.http.post(f"/api/images/{image}/restore")).json() == restored


async def test_the_trash_cancels_what_is_unfinished(studio: Studio) -> None:
    waiting = await studio.ada.pending_generation()
    after = (await studio.ada.http.delete(f"/api/images/{waiting}")).json()
    assert (after["status"], after["trashed_at"] is None) == ("canceled", False)
    sent, _ = await studio.submitted_generation(studio.ada)
    after = (await studio.ada.http.delete(f"/api/images/{sent}")).json()
    assert (after["status"], after["cancel_requested"]) == ("submitting", True)
    refused(await studio.ada.http.post(f"/api/images/{sent}/restore"), ErrorCode.WRONG_STATE)


async def test_a_picture_of_a_deleted_project_comes_back_with_it(studio: Studio) -> None:
    project = (await studio.ada.http.post("/api/projects", json={"name": "Gone"})).json()["id"]
    answer = await studio.ada.http.post(f"/api/projects/{project}/generations", json={"prompt": "a kitten"})
    image = answer.json()["images"][0]["id"]
    assert (await studio.ada.http.delete(f"/api/projects/{project}")).status_code == 204
    assert (await studio.ada.read(image))["status"] == "canceled"
    refused(await studio.ada.http.post(f"/api/images/{image}/retry"), ErrorCode.NOT_FOUND)
    assert (await studio.ada.http.post(f"/api/images/{image}/restore")).json()["trashed_at"] is None
    assert (await studio.ada.http.get(f"/api/projects/{project}")).json()["name"] == "Gone"


async def test_only_what_is_at_the_provider_is_asked_about(studio: Studio) -> None:
    image, _ = await studio.submitted_generation(studio.ada)
    await record_fact(studio.parts.database, UUID(image), f.Accepted(1, task_id="task"), studio.parts.rules)
    before = await studio.ada.read(image)
    assert before["metadata"] == {"nanobanana_task_id": "task"}
    assert (await studio.ada.http.post(f"/api/images/{image}/refresh")).json() == before
    for finished in (await studio.completed_upload(studio.ada), await studio.ada.pending_upload()):
        refused(await studio.ada.http.post(f"/api/images/{finished}/refresh"), ErrorCode.WRONG_STATE)
