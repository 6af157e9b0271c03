"""What a person is told, over HTTP: their own outcomes, their choices, and pictures by signed addresses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from server.core.errors import ErrorCode

from .conftest import OpenStudio
from .samples import new_device, new_project
from .studio import Person, Studio, random_id, refused

DEFAULT = {"on": ["credits_low", "failed", "ready"], "muted_projects": []}


@pytest.fixture
async def studio(another_studio: OpenStudio) -> AsyncIterator[Studio]:
    """A test's own: what was told is told whole."""
    async with another_studio() as opened:
        yield opened


async def notices(person: Person) -> list[str]:
    answer = await person.http.get("/api/notices")
    assert answer.status_code == 200, answer.text
    return [image["id"] for image in answer.json()["images"]]


async def make_colleague(studio: Studio, role: str = "viewer") -> None:
    """Bob moves into Ada's workspace."""
    await studio.run("DELETE FROM membership WHERE workspace = :id", id=studio.bob.workspace)
    await studio.run(
        "INSERT INTO membership (account, workspace, role) SELECT id, :workspace, :role FROM account "
        "WHERE email = :email",
        workspace=studio.ada.workspace,
        role=role,
        email=studio.bob.email,
    )


# History


async def test_the_history_is_how_ones_own_pictures_ended_last_first(studio: Studio) -> None:
    first, second = [await studio.failed_generation(studio.ada) for _ in range(2)]
    await studio.completed_upload(studio.ada)
    await studio.ada.pending_generation()
    answer = (await studio.ada.http.get("/api/notices")).json()
    assert [image["id"] for image in answer["images"]] == [second, first]
    assert answer["images"][0] == await studio.ada.read(second)
    assert {"epoch", "seq", "now"} <= answer.keys()
    await studio.ada.http.delete(f"/api/images/{second}")
    assert await notices(studio.ada) == [first]
    await studio.ada.http.delete(f"/api/projects/{studio.ada.project}")
    assert await notices(studio.ada) == []


async def test_it_is_read_or_not_all_the_same_and_ends_somewhere(studio: Studio) -> None:
    ids = [await studio.failed_generation(studio.ada) for _ in range(3)]
    now = studio.parts.clock.now().isoformat()
    await studio.ada.http.put(f"/api/projects/{studio.ada.project}/read-mark", json={"seen_at": now})
    assert await notices(studio.ada) == ids[::-1]
    await studio.run(
        "INSERT INTO image (id, workspace, project, author, kind, status, finished_at, prompt, model, error) "
        "SELECT gen_random_uuid(), workspace, project, author, kind, status, finished_at, prompt, model, error "
        "FROM image, generate_series(1, 60) WHERE id = :id",
        id=ids[0],
    )
    assert len(await notices(studio.ada)) == 50


async def test_a_colleague_is_told_of_their_own_alone(studio: Studio) -> None:
    await make_colleague(studio, "editor")
    image = await studio.failed_generation(studio.ada)
    assert await notices(studio.bob) == []
    assert await notices(studio.ada) == [image]


# Shown


async def test_what_a_page_has_shown_is_pushed_nowhere(studio: Studio) -> None:
    laptop = await new_device(studio.ada)
    await new_device(studio.ada, "https://push.example/send/phone")
    hidden, front = await studio.failed_generation(studio.ada), await studio.failed_generation(studio.ada)
    assert await studio.count("push") == 4
    answer = await studio.ada.http.post("/api/notices/shown", json={"images": [hidden], "device": laptop})
    assert (answer.status_code, await studio.count("push")) == (204, 3)
    for _ in range(2):
        answer = await studio.ada.http.post("/api/notices/shown", json={"images": [front, random_id()], "device": None})
        assert (answer.status_code, await studio.count("push")) == (204, 1)


async def test_nobody_drops_the_pushes_of_others(studio: Studio) -> None:
    await make_colleague(studio)
    await new_device(studio.ada)
    image = await studio.failed_generation(studio.ada)
    await studio.bob.http.post("/api/notices/shown", json={"images": [image], "device": None})
    now = studio.parts.clock.now().isoformat()
    await studio.bob.http.put(f"/api/projects/{studio.ada.project}/read-mark", json={"seen_at": now})
    assert await studio.count("push") == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"device": None},
        {"images": [], "device": None},
        {"images": ["x"], "device": None},
        {"images": [random_id()] * 501, "device": None},
        {"outcomes": ["x:1"], "device": None},
        {"outcomes": ["credits:1"]},
    ],
    ids=["nothing", "no-name", "no-image", "no-id", "too-many", "no-key", "no-place"],
)
async def test_what_was_shown_is_named(studio: Studio, body: dict[str, Any]) -> None:
    refused(await studio.ada.http.post("/api/notices/shown", json=body), ErrorCode.INVALID_REQUEST)


async def untold(person: Person, *outcomes: str, **others: Any) -> Any:
    asked = {"outcomes": list(outcomes), "device": None, "language": "en", **others}
    answer = await person.http.post("/api/notices/untold", json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_what_a_tab_in_front_has_shown_is_told_by_no_hidden_one(studio: Studio) -> None:
    keys = [f"{await studio.failed_generation(studio.ada)}:1" for _ in range(2)]
    assert await untold(studio.ada, *keys) == {"outcomes": keys[::-1], "elsewhere": [], "messages": []}
    answer = await studio.ada.http.post("/api/notices/shown", json={"outcomes": keys[:1], "device": None})
    assert answer.status_code == 204
    assert await untold(studio.ada, *keys) == {"outcomes": keys[1:], "elsewhere": keys[:1], "messages": []}


async def test_a_batch_comes_with_its_words_in_the_tabs_language(studio: Studio) -> None:
    await studio.ada.http.put("/api/notice-choices", json={**DEFAULT, "on": ["batch"]})
    images = [await studio.failed_generation(studio.ada) for _ in range(2)]
    await studio.run("UPDATE image SET batch = :batch", batch=random_id())
    [message] = (await untold(studio.ada, f"{images[1]}:1", language="fr"))["messages"]
    assert message == {
        "kind": "batch",
        "tag": studio.ada.project,
        "title": "Les 2 images sont terminées",
        "body": "2 images ont échoué. «\u202fa kitten at night\u202f»",
        "url": f"/p/{studio.ada.project}",
        "thumb": None,
        "outcomes": [f"{images[1]}:1", f"{images[0]}:1"],
    }


async def test_nobody_is_told_how_the_pictures_of_a_colleague_ended(studio: Studio) -> None:
    await make_colleague(studio, "owner")
    key = f"{await studio.failed_generation(studio.ada)}:1"
    nothing: dict[str, list[str]] = {"outcomes": [], "elsewhere": [], "messages": []}
    assert await untold(studio.bob, key) == nothing
    await studio.ada.http.post("/api/notices/shown", json={"outcomes": [key], "device": None})
    assert await untold(studio.bob, key) == nothing
    device = await new_device(studio.ada)
    asked = {"outcomes": [key], "device": device, "language": "en"}
    refused(await studio.bob.http.post("/api/notices/untold", json=asked), ErrorCode.NOT_FOUND)


@pytest.mark.parametrize(
    "change",
    [{"outcomes": []}, {"outcomes": ["x:1"]}, {"outcomes": ["credits:x"]}, {"language": "de"}, {"device": "x"}],
    ids=["none", "no-key", "no-stop", "no-language", "no-device"],
)
async def test_what_was_heard_of_is_named(studio: Studio, change: dict[str, Any]) -> None:
    asked = {"outcomes": [f"{random_id()}:1"], "device": None, "language": "en", **change}
    refused(await studio.ada.http.post("/api/notices/untold", json=asked), ErrorCode.INVALID_REQUEST)


# Choices


async def test_choices_are_kept_a_person_each(studio: Studio) -> None:
    assert (await studio.ada.http.get("/api/notice-choices")).json() == DEFAULT
    muted = await new_project(studio)
    chosen = {"on": ["batch", "ready"], "muted_projects": [muted]}
    twice = {"on": ["ready", "batch", "batch"], "muted_projects": [muted, muted]}
    assert (await studio.ada.http.put("/api/notice-choices", json=twice)).json() == chosen
    assert (await studio.ada.http.get("/api/notice-choices")).json() == chosen
    await make_colleague(studio)
    assert (await studio.bob.http.get("/api/notice-choices")).json() == DEFAULT
    nothing: dict[str, list[str]] = {"on": [], "muted_projects": []}
    assert (await studio.ada.http.put("/api/notice-choices", json=nothing)).json() == nothing
    assert (await studio.ada.http.get("/api/notice-choices")).json() == nothing


async def test_a_project_that_comes_back_is_as_muted_as_it_was(studio: Studio) -> None:
    muted = await new_project(studio)
    await studio.ada.http.put("/api/notice-choices", json={**DEFAULT, "muted_projects": [muted]})
    await studio.ada.http.delete(f"/api/projects/{muted}")
    assert (await studio.ada.http.get("/api/notice-choices")).json() == DEFAULT
    await studio.ada.http.put("/api/notice-choices", json=DEFAULT)
    await studio.ada.http.post(f"/api/projects/{muted}/restore")
    assert (await studio.ada.http.get("/api/notice-choices")).json()["muted_projects"] == [muted]


async def test_projects_of_others_do_not_exist(studio: Studio) -> None:
    before = {"on": ["failed"], "muted_projects": [studio.bob.project]}
    await studio.bob.http.put("/api/notice-choices", json=before)
    for project in (studio.ada.project, random_id()):
        asked = {"on": [], "muted_projects": [studio.bob.project, project]}
        refused(await studio.bob.http.put("/api/notice-choices", json=asked), ErrorCode.NOT_FOUND)
    assert (await studio.bob.http.get("/api/notice-choices")).json() == before


@pytest.mark.parametrize("on", [["test"], ["ready", "everything"], "ready", None])
async def test_only_what_there_is_can_be_chosen(studio: Studio, on: Any) -> None:
    answer = await studio.ada.http.put("/api/notice-choices", json={"on": on, "muted_projects": []})
    refused(answer, ErrorCode.INVALID_REQUEST)


# Thumbs


async def test_a_thumb_is_fetched_without_signing_in_while_its_address_is_good(studio: Studio) -> None:
    image = await studio.completed_upload(studio.ada)
    answer = await studio.stranger.get(studio.signed_thumb(image))
    assert answer.status_code == 200
    assert answer.content == (await studio.ada.http.get(f"/api/images/{image}/file/thumb")).content
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    refused(await studio.stranger.get(studio.signed_thumb(image, -1.0)), ErrorCode.LINK_ALTERED)


async def test_an_address_opens_one_picture_and_nothing_else(studio: Studio) -> None:
    mine, theirs = await studio.completed_upload(studio.ada), await studio.completed_upload(studio.bob)
    good = studio.signed_thumb(mine)
    foreign = good.replace(mine.replace("-", ""), theirs.replace("-", ""))
    as_input = good.replace("/thumbs/", "/inputs/")
    as_thumb = studio.signed_input(mine).replace("/inputs/", "/thumbs/")
    for address in (foreign, as_input, as_thumb, good[:-1], "/api/thumbs/x"):
        refused(await studio.stranger.get(address), ErrorCode.LINK_ALTERED)


async def test_what_is_in_the_trash_is_shown_no_more(studio: Studio) -> None:
    image = await studio.completed_upload(studio.ada)
    await studio.ada.http.delete(f"/api/images/{image}")
    refused(await studio.stranger.get(studio.signed_thumb(image)), ErrorCode.NOT_FOUND)
    refused(await studio.stranger.get(studio.signed_thumb(random_id())), ErrorCode.NOT_FOUND)
