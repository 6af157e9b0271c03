"""Callbacks: their two shapes, and their delivery with up to three tries."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import httpx

from .endings import SUCCESS
from .records import record, shown_url
from .tasks import CallbackTry, Task

MOST_TRIES = 3
LONGEST_TRY = 15.0
# Seconds of the simulated life between two tries: the speed divides them.
PAUSE = 5.0


def callback_bytes(task: Task) -> bytes:
    """What is posted, as it goes over the wire."""
    body = json.dumps(_told_wrongly(task) if "callback-lies" in task.choice else callback_body(task)).encode()
    if "callback-foreign" in task.choice:
        body = body.replace(task.task_id.encode(), b"0" * 32)
    return body[: len(body) // 2] if "callback-cut" in task.choice else body


def _told_wrongly(task: Task) -> dict[str, object]:
    """The other way round, with a result of somebody else's."""
    failed = task.flag == SUCCESS
    url = "https://elsewhere.example/forged.png"
    if task.shape == "b":
        lie = {"successFlag": 3, "errorCode": 500} if failed else {"successFlag": SUCCESS, "errorCode": None}
        return {"code": 200, "msg": "success", "data": {**record(task), **lie, "response": {"resultImageUrl": url}}}
    return {
        "code": 500 if failed else 200,
        "msg": "",
        "data": {"taskId": task.task_id, "info": {"resultImageUrl": url}},
    }


def callback_body(task: Task) -> dict[str, object]:
    """The truth in shape A (`code` decides) or in shape B (the record-info body)."""
    if task.shape == "b":
        return {"code": 200, "msg": "success", "data": record(task)}
    code = task.ending.callback_code if task.ending is not None else 200
    if task.flag != SUCCESS and code == 200:
        code = 500
    message = "Image generated successfully." if code == 200 else task.error_message or "failed"
    url = shown_url(task) if task.flag == SUCCESS else None
    return {"code": code, "msg": message, "data": {"taskId": task.task_id, "info": {"resultImageUrl": url or ""}}}


async def deliver(task: Task, client: httpx.AsyncClient, clock: Callable[[], float], speed: float) -> None:
    """Sends the callbacks that the task is due, each with its tries, and writes each try on the task."""
    url = task.submission.callback_url
    if url is None or "no-callback" in task.choice:
        return
    await _wait(task.choice.number("late-callback") or 0.0, clock)
    times = int(task.choice.number("callback-times") or (2 if "callback-twice" in task.choice else 1))
    deliveries = (_delivered(task, client, clock, speed, url, number) for number in range(1, min(times, 100) + 1))
    await asyncio.gather(*deliveries)


async def _wait(seconds: float, clock: Callable[[], float]) -> None:
    """By the clock that tries are written down by: a loop that counts whole milliseconds wakes almost one too early."""
    end, left = clock() + seconds, seconds
    while left > 0:
        await asyncio.sleep(left)
        left = end - clock()


async def _delivered(
    task: Task, client: httpx.AsyncClient, clock: Callable[[], float], speed: float, url: str, number: int
) -> None:
    for attempt in range(1, MOST_TRIES + 1):
        one = CallbackTry(at=clock(), delivery=number, attempt=attempt)
        task.callbacks.append(one)
        try:
            async with asyncio.timeout(LONGEST_TRY), _posted(client, url, task) as response:
                one.status = response.status_code
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError, UnicodeError) as error:
            one.error = type(error).__name__
        if one.status is not None and 200 <= one.status < 300:
            return
        if attempt < MOST_TRIES:
            await asyncio.sleep(PAUSE / speed)


def _posted(client: httpx.AsyncClient, url: str, task: Task) -> AbstractAsyncContextManager[httpx.Response]:
    return client.stream("POST", url, content=callback_bytes(task), headers={"Content-Type": "application/json"})
