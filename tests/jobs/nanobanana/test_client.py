"""The client against a real socket: what is written when, and what every trouble of the network means."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from jobs.nanobanana.client import BODY_CAP, Balance, NanoBanana
from jobs.nanobanana.protocol import Submission
from server.core.facts import Accepted, Ambiguous, Generated, Halt, PollFailed, Refused, Rejected
from tests.raw_server import BOUND, Answer, RawServer, Visit, says, trusting

TASK = "31ce2c17b257492959d62279e6d01a54"
FOX = Submission("nano-banana-2", "a fox", (), "1:1", "1K", "https://us.example/cb")
ACCEPTED = json.dumps({"code": 200, "msg": "success", "data": {"taskId": TASK}}).encode()
JSON = "Content-Type: application/json\r\n"


@asynccontextmanager
async def provider(answer: Answer, tls: bool = False, **options: Any) -> AsyncIterator[tuple[RawServer, NanoBanana]]:
    async with RawServer(answer, tls) as server:
        client = NanoBanana(server.url, "secret-key", tls=trusting() if tls else None, **options)
        try:
            async with asyncio.timeout(BOUND):
                yield server, client
        finally:
            await client.aclose()


class Intent:
    """A `before_send` that counts."""

    def __init__(self, then: Callable[[], Awaitable[None]] | None = None) -> None:
        self.times = 0
        self._then = then

    async def __call__(self) -> None:
        self.times += 1
        if self._then is not None:
            await self._then()


async def silence(visit: Visit) -> None:
    await visit.until_left()


# When the first byte is written


async def _round_trip(port: int) -> None:
    """Make the server's loop serve somebody else, so that bytes already under way would have been read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    assert await reader.read(1)
    writer.close()


async def test_no_byte_is_written_before_the_intent() -> None:
    async with provider(says(ACCEPTED, headers=JSON)) as (server, client):

        async def look() -> None:
            await server.arrived.wait()
            await _round_trip(server.port)
            assert bytes(server.visits[0].received) == b""

        intent = Intent(look)
        assert await client.submit(7, FOX, intent) == Accepted(7, TASK)
        assert intent.times == 1
        head, _, body = bytes(server.visits[0].received).partition(b"\r\n\r\n")
        assert head.startswith(b"POST /api/v1/nanobanana/generate-2 HTTP/1.1\r\n")
        assert b"\r\nAuthorization: Bearer secret-key" in head
        assert json.loads(body)["callBackUrl"] == "https://us.example/cb"


async def test_the_intent_waits_for_tls_as_well() -> None:
    async with provider(says(ACCEPTED, headers=JSON), tls=True) as (server, client):

        async def look() -> None:
            # A visit begins once the handshake is done.
            await server.arrived.wait()
            assert bytes(server.visits[0].received) == b""

        intent = Intent(look)
        assert await client.submit(1, FOX, intent) == Accepted(1, TASK)
        assert intent.times == 1


@pytest.mark.parametrize(
    "error", [RuntimeError("lost the row"), ConnectionResetError("database"), TimeoutError("database")]
)
async def test_an_intent_that_fails_writes_nothing_and_comes_out_unchanged(error: Exception) -> None:
    async with provider(silence) as (server, client):

        async def fail() -> None:
            raise error

        with pytest.raises(type(error)) as caught:
            await client.submit(1, FOX, Intent(fail))
        assert caught.value is error
        await server.arrived.wait()
        await server.visits[0].ended.wait()
        assert bytes(server.visits[0].received) == b""


async def test_a_submit_cancelled_during_its_intent_writes_nothing() -> None:
    async with provider(silence) as (server, client):
        reached = asyncio.Event()

        async def stay() -> None:
            reached.set()
            await asyncio.Event().wait()

        task = asyncio.create_task(client.submit(1, FOX, Intent(stay)))
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await server.arrived.wait()
        await server.visits[0].ended.wait()
        assert bytes(server.visits[0].received) == b""


async def test_a_slow_intent_does_not_eat_the_submits_time() -> None:
    async with provider(says(ACCEPTED, headers=JSON), submit_timeout=2.0, connect_timeout=0.2, pool_timeout=0.1) as (
        _,
        client,
    ):
        loop = asyncio.get_running_loop()
        waited = loop.create_future()
        # Longer than connecting and waiting for a connection may take together.
        loop.call_later(0.7, waited.set_result, None)
        assert await client.submit(1, FOX, Intent(lambda: waited)) == Accepted(1, TASK)


async def test_every_submit_has_a_fresh_connection() -> None:
    async with provider(_keeping_alive(ACCEPTED)) as (server, client):
        await client.submit(1, FOX, Intent())
        await client.submit(2, FOX, Intent())
        assert [visit.received.count(b"POST ") for visit in server.visits] == [1, 1]
        assert all(b"\r\nConnection: close\r\n" in visit.received for visit in server.visits)


# Refused before a byte


async def test_a_refused_connection_never_reaches_the_intent() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        intent = Intent()
        fact = await _submit_to(f"http://127.0.0.1:{held.getsockname()[1]}", intent)
    assert _is_unreachable(fact) and intent.times == 0


async def test_a_name_without_an_address_never_reaches_the_intent() -> None:
    intent = Intent()
    fact = await _submit_to("http://nowhere.invalid", intent)
    assert _is_unreachable(fact) and intent.times == 0


async def test_a_connection_that_never_opens_is_given_up() -> None:
    with _full_backlog() as port:
        intent = Intent()
        fact = await _submit_to(f"http://127.0.0.1:{port}", intent, connect_timeout=0.2)
    assert _is_unreachable(fact) and intent.times == 0


async def test_a_failed_tls_handshake_never_reaches_the_intent() -> None:
    async with RawServer(says(b"plain")) as server:
        intent = Intent()
        fact = await _submit_to(f"https://127.0.0.1:{server.port}", intent, connect_timeout=0.5)
    assert _is_unreachable(fact) and intent.times == 0


async def test_a_certificate_that_is_not_trusted_never_reaches_the_intent() -> None:
    async with RawServer(says(ACCEPTED), tls=True) as server:
        intent = Intent()
        fact = await _submit_to(server.url, intent)
        assert _is_unreachable(fact) and intent.times == 0
        assert not any(visit.received for visit in server.visits)


async def test_waiting_for_a_connection_is_bounded_and_costs_nothing() -> None:
    async with provider(silence, max_connections=1, pool_timeout=0.1) as (server, client):
        first = asyncio.create_task(client.submit(1, FOX, Intent()))
        await server.arrived.wait()
        intent = Intent()
        assert _is_unreachable(await client.submit(2, FOX, intent))
        assert intent.times == 0
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)


# After the first byte


async def test_an_answer_that_never_comes_is_ambiguous() -> None:
    async with provider(silence, submit_timeout=0.2) as (_, client):
        intent = Intent()
        fact = await client.submit(5, FOX, intent)
        assert isinstance(fact, Ambiguous) and fact.attempt == 5 and "Timeout" in fact.reason
        assert intent.times == 1


async def test_an_answer_that_trickles_is_bounded_as_a_whole() -> None:
    async def trickle(visit: Visit) -> None:
        await visit.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            await visit.write(b" ")
            await asyncio.sleep(0.02)

    async with provider(trickle, submit_timeout=0.3) as (_, client):
        fact = await client.submit(1, FOX, Intent())
        assert isinstance(fact, Ambiguous) and fact.reason == "TimeoutError"


async def _reset(visit: Visit) -> None:
    visit.abort()


async def _leave(_: Visit) -> None:
    return


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(_reset, id="reset"),
        pytest.param(_leave, id="closed without a word"),
        pytest.param(says(b'{"code":200,"data":{"taskId":"31ce', length=900), id="cut"),
        pytest.param(says(b"<html>502</html>", "502 Bad Gateway"), id="html 502"),
        pytest.param(says(b""), id="empty 200"),
        pytest.param(says(b'{"code":200,"msg":"success","data":{}}'), id="no task id"),
        pytest.param(says(b"{" * (2 * BODY_CAP)), id="two megabytes"),
        pytest.param(says(b"not packed", headers="Content-Encoding: gzip\r\n"), id="wrongly packed"),
        pytest.param(says(b"", "302 Found", "Location: /elsewhere\r\n"), id="redirect"),
    ],
)
async def test_trouble_after_the_first_byte_is_ambiguous(answer: Answer) -> None:
    async with provider(answer) as (server, client):
        fact = await client.submit(1, FOX, Intent())
        assert isinstance(fact, Ambiguous) and fact.reason
        assert len(fact.body) <= 2_048
        assert sum(visit.received.count(b"POST ") for visit in server.visits) == 1


async def test_what_came_of_a_cut_answer_is_kept() -> None:
    async with provider(says(b'{"code":200,"data":{"taskId":"31ce', length=900)) as (_, client):
        fact = await client.submit(1, FOX, Intent())
        assert isinstance(fact, Ambiguous) and fact.body == '{"code":200,"data":{"taskId":"31ce'


async def test_a_task_id_in_a_cut_answer_is_not_dropped() -> None:
    async with provider(says(ACCEPTED, length=900)) as (_, client):
        assert await client.submit(1, FOX, Intent()) == Accepted(1, TASK)


async def test_a_refusal_in_a_cut_answer_is_not_believed() -> None:
    async with provider(says(b'{"code":429}', "429 Too Many Requests", length=900)) as (_, client):
        assert isinstance(await client.submit(1, FOX, Intent()), Ambiguous)


async def test_clear_answers_are_read() -> None:
    async with provider(says(b"{}", "429 Too Many Requests", "Retry-After: 30\r\n")) as (_, client):
        assert await client.submit(1, FOX, Intent()) == Refused(1, Halt.RATE_LIMITED, 30.0, "code 429")
    async with provider(says(b'{"code":422,"msg":"bad ratio"}')) as (_, client):
        assert isinstance(await client.submit(1, FOX, Intent()), Rejected)


# Asking


async def test_a_record_is_asked_by_its_task_id() -> None:
    done = {"code": 200, "data": {"taskId": TASK, "successFlag": 1, "response": {"resultImageUrl": "https://r/x"}}}
    async with provider(says(json.dumps(done).encode())) as (server, client):
        record = await client.ask(3, TASK)
        assert isinstance(record.fact, Generated) and record.fact.attempt == 3
        assert server.visits[0].path == f"/api/v1/nanobanana/record-info?taskId={TASK}"


@pytest.mark.parametrize("answer", [_reset, _leave, silence, says(b"<html>", "502 Bad Gateway"), says(b"x", length=9)])
async def test_a_provider_that_cannot_be_asked_is_asked_again(answer: Answer) -> None:
    async with provider(answer, ask_timeout=0.3) as (_, client):
        record = await client.ask(3, TASK)
        assert isinstance(record.fact, PollFailed) and record.fact.attempt == 3 and record.fact.reason
        assert await client.balance() == Balance(None)


async def test_the_balance_is_read() -> None:
    async with provider(says(b'{"code":200,"msg":"success","data":"41.5"}')) as (server, client):
        assert await client.balance() == Balance(41.5)
        assert server.visits[0].path == "/api/v1/common/credit"


async def test_a_balance_that_is_not_told_says_when_to_ask_again() -> None:
    busy = says(b'{"code":429,"msg":"slow down"}', "429 Too Many Requests", "Retry-After: 17\r\n")
    async with provider(busy) as (_, client):
        assert await client.balance() == Balance(None, 17.0)


async def test_a_key_that_cannot_stand_in_a_header_is_told() -> None:
    for key in ("", "two\nlines", "clé"):
        with pytest.raises(ValueError, match="key"):
            NanoBanana("http://127.0.0.1:1", key)


# Means


async def _submit_to(url: str, intent: Intent, **options: Any) -> Any:
    client = NanoBanana(url, "secret-key", **options)
    try:
        async with asyncio.timeout(BOUND):
            return await client.submit(1, FOX, intent)
    finally:
        await client.aclose()


def _is_unreachable(fact: Any) -> bool:
    return isinstance(fact, Refused) and fact.halt is Halt.UNREACHABLE and bool(fact.reason)


def _keeping_alive(body: bytes) -> Answer:
    """Answers and leaves the connection open, as a server that hopes for more."""

    async def answer(visit: Visit) -> None:
        await says(body, headers="Connection: keep-alive\r\n")(visit)
        await visit.until_left()

    return answer


class _full_backlog:
    """A port whose queue of connections is full: the kernel leaves the next one without an answer."""

    def __enter__(self) -> int:
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(0)
        address = self._listener.getsockname()
        self._callers = []
        for _ in range(4):
            caller = socket.socket()
            caller.setblocking(False)
            caller.connect_ex(address)
            self._callers.append(caller)
        return int(address[1])

    def __exit__(self, *_: object) -> None:
        for each in (self._listener, *self._callers):
            each.close()
