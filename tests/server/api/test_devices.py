"""Where a person is told, over HTTP: their own browsers, and nobody else's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from server.core.devices import MOST
from server.core.errors import ErrorCode
from tests.push_endpoint import to_text

from .conftest import OpenStudio
from .samples import new_device, subscription
from .studio import Person, Studio, random_id, refused

ELSEWHERE = "https://push.example/send/elsewhere"


@pytest.fixture
async def studio(another_studio: OpenStudio) -> AsyncIterator[Studio]:
    """A test's own: devices are told whole."""
    async with another_studio() as opened:
        yield opened


async def listed(person: Person) -> list[dict[str, Any]]:
    answer = await person.http.get("/api/devices")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_device_is_added_listed_changed_and_removed(studio: Studio) -> None:
    answer = await studio.ada.http.post("/api/devices", json=subscription())
    device = answer.json()
    assert answer.status_code == 201
    assert {**device, "id": None, "created_at": None} == {
        "id": None,
        "name": "Firefox, Linux",
        "language": "fr",
        "off": [],
        "created_at": None,
        "pushed_at": None,
        "trouble": None,
    }
    assert await listed(studio.ada) == [device]
    changes = {"name": " Phone ", "off": ["ready", "batch"]}
    changed = (await studio.ada.http.patch(f"/api/devices/{device['id']}", json=changes)).json()
    assert changed == {**device, "name": "Phone", "off": ["batch", "ready"]}
    await studio.ada.http.patch(f"/api/devices/{device['id']}", json={"language": "en"})
    assert await listed(studio.ada) == [{**changed, "language": "en"}]
    assert (await studio.ada.http.delete(f"/api/devices/{device['id']}")).status_code == 204
    assert await listed(studio.ada) == []
    refused(await studio.ada.http.delete(f"/api/devices/{device['id']}"), ErrorCode.NOT_FOUND)


async def test_one_that_is_known_keeps_its_name_and_choices_and_gets_its_keys(studio: Studio) -> None:
    id = await new_device(studio.ada)
    await studio.ada.http.patch(f"/api/devices/{id}", json={"name": "Phone", "off": ["failed"]})
    await studio.run("UPDATE push_subscription SET trouble = 'refused'")
    fresh = subscription()
    again = (await studio.ada.http.post("/api/devices", json=fresh)).json()
    assert (again["id"], again["name"], again["off"], again["trouble"]) == (id, "Phone", ["failed"], None)
    row = await studio.parts.database.query(lambda sql: sql.one("SELECT p256dh FROM push_subscription"))
    assert row is not None and row["p256dh"] == fresh["p256dh"]


async def test_a_browser_that_somebody_else_signs_in_at_is_theirs(studio: Studio) -> None:
    first = await new_device(studio.ada)
    await studio.ada.http.post(f"/api/devices/{first}/test")
    assert await studio.count("push") == 1
    second = await new_device(studio.bob)
    assert first != second
    assert await listed(studio.ada) == []
    assert [device["id"] for device in await listed(studio.bob)] == [second]
    assert await studio.count("push") == 0


async def test_nobody_sees_or_touches_the_devices_of_others(studio: Studio) -> None:
    id = await new_device(studio.ada)
    assert await listed(studio.bob) == []
    shown = {"images": [random_id()], "device": id}
    for answer in (
        await studio.bob.http.patch(f"/api/devices/{id}", json={"name": "mine"}),
        await studio.bob.http.delete(f"/api/devices/{id}"),
        await studio.bob.http.post(f"/api/devices/{id}/test"),
        await studio.bob.http.post("/api/notices/shown", json=shown),
    ):
        refused(answer, ErrorCode.NOT_FOUND)
    assert [device["name"] for device in await listed(studio.ada)] == ["Firefox, Linux"]
    assert await studio.count("push") == 0


async def test_what_was_given_is_told_to_nobody(studio: Studio) -> None:
    given = subscription()
    answer = await studio.ada.http.post("/api/devices", json=given)
    text = answer.text + (await studio.ada.http.get("/api/devices")).text
    for secret in (given["endpoint"], given["p256dh"], given["auth"]):
        assert secret not in text


async def test_signing_out_forgets_the_device_and_leaves_those_elsewhere(studio: Studio) -> None:
    await new_device(studio.ada)
    by_key = await studio.stranger.post("/api/devices", json=subscription(ELSEWHERE), headers=studio.ada.bearer)
    assert (await studio.ada.http.delete("/api/sessions/current")).status_code == 204
    answer = await studio.stranger.get("/api/devices", headers=studio.ada.bearer)
    assert [device["id"] for device in answer.json()["items"]] == [by_key.json()["id"]]


async def test_a_device_goes_with_the_key_it_was_added_with(studio: Studio) -> None:
    ours = await new_device(studio.ada)
    made = (await studio.ada.http.post("/api/keys", json={"name": "script"})).json()
    by_key = {"Authorization": f"Bearer {made['secret']}"}
    for place, bearer in ((ELSEWHERE, by_key), (f"{ELSEWHERE}/else", studio.ada.bearer)):
        answer = await studio.stranger.post("/api/devices", json=subscription(place), headers=bearer)
        assert answer.status_code == 201, answer.text
        await studio.ada.http.post(f"/api/devices/{answer.json()['id']}/test")
    left = {ours, answer.json()["id"]}
    assert await studio.count("push") == 2
    assert (await studio.ada.http.delete(f"/api/keys/{made['id']}")).status_code == 204
    assert {device["id"] for device in await listed(studio.ada)} == left
    assert await studio.count("push") == 1


async def test_a_key_does_not_take_a_browser_from_the_session_in_it(studio: Studio) -> None:
    id = await new_device(studio.ada)
    again = await studio.stranger.post("/api/devices", json=subscription(), headers=studio.ada.bearer)
    assert again.json()["id"] == id
    assert (await studio.ada.http.delete("/api/sessions/current")).status_code == 204
    assert (await studio.stranger.get("/api/devices", headers=studio.ada.bearer)).json()["items"] == []


async def test_a_browser_whose_session_has_run_out_is_the_keys_that_brings_it(studio: Studio) -> None:
    id = await new_device(studio.ada)
    await studio.run("UPDATE session SET expires_at = now()")
    again = await studio.stranger.post("/api/devices", json=subscription(), headers=studio.ada.bearer)
    assert again.json()["id"] == id
    await studio.run("DELETE FROM session")
    assert await studio.count("push_subscription") == 1
    await studio.run("DELETE FROM api_key")
    assert await studio.count("push_subscription") == 0


async def test_a_browser_that_is_signed_in_is_the_sessions_from_then_on(studio: Studio) -> None:
    await studio.stranger.post("/api/devices", json=subscription(), headers=studio.ada.bearer)
    await new_device(studio.ada)
    await studio.run("DELETE FROM api_key")
    assert len(await listed(studio.ada)) == 1
    assert (await studio.ada.http.delete("/api/sessions/current")).status_code == 204
    assert await studio.count("push_subscription") == 0


async def test_who_may_only_look_has_devices_too(studio: Studio) -> None:
    await studio.run("UPDATE membership SET role = 'viewer'")
    id = await new_device(studio.ada)
    assert (await studio.ada.http.post(f"/api/devices/{id}/test")).status_code == 204
    choices = {"on": ["batch"], "muted_projects": [studio.ada.project]}
    assert (await studio.ada.http.put("/api/notice-choices", json=choices)).json() == choices


@pytest.mark.parametrize(
    "endpoint",
    ["http://push.example/x", "https://127.0.0.1/x", "https://169.254.169.254/x", "https://push.example:22/"],
)
async def test_an_address_inside_is_refused_with_a_reason(studio: Studio, endpoint: str) -> None:
    answer = await studio.ada.http.post("/api/devices", json=subscription(endpoint))
    assert "is sent to that push service" in refused(answer, ErrorCode.ENDPOINT_REFUSED)["detail"]
    assert await studio.count("push_subscription") == 0


async def test_a_push_service_of_ones_own_is_allowed_by_a_setting(another_studio: OpenStudio) -> None:
    async with another_studio(push_private_origin="http://10.0.0.7:8080") as studio:
        answer = await studio.ada.http.post("/api/devices", json=subscription("http://10.0.0.7:8080/x"))
        assert answer.status_code == 201
        answer = await studio.ada.http.post("/api/devices", json=subscription("http://10.0.0.7/x"))
        refused(answer, ErrorCode.ENDPOINT_REFUSED)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("p256dh", "x"),
        ("p256dh", to_text(b"\x04" + b"x" * 64)),
        ("auth", to_text(b"x" * 65)),
        ("endpoint", ""),
        ("endpoint", "https://push.example/" + "x" * 2_000),
        ("name", "  "),
        ("name", "x" * 81),
        ("name", "a\x00b"),
        ("language", "de"),
    ],
    ids=range(9),
)
async def test_what_is_no_subscription_says_which_member_is_wrong(studio: Studio, field: str, value: str) -> None:
    answer = await studio.ada.http.post("/api/devices", json={**subscription(), field: value})
    assert refused(answer, ErrorCode.INVALID_REQUEST)["field"] == field


async def test_a_test_is_no_kind_that_one_chooses(studio: Studio) -> None:
    id = await new_device(studio.ada)
    answer = await studio.ada.http.patch(f"/api/devices/{id}", json={"off": ["test"]})
    refused(answer, ErrorCode.INVALID_REQUEST)


async def test_a_person_has_so_many_devices_and_no_more(studio: Studio) -> None:
    for number in range(MOST):
        await new_device(studio.ada, f"https://push.example/{number}")
    answer = await studio.ada.http.post("/api/devices", json=subscription())
    assert refused(answer, ErrorCode.TOO_MANY_DEVICES)["limit"] == MOST
    # One that is there already is no new one.
    await new_device(studio.ada, "https://push.example/3")
    await new_device(studio.bob)
