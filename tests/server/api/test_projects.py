"""Projects over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from server.core.errors import ErrorCode

from .studio import Studio, refused


async def test_a_project_is_made_listed_renamed_and_deleted(studio: Studio) -> None:
    made = (await studio.ada.http.post("/api/projects", json={"name": " Chatons d'été 🐱 "})).json()
    path = f"/api/projects/{made['id']}"
    assert (made["name"], made["version"], made["trashed_at"]) == ("Chatons d'été 🐱", 1, None)
    assert (await studio.ada.http.get(path)).json() == made
    renamed = (await studio.ada.http.patch(path, json={"name": "Cats"})).json()
    assert (renamed["name"], renamed["version"]) == ("Cats", 2)
    page = (await studio.ada.http.get("/api/projects")).json()
    assert page["items"][-1] == renamed
    assert page["next"] is None
    assert (await studio.ada.http.delete(path)).content == b""
    assert made["id"] not in {project["id"] for project in (await studio.ada.http.get("/api/projects")).json()["items"]}
    for method, body in (("GET", None), ("PATCH", {"name": "x"}), ("DELETE", None)):
        refused(await studio.ada.http.request(method, path, json=body), ErrorCode.NOT_FOUND)


async def test_a_deleted_project_comes_back_under_its_own_id(studio: Studio) -> None:
    made = (await studio.ada.http.post("/api/projects", json={"name": "Trip"})).json()
    path = f"/api/projects/{made['id']}"
    await studio.ada.http.delete(path)
    refused(await studio.bob.http.post(f"{path}/restore"), ErrorCode.NOT_FOUND)
    for _ in range(2):
        answer = (await studio.ada.http.post(f"{path}/restore")).json()
        assert answer == {"project": (await studio.ada.http.get(path)).json(), "images": []}
        assert (answer["project"]["name"], answer["project"]["version"]) == ("Trip", 3)


async def test_everybody_begins_with_a_project_of_their_own(studio: Studio) -> None:
    names = [project["name"] for project in (await studio.bob.http.get("/api/projects")).json()["items"]]
    assert names == ["Atelier"]


@pytest.mark.parametrize(
    "body", [{"name": ""}, {"name": "x" * 121}, {"name": None}, {"name": "a\x00"}, {}, {"id": "x"}]
)
async def test_a_name_is_needed(studio: Studio, body: dict[str, Any]) -> None:
    refused(await studio.ada.http.post("/api/projects", json=body), ErrorCode.INVALID_REQUEST)
    path = f"/api/projects/{studio.ada.project}"
    refused(await studio.ada.http.patch(path, json=body), ErrorCode.INVALID_REQUEST)
