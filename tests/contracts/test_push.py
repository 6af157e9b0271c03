"""The port `Push`, on each adapter."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from server.core.ports import Delivery, Envelope, Outcome, Push
from server.infra.guarded_http import anywhere_and
from server.infra.memory.clock import MemoryClock
from server.infra.memory.push import MemoryPush
from server.infra.push import MOST_PATIENT, WebPush, read_retry_after
from server.infra.vapid import VapidKey
from tests.push_endpoint import PushService, push_service, to_text
from tests.raw_server import RawServer

NOW = datetime(2031, 1, 1, 12, tzinfo=UTC)
PAYLOAD = {"title": "Votre image est prête"}
LINES = {Outcome.GONE: "410 Gone", Outcome.REFUSED: "400 Bad Request", Outcome.LATER: "503 Service Unavailable"}


@dataclass
class Subject:
    """A way to send, something to send, what arrived, and how to have the next one answered."""

    push: Push
    envelope: Envelope
    arrived: Callable[[], list[Any]]
    let_answer: Callable[[Outcome, str], None]


def envelope(service: PushService) -> Envelope:
    keys = service.receiver.keys
    payload = json.dumps(PAYLOAD).encode()
    return Envelope(service.endpoint(), keys["p256dh"], keys["auth"], payload, 60, "high", "topic")


@asynccontextmanager
async def web_push(private_origin: str | None, timeout: float = 5.0) -> AsyncIterator[WebPush]:
    push = WebPush(anywhere_and(private_origin), VapidKey(b"secret"), "mailto:a@b.example", MemoryClock(), timeout)
    try:
        yield push
    finally:
        await push.aclose()


@pytest.fixture(params=["memory", "web"])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    async with push_service() as service, web_push(service.url) as web:
        if request.param == "web":

            def answer(outcome: Outcome, wait: str) -> None:
                service.answers.append((LINES[outcome], f"Retry-After: {wait}\r\n" if wait else ""))

            yield Subject(web, envelope(service), lambda: [one.payload for one in service.received], answer)
            return
        memory = MemoryPush()

        def remember(outcome: Outcome, wait: str) -> None:
            memory.answers.append(Delivery(outcome, float(wait) if wait else None, "as told"))

        yield Subject(memory, envelope(service), lambda: [json.loads(one.payload) for one in memory.sent], remember)


async def test_what_is_sent_arrives_readable(subject: Subject) -> None:
    assert (await subject.push.send(subject.envelope)).outcome is Outcome.SENT
    assert subject.arrived() == [PAYLOAD]


@pytest.mark.parametrize("outcome", LINES)
async def test_an_answer_is_told_with_its_reason(subject: Subject, outcome: Outcome) -> None:
    subject.let_answer(outcome, "")
    delivery = await subject.push.send(subject.envelope)
    assert (delivery.outcome, delivery.retry_after) == (outcome, None)
    assert delivery.reason
    assert subject.arrived() == []
    assert (await subject.push.send(subject.envelope)).outcome is Outcome.SENT


async def test_how_long_to_wait_is_told(subject: Subject) -> None:
    subject.let_answer(Outcome.LATER, "90")
    assert (await subject.push.send(subject.envelope)).retry_after == 90.0


# Of the wire alone


async def test_the_headers_say_how_to_treat_it() -> None:
    async with push_service() as service, web_push(service.url) as push:
        await push.send(envelope(service))
        [message] = service.received
        told = {name: message.headers[name] for name in ("ttl", "urgency", "topic", "content-encoding")}
        assert told == {"ttl": "60", "urgency": "high", "topic": "topic", "content-encoding": "aes128gcm"}
        assert message.claims["aud"] == service.url


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        *((status, "SENT") for status in (200, 201, 202)),
        *((status, "REFUSED") for status in (302, 400, 401, 403, 413)),
        *((status, "GONE") for status in (404, 410)),
        *((status, "LATER") for status in (408, 429, 500, 503)),
    ],
)
async def test_every_answer_has_its_outcome(status: int, outcome: str) -> None:
    async with push_service() as service, web_push(service.url) as push:
        service.answers = [(f"{status} Whatever", "")]
        assert (await push.send(envelope(service))).outcome is Outcome[outcome]


async def test_silence_ends_in_time_and_is_tried_again() -> None:
    async with push_service() as service, web_push(service.url, timeout=0.2) as push:
        service.silent = asyncio.Event()
        async with asyncio.timeout(3):
            assert (await push.send(envelope(service))).outcome is Outcome.LATER


async def test_where_nobody_listens_it_is_tried_again() -> None:
    async with push_service() as service:
        nobody = envelope(service)
    async with web_push(service.url) as push:
        assert (await push.send(nobody)).outcome is Outcome.LATER


@pytest.mark.parametrize(
    "place", ["http://127.0.0.1:{port}/x", "https://127.0.0.1:{port}/x", "https://localhost:{port}/x"]
)
async def test_an_address_inside_is_never_connected_to(place: str) -> None:
    async def nobody(_: object) -> None:
        raise AssertionError("nobody may come")

    async with RawServer(nobody) as inside, push_service() as service, web_push(service.url) as push:
        there = replace(envelope(service), endpoint=place.format(port=inside.port))
        assert (await push.send(there)).outcome is Outcome.REFUSED
        assert inside.visits == []


@pytest.mark.parametrize("keys", [{"p256dh": "AAAA"}, {"p256dh": to_text(b"\x04" + b"x" * 64)}, {"auth": ""}])
async def test_keys_that_are_none_are_refused(keys: dict[str, str]) -> None:
    async with push_service() as service, web_push(service.url) as push:
        assert (await push.send(replace(envelope(service), **keys))).outcome is Outcome.REFUSED
        assert service.received == []


def test_patience_is_asked_for_in_seconds_or_by_a_date() -> None:
    assert read_retry_after("120", NOW) == 120.0
    assert read_retry_after(format_datetime(NOW + timedelta(minutes=5), usegmt=True), NOW) == 300.0
    assert read_retry_after(format_datetime(NOW - timedelta(minutes=5), usegmt=True), NOW) == 0.0
    assert read_retry_after("9" * 400, NOW) is None
    assert read_retry_after("99999999", NOW) == MOST_PATIENT
    for unreadable in ("", "soon", "-5", "1.5"):
        assert read_retry_after(unreadable, NOW) is None
