"""Callbacks over HTTP: shapes, tries, duplicates, order."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from .provider import KEY, Neighbour, Provider


async def called_back(provider: Provider, beside: Neighbour, path: str, prompt: str, **more: Any) -> dict[str, Any]:
    answer = await provider.post(path, prompt=prompt, callBackUrl=f"{beside.url}/nonce", **more)
    body = await beside.callback()
    assert body["data"]["taskId"] == answer.json()["data"]["taskId"]
    return body


@pytest.mark.parametrize(
    ("tag", "code"),
    [("ok", 200), ("flag-3-policy", 400), ("flag-3", 501), ("flag-3-internal", 500), ("flag-2", 500), ("flag-7", 501)],
)
async def test_shape_a_lets_the_code_decide(provider: Provider, beside: Neighbour, tag: str, code: int) -> None:
    body = await called_back(provider, beside, "generate", f"a cat [[{tag}]]", type="TEXTTOIAMGE")
    assert body["code"] == code
    assert set(body["data"]) == {"taskId", "info"}
    assert bool(body["data"]["info"]["resultImageUrl"]) == (code == 200)


@pytest.mark.parametrize(("tag", "flag"), [("ok", 1), ("flag-3-policy", 3), ("flag-2", 2)])
async def test_shape_b_is_code_200_even_for_failures(
    provider: Provider, beside: Neighbour, tag: str, flag: int
) -> None:
    body = await called_back(provider, beside, "generate-2", f"a cat [[{tag}]]")
    assert (body["code"], body["data"]["successFlag"]) == (200, flag)
    assert body["data"] == await provider.record(body["data"]["taskId"])


async def test_the_shape_can_be_chosen(provider: Provider, beside: Neighbour) -> None:
    assert "info" in (await called_back(provider, beside, "generate-pro", "a cat [[shape-a]]"))["data"]
    assert "successFlag" in (await called_back(provider, beside, "generate-pro", "a cat [[shape-b]]"))["data"]


@pytest.mark.parametrize(("ends", "truth"), [("ok", 1), ("flag-3", 3)])
async def test_a_lie_says_the_other_thing(provider: Provider, beside: Neighbour, ends: str, truth: int) -> None:
    told = await called_back(provider, beside, "generate-pro", f"a cat [[shape-a]] [[callback-lies]] [[{ends}]]")
    assert told["code"] == (500 if truth == 1 else 200)
    assert "elsewhere.example" in told["data"]["info"]["resultImageUrl"]
    told = await called_back(provider, beside, "generate-pro", f"a cat [[shape-b]] [[callback-lies]] [[{ends}]]")
    assert (told["code"], told["data"]["successFlag"]) == (200, 4 - truth)
    assert "elsewhere.example" in told["data"]["response"]["resultImageUrl"]
    assert (await provider.record(told["data"]["taskId"]))["successFlag"] == truth


async def test_a_task_that_does_not_exist(provider: Provider, beside: Neighbour) -> None:
    await provider.finished("a cat [[callback-foreign]]", callBackUrl=f"{beside.url}/nonce")
    foreign = (await beside.callback())["data"]["taskId"]
    assert (await provider.poll(foreign)).json()["code"] == 404


async def test_half_a_body_is_refused_and_sent_again(provider: Provider, beside: Neighbour) -> None:
    task = await provider.finished("a cat [[callback-cut]]", callBackUrl=f"{beside.url}/nonce")
    assert [one["status"] for one in task["callbacks"]] == [400, 400, 400]
    assert beside.callbacks.empty()


async def test_three_tries_at_most(provider: Provider, beside: Neighbour) -> None:
    beside.answers = [503, 500, 503, 200]
    task = await provider.finished("a cat", callBackUrl=f"{beside.url}/nonce")
    assert [one["status"] for one in task["callbacks"]] == [503, 500, 503]
    assert [one["try"] for one in task["callbacks"]] == [1, 2, 3]


async def test_a_try_that_succeeds_is_the_last(provider: Provider, beside: Neighbour) -> None:
    beside.answers = [503, 200]
    task = await provider.finished("a cat", callBackUrl=f"{beside.url}/nonce")
    assert [one["status"] for one in task["callbacks"]] == [503, 200]


async def test_nobody_there_is_an_error_of_the_callback_only(provider: Provider) -> None:
    task = await provider.finished("a cat", callBackUrl="http://127.0.0.1:1/nonce")
    assert task["flag"] == 1
    assert [(one["status"], one["error"]) for one in task["callbacks"]] == [(None, "ConnectError")] * 3


@pytest.mark.parametrize(("tag", "times"), [("callback-twice", 2), ("callback-times:10", 10), ("no-callback", 0)])
async def test_as_often_as_told(provider: Provider, beside: Neighbour, tag: str, times: int) -> None:
    task = await provider.finished(f"a cat [[{tag}]]", callBackUrl=f"{beside.url}/nonce")
    assert beside.callbacks.qsize() == times == len(task["callbacks"])


async def test_a_late_callback_comes_after_the_end(provider: Provider, beside: Neighbour) -> None:
    task = await provider.finished("a cat [[late-callback:0.2]]", callBackUrl=f"{beside.url}/nonce")
    assert task["callbacks"][0]["at"] - task["done_at"] >= 200


async def test_a_callback_before_the_answer(provider: Provider, beside: Neighbour) -> None:
    body = {"prompt": "a cat [[callback-first]]", "callBackUrl": f"{beside.url}/nonce"}
    answer = asyncio.create_task(provider.http.post("/api/v1/nanobanana/generate-2", json=body, headers=KEY))
    told = (await beside.callback())["data"]["taskId"]
    assert not answer.done()
    assert (await answer).json()["data"]["taskId"] == told
