"""What the ear hands on, and what it keeps to itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from server.core.ports import News, Unavailable
from server.live.ear import Ear, Hearing
from server.live.times import LiveTimes
from tests.server.live.peers import eventually

TIMES = LiveTimes(probe=3600, silence=3600)


class Told:
    """A bus whose news the test makes up, and what an ear made of them."""

    def __init__(self, times: LiveTimes = TIMES) -> None:
        self.probe = ""
        self.news: asyncio.Queue[News] = asyncio.Queue()
        self.taken: list[list[tuple[str, bytes]]] = []
        self.gaps = 0
        self.ear = Ear(self, times, self._take, self._miss)

    def _take(self, news: list[tuple[str, bytes]]) -> None:
        if ("a", b"bad") in news:
            raise ValueError("bad")
        self.taken.append(news)

    def _miss(self) -> None:
        self.gaps += 1

    async def publish(self, channel: str, message: bytes) -> None:
        self.probe = channel

    def subscribe(self) -> Told:
        return self

    async def add(self, channel: str) -> None: ...

    async def remove(self, channel: str) -> None: ...

    async def messages(self) -> AsyncIterator[News]:
        while True:
            yield await self.news.get()

    async def aclose(self) -> None: ...


async def test_what_came_at_once_is_handed_on_at_once_without_the_probe() -> None:
    told = Told()
    await told.ear.start()
    told.news.put_nowait([(told.probe, b"?")])
    told.news.put_nowait([("a", b"1"), (told.probe, b"?"), ("b", b"2")])
    told.news.put_nowait([("a", b"3")])
    await eventually(lambda: len(told.taken) == 2)
    assert told.taken == [[("a", b"1"), ("b", b"2")], [("a", b"3")]]
    assert told.gaps == 0
    assert told.ear.hearing is Hearing.HEALTHY
    await told.ear.aclose()


async def test_news_that_cannot_be_taken_in_are_a_gap_and_not_the_end(caplog: pytest.LogCaptureFixture) -> None:
    told = Told()
    await told.ear.start()
    told.news.put_nowait([("a", b"bad")])
    told.news.put_nowait(None)
    told.news.put_nowait([("a", b"good")])
    await eventually(lambda: told.taken == [[("a", b"good")]])
    assert told.gaps == 2
    assert "News could not be taken in" in caplog.text
    await told.ear.aclose()


async def test_a_channel_that_is_confirmed_late_is_a_gap_then() -> None:
    class Slow(Told):
        is_slow = False

        async def add(self, channel: str) -> None:
            if self.is_slow:
                raise Unavailable("not confirmed in time")

    told = Slow(replace(TIMES, probe=0.01))
    await told.ear.start()
    told.is_slow = True
    assert not await told.ear.listen("a")
    assert not await told.ear.listen("left")
    await told.ear.let_go("left")
    assert told.gaps == 0
    told.is_slow = False
    await eventually(lambda: told.gaps == 1)
    await told.ear.aclose()
    assert told.gaps == 1
