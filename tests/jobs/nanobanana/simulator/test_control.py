"""The control interface."""

from __future__ import annotations

import httpx
import pytest

from .provider import KEY, Provider


async def test_the_ledger_holds_what_was_asked(provider: Provider) -> None:
    body = {"resolution": "4K", "callBackUrl": "http://127.0.0.1:1/n"}
    task_id = await provider.submit("a cat [[no-callback]] [[flag-2]]", **body)
    ledger = (await provider.http.get("/simulator/ledger")).json()
    charge = ledger["charges"][0]
    assert isinstance(charge.pop("at"), int)
    assert charge == {
        "task_id": task_id,
        "model": "nano-banana-2",
        "resolution": "4K",
        "amount_usd": 0.09,
        "prompt": "a cat [[no-callback]] [[flag-2]]",
        "callback_url": "http://127.0.0.1:1/n",
        "image_urls": [],
        "behaviours": ["no-callback", "flag-2"],
    }
    assert (ledger["count"], ledger["total"], ledger["credits"]) == (1, 0.09, 100_000 - 18)


async def test_tasks_count_their_polls_and_downloads(provider: Provider) -> None:
    task = await provider.finished("a cat")
    await provider.poll(task["task_id"])
    await provider.http.get(task["result_url"])
    (seen,) = (await provider.http.get("/simulator/tasks")).json()["tasks"]
    assert (seen["polls"], seen["downloads"], seen["flag"]) == (1, 1, 1)
    assert seen["created_at"] <= seen["done_at"]


async def test_waiting_for_a_task_is_bounded(provider: Provider) -> None:
    task_id = await provider.submit("a cat [[never]]")
    task = (await provider.http.get(f"/simulator/tasks/{task_id}?until=done&timeout=0.1")).json()
    assert (task["done_at"], task["flag"]) == (None, 0)
    assert (await provider.http.get(f"/simulator/tasks/{task_id}?until=noon")).status_code == 422
    assert (await provider.http.get(f"/simulator/tasks/{task_id}?until=done&timeout=x")).status_code == 422
    assert (await provider.http.get("/simulator/tasks/none")).status_code == 404


async def test_release_ends_what_would_never_end(provider: Provider) -> None:
    tasks = [await provider.submit("a cat [[never]]") for _ in range(2)]
    assert (await provider.http.post("/simulator/release", json={"task_id": tasks[0]})).json() == {"released": 1}
    assert (await provider.settled(tasks[0]))["result_url"]
    assert (await provider.http.post("/simulator/release")).json() == {"released": 1}
    assert (await provider.settled(tasks[1]))["flag"] == 1


async def test_next_submits_get_the_behaviours_and_no_more(provider: Provider) -> None:
    await provider.set(next={"count": 2, "behaviours": ["flag-2"]})
    flags = [(await provider.finished("a cat"))["flag"] for _ in range(3)]
    assert flags == [2, 2, 1]


async def test_standing_behaviours_meet_the_prompts_own(provider: Provider) -> None:
    await provider.set(behaviours=["duration:0", "flag-2"])
    assert (await provider.finished("a cat"))["behaviours"] == ["duration:0", "flag-2"]
    task = await provider.finished("a cat [[duration:0.01]]")
    assert task["planned_seconds"] == 0.01 and task["flag"] == 2
    await provider.set(behaviours=[])
    assert (await provider.finished("a cat"))["flag"] == 1


async def test_slow_is_five_times_the_set_duration(provider: Provider) -> None:
    await provider.set(duration=0.02)
    assert (await provider.finished("a cat [[slow]]"))["planned_seconds"] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("kind", "status", "code"), [("html-502", 502, None), ("code-455", 200, 455), ("code-429", 429, 429)]
)
async def test_an_outage_stops_everything_of_the_provider(
    provider: Provider, kind: str, status: int, code: int | None
) -> None:
    await provider.set(outage={"kind": kind, "seconds": 60})
    for answer in (await provider.post("generate-2", prompt="a cat"), await provider.poll("x")):
        assert answer.status_code == status
        assert code is None or answer.json()["code"] == code
    await provider.set(outage=None)
    await provider.submit("a cat")
    assert len(await provider.charges()) == 1


async def test_an_outage_of_cut_connections(provider: Provider) -> None:
    await provider.set(outage={"kind": "cut", "seconds": 60})
    with pytest.raises(httpx.RemoteProtocolError):
        await provider.http.get("/api/v1/common/credit", headers=KEY)


async def test_every_request_is_on_record(provider: Provider) -> None:
    task_id = await provider.submit("a cat")
    await provider.poll(task_id)
    await provider.post("generate-2", prompt="a dog [[code-429]]")
    with pytest.raises(httpx.RemoteProtocolError):
        await provider.post("generate-2", prompt="a dog [[cut]]")
    seen = (await provider.http.get("/simulator/requests")).json()["requests"]
    assert [(one["method"], one["prompt"], one["status"], one["code"]) for one in seen] == [
        ("POST", "a cat", 200, 200),
        ("GET", None, 200, 200),
        ("POST", "a dog [[code-429]]", 429, 429),
        ("POST", "a dog [[cut]]", None, None),
    ]
    assert seen[0]["task_id"] == seen[1]["task_id"] == task_id


async def test_reset_forgets_everything(provider: Provider) -> None:
    await provider.set(speed=3, balance=5, behaviours=["slow"])
    await provider.set(balance=1000)
    await provider.submit("a cat")
    await provider.http.post("/simulator/reset")
    settings = (await provider.http.get("/simulator/settings")).json()
    assert (settings["speed"], settings["balance"], settings["behaviours"]) == (1000, 100_000, [])
    assert await provider.charges() == []
    assert (await provider.http.get("/simulator/tasks")).json() == {"tasks": []}


async def test_bad_settings_change_nothing(provider: Provider) -> None:
    answer = await provider.http.post("/simulator/settings", json={"speed": 5, "balance": 3, "sped": 5})
    assert answer.status_code == 422 and answer.json()["code"] == "bad_settings"
    settings = (await provider.http.get("/simulator/settings")).json()
    assert (settings["speed"], settings["balance"]) == (1000, 100_000)
    assert (await provider.http.post("/simulator/settings", content=b"{")).json()["code"] == "bad_json"


async def test_web_pages_get_no_answer(provider: Provider) -> None:
    answer = await provider.http.post("/simulator/reset", headers={"Origin": "http://evil.test"})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_for_pages")


async def test_the_table_health_and_contents(provider: Provider) -> None:
    rows = (await provider.http.get("/simulator/behaviours")).json()["behaviours"]
    assert {"name": "ok", "written": "ok", "about": "submit", "does": "Nothing goes wrong, not even by chance."} in rows
    assert (await provider.http.get("/healthz")).json() == {"status": "ok"}
    assert "/simulator/ledger" in (await provider.http.get("/")).json()["paths"]
