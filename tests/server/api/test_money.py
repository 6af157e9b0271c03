"""Money over HTTP: sums, the ledger, the cap, the operator's prices."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from server.core.errors import ErrorCode

from .conftest import OpenStudio
from .studio import Person, Studio, refused


@pytest.fixture
async def studio(another_studio: OpenStudio) -> AsyncIterator[Studio]:
    """A test's own: sums are told whole."""
    async with another_studio() as opened:
        yield opened


async def spending(person: Person) -> dict[str, Any]:
    answer = await person.http.get("/api/spending")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def set_cap(person: Person, usd: float | None) -> dict[str, Any]:
    answer = await person.http.patch("/api/workspace", json={"daily_cap_usd": usd})
    assert answer.status_code == 200, answer.text
    workspace: dict[str, Any] = answer.json()
    return workspace


async def test_a_picture_is_reserved_then_spent_and_each_sees_their_own(studio: Studio) -> None:
    nothing = {"today_usd": 0.0, "month_usd": 0.0, "reserved_usd": 0.0, "cap_usd": None, "drift_usd": None}
    assert await spending(studio.ada) == {**nothing, "credits": None, "credits_at": None}
    await studio.ada.generate(count=2)
    assert (await spending(studio.ada))["reserved_usd"] == 0.08
    await studio.charged_generation(studio.bob)
    assert (await spending(studio.bob))["today_usd"] == 0.04
    assert (await spending(studio.ada))["today_usd"] == 0.0


async def test_the_ledger_is_paged_and_each_sees_their_own(studio: Studio) -> None:
    images = [await studio.charged_generation(studio.ada) for _ in range(3)]
    theirs = await studio.charged_generation(studio.bob)
    first = (await studio.ada.http.get("/api/ledger", params={"limit": 2})).json()
    rest = (await studio.ada.http.get("/api/ledger", params={"limit": 2, "cursor": first["next"]})).json()
    assert [entry["image"] for entry in first["items"] + rest["items"]] == images[::-1]
    assert rest["next"] is None
    assert {(entry["attempt"], entry["model"], entry["amount_usd"]) for entry in first["items"]} == {
        (1, "nano-banana-2", 0.04)
    }
    [entry] = (await studio.bob.http.get("/api/ledger")).json()["items"]
    assert entry["image"] == theirs


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", "９", "9" * 19, "1' OR 1=1"])
async def test_a_cursor_that_was_not_made_here_is_refused(studio: Studio, cursor: str) -> None:
    problem = refused(await studio.ada.http.get("/api/ledger", params={"cursor": cursor}), ErrorCode.INVALID_REQUEST)
    assert problem["field"] == "cursor"


async def test_a_cap_is_set_seen_and_taken_away(studio: Studio) -> None:
    assert (await studio.ada.http.get("/api/me")).json()["workspace"]["daily_cap_usd"] is None
    assert (await set_cap(studio.ada, 12.34567))["daily_cap_usd"] == 12.3457
    assert (await studio.ada.http.get("/api/me")).json()["workspace"]["daily_cap_usd"] == 12.3457
    assert (await spending(studio.ada))["cap_usd"] == 12.3457
    assert (await spending(studio.bob))["cap_usd"] is None
    assert (await set_cap(studio.ada, None))["daily_cap_usd"] is None


@pytest.mark.parametrize(
    "body",
    ["{}", '{"daily_cap_usd": -1}', '{"daily_cap_usd": NaN}', '{"daily_cap_usd": 1e400}', '{"daily_cap_usd": "x"}'],
)
async def test_what_is_no_cap_is_refused(studio: Studio, body: str) -> None:
    answer = await studio.ada.http.patch("/api/workspace", content=body)
    refused(answer, ErrorCode.INVALID_REQUEST)
    assert (await spending(studio.ada))["cap_usd"] is None


async def test_only_an_owner_sets_it(studio: Studio) -> None:
    await studio.run("UPDATE membership SET role = 'editor' WHERE workspace = :id", id=studio.ada.workspace)
    answer = await studio.ada.http.patch("/api/workspace", json={"daily_cap_usd": 5})
    refused(answer, ErrorCode.READ_ONLY)


async def test_beyond_the_cap_a_request_and_a_retry_say_what_they_would_cost(studio: Studio) -> None:
    image = await studio.ada.pending_generation()
    await studio.ada.http.post(f"/api/images/{image}/cancel")
    await set_cap(studio.ada, 0.05)
    problem = refused(await studio.ada.generate(count=2), ErrorCode.DAILY_CAP_REACHED)
    assert {name: problem[name] for name in ("status", "cap_usd", "spent_usd", "cost_usd")} == {
        "status": 402,
        "cap_usd": 0.05,
        "spent_usd": 0.0,
        "cost_usd": 0.08,
    }
    await studio.ada.generate()
    problem = refused(await studio.ada.http.post(f"/api/images/{image}/retry"), ErrorCode.DAILY_CAP_REACHED)
    assert (problem["spent_usd"], problem["cost_usd"]) == (0.04, 0.04)


async def test_the_operators_prices_are_shown_and_counted(another_studio: OpenStudio) -> None:
    async with another_studio(prices={"nano-banana-2": {"1K": 0.5}}) as studio:
        models = {model["id"]: model["prices"] for model in (await studio.ada.http.get("/api/me")).json()["models"]}
        assert models["nano-banana-2"] == {"1K": 0.5, "2K": 0.06, "4K": 0.09}
        assert models["nano-banana"] == {"1K": 0.02}
        await studio.ada.generate(count=2)
        assert (await spending(studio.ada))["reserved_usd"] == 1.0
        await set_cap(studio.ada, 1.2)
        assert refused(await studio.ada.generate(), ErrorCode.DAILY_CAP_REACHED)["cost_usd"] == 0.5
