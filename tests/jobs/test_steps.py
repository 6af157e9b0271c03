"""Steps under trouble of our own: turns are kept, paid answers are written, nothing paid is given up for a time-out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from jobs.nanobanana.download import ResultFetcher
from jobs.steps import run
from server.core import facts as f
from server.core.image import Image, Status
from server.core.ports import Decoded, Unavailable, Unit
from server.core.stores import Wake
from server.infra.database import PostgresDatabase
from server.infra.decoder import ProcessDecoder
from server.usecases.note_callback import note_callback
from tests.jobs.quiet import Quiet, open_quiet
from tests.studio import eventually, jpeg, studio_settings


@pytest.fixture
async def quiet(database_url: str, redis_url: str, simulator_url: str, tmp_path: Path) -> AsyncIterator[Quiet]:
    """Nobody else works here."""
    settings = studio_settings(database_url, redis_url, simulator_url, tmp_path, callbacks=False)
    async with open_quiet(settings) as opened:
        yield opened


class Waiting(ProcessDecoder):
    """The real decoder, on a machine that is busy until told otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()

    async def decode(self, data: bytes, keep_original: bool) -> Decoded:
        self.begun.set()
        await self.go_on.wait()
        return await super().decode(data, keep_original)


async def test_the_turn_of_an_upload_is_kept_while_it_is_read(quiet: Quiet) -> None:
    """However long decoding takes, no second worker begins it."""
    decoder = Waiting()
    await decoder.start()
    image = await quiet.upload(jpeg())
    reading = asyncio.create_task(run(replace(quiet.shop, decoder=decoder), Wake("image", image.id)))
    await decoder.begun.wait()
    began = (await quiet.row(image.id)).phase_started_at
    policy = quiet.shop.parts.rules.policy

    async def look(unit: Unit) -> bool:
        assert await unit.images.overdue(0.0, 10) == []
        return unit.now > began + timedelta(seconds=3 * policy.turn)

    await eventually(lambda: quiet.shop.parts.database.transact(look), bool)
    decoder.go_on.set()
    await reading
    assert (await quiet.row(image.id)).status is Status.COMPLETED
    await decoder.aclose()


class Slow(ResultFetcher):
    """A result's host, or a worker that was stopped for a minute: the download takes too long, `times` times."""

    def __init__(self, quiet: Quiet, times: int) -> None:
        super().__init__([], simulator=quiet.shop.parts.settings.provider_url, timeout=0.0)
        self.times = times

    async def fetch(self, url: str) -> bytes:
        self.times -= 1
        return await super().fetch(url) if self.times >= 0 else jpeg()


async def test_a_download_that_took_too_long_is_tried_again(quiet: Quiet) -> None:
    """F7: stopped for 60 s, a worker finds its time-out over when it goes on; the picture is paid and still there."""
    wake = await quiet.reserved("a boat [[ok]]")
    assert wake.id is not None
    hands = replace(quiet, shop=replace(quiet.shop, fetcher=Slow(quiet, 2)))
    await run(hands.shop, wake)
    assert (await _until_fetched(hands, wake.id)).status is Status.SAVING
    await hands.do_what_is_due(wake.id)
    assert (await hands.do_what_is_due(wake.id)).status is Status.COMPLETED


async def test_a_download_that_always_takes_too_long_fails_in_the_end(quiet: Quiet) -> None:
    wake = await quiet.reserved("a boat [[ok]]")
    assert wake.id is not None
    hands = replace(quiet, shop=replace(quiet.shop, fetcher=Slow(quiet, 100)))
    await run(hands.shop, wake)
    await _until_fetched(hands, wake.id)
    looks = [(await hands.do_what_is_due(wake.id)).status for _ in range(4)]
    assert looks == [Status.SAVING] * 3 + [Status.FAILED]


async def test_a_decoder_that_took_too_long_is_tried_again(quiet: Quiet) -> None:
    """The clock went on while the worker was stopped: that says nothing against the picture."""
    decoder = ProcessDecoder(limit=0.0)
    await decoder.start()
    image = await quiet.upload(jpeg())
    await run(replace(quiet.shop, decoder=decoder), Wake("image", image.id))
    await decoder.aclose()
    assert (await quiet.row(image.id)).status is Status.SAVING
    assert (await quiet.do_what_is_due(image.id)).status is Status.COMPLETED


async def _until_fetched(hands: Quiet, id: UUID) -> Image:
    """The image once the provider is done and its result was fetched for the first time."""

    async def look() -> Image:
        image = await hands.row(id)
        return await hands.do_what_is_due(id) if image.status is Status.PROCESSING else image

    return await eventually(look, lambda image: image.status is not Status.PROCESSING)


async def test_an_attempt_without_a_task_is_not_looked_at_for_ever(quiet: Quiet) -> None:
    """A forged callback after the end: nothing is left to ask for, and that is found out once."""
    person, policy = quiet.person, quiet.shop.parts.rules.policy
    intent = await person.submit(await person.bring(Status.PENDING))
    await person.record(intent.image, f.Ambiguous(1, "no answer"), f.DeadlinePassed(1))
    await note_callback(quiet.shop.parts.database, intent.nonce, "forged", person.rules)
    await quiet.shop.parts.database.transact(lambda unit: unit.attempts.keep_candidate(intent.attempt.id, None))
    await run(quiet.shop, Wake("attempt", intent.attempt.id))
    attempt = await person.attempt(intent.image)
    soon = await quiet.shop.parts.database.time() + timedelta(seconds=2 * policy.turn)
    assert attempt.settled_at is None
    assert attempt.wake_at is not None and attempt.wake_at > soon


async def test_a_paid_answer_waits_while_postgresql_takes_no_writes(quiet: Quiet, database_url: str) -> None:
    """A failover, a full disk: PostgreSQL answers, and refuses. The task id is written once it takes writes again."""
    wake = await quiet.reserved("a boat [[late-answer:0.5]] [[never]]")
    assert wake.id is not None
    submitting = asyncio.create_task(run(quiet.shop, wake))
    await eventually(lambda: quiet.row(wake.id), lambda row: row.status is Status.SUBMITTING)  # type: ignore[arg-type]
    admin = await asyncpg.connect(database_url)
    await _read_only(admin, "on")
    with pytest.raises(Unavailable):
        await _write(quiet.shop.parts.database)
    await asyncio.wait({submitting}, timeout=1.5)
    assert not submitting.done()
    await _read_only(admin, "off")
    await submitting
    await admin.close()
    assert (await quiet.row(wake.id)).status is Status.PROCESSING


async def _read_only(admin: asyncpg.Connection, how: str) -> None:
    """For every new connection; those that are open are cut."""
    name = await admin.fetchval("SELECT current_database()")
    await admin.execute("SET default_transaction_read_only = off")
    await admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = {how}")
    await admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


async def _write(database: PostgresDatabase) -> None:
    async def work(unit: Unit) -> None:
        await unit.provider.clear()
        await unit.provider.pause(f.Halt.UNREACHABLE, 0.0)

    for _ in range(5):
        await database.transact(work)
