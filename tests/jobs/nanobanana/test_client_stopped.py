"""F7: a process that was stopped finds its time-outs over and the answer waiting in the socket. It reads the answer."""

from __future__ import annotations

import time

from server.core.facts import Accepted
from tests.jobs.nanobanana.test_client import ACCEPTED, FOX, JSON, Intent, provider
from tests.raw_server import Visit, says

STOPPED = 1.5
"""Seconds; several times the time-outs below."""


def _stand_still() -> None:
    """As by SIGSTOP: the loop does nothing, and the clock goes on."""
    time.sleep(STOPPED)


async def _answered_and_stopped(visit: Visit) -> None:
    await says(ACCEPTED, headers=JSON)(visit)
    _stand_still()


async def test_a_task_id_that_came_while_the_process_stood_still_is_read() -> None:
    async with provider(_answered_and_stopped, submit_timeout=0.3) as (_, client):
        assert isinstance(await client.submit(1, FOX, Intent()), Accepted)


async def test_standing_still_between_head_and_body_loses_nothing_either() -> None:
    async def answer(visit: Visit) -> None:
        await visit.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(ACCEPTED)}\r\n\r\n".encode())
        _stand_still()
        await visit.write(ACCEPTED)

    async with provider(answer, submit_timeout=0.3) as (_, client):
        assert isinstance(await client.submit(1, FOX, Intent()), Accepted)
