"""Submits over HTTP: answers, refusals, and answers that leave everything open."""

from __future__ import annotations

import asyncio
import re

import httpx
import pytest

from .provider import BOUND, KEY, Neighbour, Provider


@pytest.mark.parametrize(
    ("path", "named", "more"),
    [("generate", "msg", {"type": "TEXTTOIAMGE"}), ("generate-pro", "message", {})],
)
async def test_accepts_and_names_the_task(provider: Provider, path: str, named: str, more: dict[str, str]) -> None:
    answer = await provider.post(path, prompt="a cat", **more)
    assert answer.status_code == 200
    assert set(answer.json()) == {"code", named, "data"}
    assert re.fullmatch(r"[0-9a-f]{32}", answer.json()["data"]["taskId"])


async def test_some_answers_of_generate_2_say_message(provider: Provider) -> None:
    names = {tuple((await provider.post("generate-2", prompt=f"{n}")).json())[1] for n in range(20)}
    assert names == {"msg", "message"}


@pytest.mark.parametrize("key", [None, "Bearer", "Basic key", "Bearer invalid"])
@pytest.mark.parametrize("path", ["common/credit", "nanobanana/record-info?taskId=x"])
async def test_a_key_is_needed(provider: Provider, key: str | None, path: str) -> None:
    headers = {} if key is None else {"Authorization": key}
    answer = await provider.http.get(f"/api/v1/{path}", headers=headers)
    assert (answer.status_code, answer.json()["code"], answer.json()["data"]) == (401, 401, None)


@pytest.mark.parametrize(
    ("tag", "status", "code"),
    [
        ("refuse", 200, 400),
        ("code-400", 400, 400),
        ("code-401", 401, 401),
        ("body-401", 200, 401),
        ("code-402", 200, 402),
        ("code-403", 403, 403),
        ("code-404", 404, 404),
        ("code-413", 413, 413),
        ("code-422", 200, 422),
        ("code-429", 429, 429),
        ("code-451", 200, 451),
        ("code-455", 200, 455),
        ("code-501", 200, 501),
        ("code-505", 200, 505),
    ],
)
async def test_a_refusal_charges_nothing_however_often(provider: Provider, tag: str, status: int, code: int) -> None:
    for _ in range(3):
        answer = await provider.post("generate-2", prompt=f"a cat [[{tag}]]")
        assert (answer.status_code, answer.json()["code"], answer.json()["data"]) == (status, code, None)
    assert await provider.charges() == []


async def test_the_first_two_submits_of_a_prompt_are_refused(provider: Provider) -> None:
    answers = [await provider.post("generate-2", prompt="a cat [[code-429:2:30]]") for _ in range(4)]
    assert [answer.json()["code"] for answer in answers] == [429, 429, 200, 200]
    assert [answer.headers.get("retry-after") for answer in answers] == ["30", "30", None, None]
    assert len(await provider.charges()) == 2


async def test_without_seconds_there_is_no_retry_after(provider: Provider) -> None:
    assert "retry-after" not in (await provider.post("generate-2", prompt="a cat [[code-429:1]]")).headers


async def test_maintenance_is_for_everyone_until_it_is_over(provider: Provider) -> None:
    first = await provider.post("generate-2", prompt="a cat [[code-455:1.5]]")
    other = await provider.post("generate-2", prompt="a dog")
    assert (first.json()["code"], other.json()["code"]) == (455, 455)
    async with asyncio.timeout(BOUND):
        while (await provider.post("generate-2", prompt="a cat [[code-455:1.5]]")).json()["code"] != 200:
            pass
    assert (await provider.post("generate-2", prompt="a dog")).json()["code"] == 200


@pytest.mark.parametrize(
    ("tag", "status", "body"),
    [
        ("code-500", 500, '"code":500'),
        ("body-500", 200, '"code":500'),
        ("odd-code", 200, '"code":777'),
        ("html-502", 502, "<html>"),
        ("html-200", 200, "<html>"),
        ("empty-200", 200, ""),
        ("cut-json", 200, '{"code":200'),
        ("no-task-id", 200, '"data":{}'),
    ],
)
async def test_an_ambiguous_answer_hides_a_charged_task(
    provider: Provider, beside: Neighbour, tag: str, status: int, body: str
) -> None:
    answer = await provider.post("generate-2", prompt=f"a cat [[{tag}]]", callBackUrl=f"{beside.url}/nonce")
    assert answer.status_code == status and body in answer.text and "taskId" not in answer.text
    told = (await beside.callback())["data"]["taskId"]
    assert [charge["task_id"] for charge in await provider.charges()] == [told]


async def test_a_proxy_refuses_the_first_submit_with_a_page(provider: Provider) -> None:
    answers = [await provider.post("generate-2", prompt="a cat [[html-403:1]]") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [403, 200]
    assert answers[0].text.startswith("<html>") and "403 Forbidden" in answers[0].text
    assert len(await provider.charges()) == 1


async def test_the_status_may_contradict_an_answer_that_is_well(provider: Provider) -> None:
    answer = await provider.post("generate-2", prompt="a cat [[status-500]]")
    assert (answer.status_code, answer.json()["code"]) == (500, 200)
    assert [charge["task_id"] for charge in await provider.charges()] == [answer.json()["data"]["taskId"]]


async def test_cut_means_no_byte_of_an_answer_and_a_charged_task(provider: Provider) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        await provider.post("generate-2", prompt="a cat [[cut]]")
    assert len(await provider.charges()) == 1


async def test_no_answer_means_silence_and_a_charged_task(provider: Provider, beside: Neighbour) -> None:
    body = {"prompt": "a cat [[no-answer]]", "callBackUrl": f"{beside.url}/nonce"}
    with pytest.raises(httpx.ReadTimeout):
        await provider.http.post("/api/v1/nanobanana/generate-2", json=body, headers=KEY, timeout=0.3)
    told = (await beside.callback())["data"]
    assert told["successFlag"] == 1
    assert [charge["task_id"] for charge in await provider.charges()] == [told["taskId"]]


async def test_a_late_answer_comes(provider: Provider) -> None:
    answer = await provider.post("generate-2", prompt="a cat [[late-answer:0.2]]")
    assert answer.elapsed.total_seconds() >= 0.2 and answer.json()["code"] == 200


UNCERTAIN = ("code-500", "body-500", "odd-code", "html-502", "html-200", "empty-200", "cut-json", "no-task-id", "cut")


@pytest.mark.parametrize("tag", UNCERTAIN)
async def test_uncharged_makes_the_same_answer_a_true_no(provider: Provider, tag: str) -> None:
    prompt = f"a cat [[{tag}]] [[uncharged]]"
    if tag == "cut":
        with pytest.raises(httpx.RemoteProtocolError):
            await provider.post("generate-2", prompt=prompt)
    else:
        await provider.post("generate-2", prompt=prompt)
    assert await provider.charges() == []


async def test_wrong_arguments_of_a_tag_are_refused_with_a_sentence(provider: Provider) -> None:
    answer = await provider.post("generate-2", prompt="a cat [[code-429:many]]")
    assert answer.json()["code"] == 400 and "code-429" in answer.json()["msg"]


async def test_too_large_a_body_is_code_413(provider: Provider) -> None:
    answer = await provider.post("generate-2", prompt="x", padding="x" * 1_100_000)
    assert (answer.status_code, answer.json()["code"]) == (413, 413)


async def test_credits_fall_with_charges_and_run_out(provider: Provider) -> None:
    await provider.set(balance=20)
    await provider.submit("a cat")
    assert (await provider.http.get("/api/v1/common/credit", headers=KEY)).json()["data"] == 12
    await provider.submit("a cat")
    assert (await provider.post("generate-2", prompt="a cat")).json()["code"] == 402
    await provider.set(balance=8)
    await provider.submit("a cat")
    assert len(await provider.charges()) == 3
