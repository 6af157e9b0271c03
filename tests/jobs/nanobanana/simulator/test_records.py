"""record-info over HTTP: the true story, and the ways it is told wrongly."""

from __future__ import annotations

import asyncio
import json
import re

import httpx
import pytest

from .provider import BOUND, Provider


async def test_generating_then_success(provider: Provider) -> None:
    task_id = await provider.submit(
        "a cat [[never]]", aspectRatio="16:9", resolution="2K", callBackUrl="http://a.test/n"
    )
    generating = await provider.record(task_id)
    assert (generating["successFlag"], generating["response"], generating["completeTime"]) == (0, None, None)
    await provider.http.post("/simulator/release", json={"task_id": task_id})
    await provider.settled(task_id)
    record = await provider.record(task_id)
    assert record["taskId"] == task_id and record["successFlag"] == 1
    assert record["operationType"] == "nano-banana-2_2k"
    assert json.loads(record["paramJson"])["callBackUrl"] == "http://a.test/n"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", record["completeTime"])
    assert set(record["response"]) == {"originImageUrl", "resultImageUrl"}


async def test_the_result_is_there_the_moment_success_is_told(provider: Provider) -> None:
    task_id = await provider.submit("a cat")
    async with asyncio.timeout(BOUND):
        while (record := await provider.record(task_id))["successFlag"] == 0:
            pass
    assert (await provider.http.get(record["response"]["resultImageUrl"])).status_code == 200


@pytest.mark.parametrize(
    ("tag", "flag", "code"),
    [
        ("flag-2", 2, 500),
        ("flag-3", 3, 501),
        ("flag-3-policy", 3, 400),
        ("flag-3-internal", 3, 500),
        ("flag-3-code:451", 3, 451),
        ("flag-7", 7, None),
    ],
)
async def test_failures(provider: Provider, tag: str, flag: int, code: int | None) -> None:
    task = await provider.finished(f"a cat [[{tag}]]")
    record = await provider.record(task["task_id"])
    assert (record["successFlag"], record["errorCode"], record["response"]) == (flag, code, None)
    assert bool(record["errorMessage"]) == (code is not None)
    assert len(await provider.charges()) == 1


async def test_success_without_a_url(provider: Provider) -> None:
    task = await provider.finished("a cat [[no-url]]")
    record = await provider.record(task["task_id"])
    assert (record["successFlag"], record["response"]["resultImageUrl"]) == (1, None)


@pytest.mark.parametrize(
    ("tag", "status", "code"),
    [
        ("record-null:2", 200, 422),
        ("data-null:2", 200, 200),
        ("record-404:2", 200, 404),
        ("poll-429:2:7", 429, 429),
        ("poll-500:2", 500, 500),
        ("poll-code:505:2", 200, 505),
    ],
)
async def test_the_first_polls_go_wrong(provider: Provider, tag: str, status: int, code: int) -> None:
    task_id = await provider.submit(f"a cat [[{tag}]]")
    for _ in range(2):
        answer = await provider.poll(task_id)
        assert (answer.status_code, answer.json()["code"], answer.json()["data"]) == (status, code, None)
        assert answer.headers.get("retry-after") == ("7" if status == 429 else None)
    assert (await provider.record(task_id))["taskId"] == task_id


async def test_polls_that_are_no_json(provider: Provider) -> None:
    page = await provider.submit("a cat [[poll-html-502:1]]")
    cut = await provider.submit("a cat [[poll-cut:1]]")
    well = await provider.submit("a cat [[poll-html-200:1]]")
    assert (await provider.poll(page)).status_code == 502
    answer = await provider.poll(well)
    assert answer.status_code == 200 and answer.text.startswith("<html>")
    with pytest.raises(httpx.RemoteProtocolError):
        await provider.poll(cut)
    assert (await provider.record(page))["taskId"] == page
    assert (await provider.record(cut))["taskId"] == cut


async def test_a_record_under_a_status_that_contradicts_it(provider: Provider) -> None:
    task_id = await provider.submit("a cat [[poll-status-500:1]] [[never]]")
    answer = await provider.poll(task_id)
    assert (answer.status_code, answer.json()["code"], answer.json()["data"]["taskId"]) == (500, 200, task_id)
    assert (await provider.poll(task_id)).status_code == 200


async def test_the_record_of_another_task(provider: Provider) -> None:
    task_id = await provider.submit("a cat [[record-foreign:1]] [[never]]")
    foreign = await provider.record(task_id)
    assert foreign["taskId"] != task_id and foreign["successFlag"] == 1
    assert "elsewhere.example" in foreign["response"]["resultImageUrl"]
    assert (await provider.record(task_id))["taskId"] == task_id


async def test_an_unknown_task_is_code_404_and_none_is_code_400(provider: Provider) -> None:
    assert (await provider.poll("0" * 32)).json() == {"code": 404, "msg": "task not found", "data": None}
    assert (await provider.poll("")).json()["code"] == 400


async def test_ways_to_say_the_same(provider: Provider) -> None:
    async def told(tag: str) -> dict[str, object]:
        task = await provider.finished(f"a cat [[{tag}]]")
        return await provider.record(task["task_id"])

    blank = await told("blanks")
    assert (blank["errorCode"], blank["errorMessage"]) == (0, "")
    assert (await told("error-code-text]] [[flag-3"))["errorCode"] == "501"
    assert isinstance((await told("epoch-times"))["createTime"], int)
    assert " 24:" in str((await told("hour-24"))["completeTime"])
    array = (await told("result-array"))["response"]
    assert isinstance(array, dict) and isinstance(array["resultImageUrl"], list)
    urls = (await told("result-urls"))["response"]
    assert isinstance(urls, dict) and urls["resultImageUrl"] is None and len(urls["resultUrls"]) == 1
    commas = (await told("result-commas"))["response"]
    assert isinstance(commas, dict)
    for url in commas["resultImageUrl"].split(","):
        assert (await provider.http.get(url)).status_code == 200


async def test_the_url_can_be_any(provider: Provider) -> None:
    task = await provider.finished("a cat [[result-url:file:///etc/passwd]]")
    assert (await provider.record(task["task_id"]))["response"]["resultImageUrl"] == "file:///etc/passwd"
