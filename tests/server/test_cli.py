"""The command line, in processes of its own: what it prints, and how it ends."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import pytest
from redis.asyncio import Redis

from server.core import facts as f
from server.core.image import Image
from server.core.ports import Unit
from server.infra.database import PostgresDatabase
from server.infra.embedded import ThrowawayServers
from server.infra.migrations import available
from server.usecases.record_fact import record_fact

from ..jobs.nanobanana.simulator.provider import running
from .api.samples import new_device
from .api.studio import open_studio
from .programs import Result, atelier, environment, run

T = TypeVar("T")
ADDRESS = r"http://127\.0\.0\.1:8123"


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> dict[str, str]:
    """An installation of this test's own."""
    return {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "ATELIER_DATA": str(tmp_path), "PORT": "8123"}


@pytest.fixture
def dead_database() -> str:
    """An address where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return f"postgresql://atelier@127.0.0.1:{listening.getsockname()[1]}/atelier"


def one_sentence(result: Result) -> str:
    """What a command that failed says: one line, no traceback."""
    assert result.status == 1, result
    assert result.out == ""
    (line,) = result.err.splitlines()
    assert line.startswith("atelier: ")
    return line


async def test_a_person_is_added_without_a_question_and_the_link_works_once(
    settings: dict[str, str], database_url: str, redis_url: str, tmp_path: Path
) -> None:
    added = await atelier("user", "add", "carol@example.org", **settings)
    assert (added.status, added.err) == (0, "")
    link = re.fullmatch(rf"{ADDRESS}/#token=([\w-]{{40,}})\n", added.out)
    assert link is not None, added.out
    again, key = await asyncio.gather(
        atelier("user", "add", "Carol@example.org", **settings), atelier("key", "add", "carol@example.org", **settings)
    )
    # The same person, whatever the letter case: another link, no second account.
    assert again.status == 0 and again.out != added.out
    # The key alone, so that a script can take it as it is.
    assert (key.status, key.err) == (0, "")
    assert re.fullmatch(r"atl_[\w-]{40,}\n", key.out)
    async with open_studio(database_url, redis_url, tmp_path) as studio:
        assert await studio.count("account") == 3
        opened = await studio.stranger.post("/api/sessions", json={"token": link[1]})
        assert opened.status_code == 201
        assert (await studio.stranger.get("/api/me")).json()["account"]["email"] == "carol@example.org"
        assert (await studio.stranger.post("/api/sessions", json={"token": link[1]})).status_code == 401
        studio.stranger.cookies.clear()
        bearer = {"Authorization": f"Bearer {key.out.strip()}"}
        assert (await studio.stranger.get("/api/me", headers=bearer)).json()["account"]["email"] == "carol@example.org"


async def test_an_unknown_address_is_one_sentence(settings: dict[str, str]) -> None:
    link, key, wrong = await asyncio.gather(
        atelier("user", "link", "nobody@example.org", **settings),
        atelier("key", "add", "nobody@example.org", **settings),
        atelier("user", "add", "not an address", **settings),
    )
    assert "nobody@example.org" in one_sentence(link)
    assert "atelier user add" in one_sentence(link)
    assert "nobody@example.org" in one_sentence(key)
    assert "not an address" in one_sentence(wrong)


async def test_migrating_twice_is_harmless_and_what_needs_it_says_so(
    servers: ThrowawayServers, settings: dict[str, str]
) -> None:
    admin = await asyncpg.connect(servers.database_url.replace("/atelier?", "/postgres?"))
    await admin.execute("CREATE DATABASE empty_one")
    empty = {**settings, "DATABASE_URL": servers.database_url.replace("/atelier?", "/empty_one?")}
    try:
        assert "atelier migrate" in one_sentence(await atelier("user", "add", "carol@example.org", **empty))
        first = await atelier("migrate", **empty)
        assert (first.status, first.out) == (0, f"Applied {', '.join(path.stem for path in available())}.\n")
        second, added = await asyncio.gather(
            atelier("migrate", **empty), atelier("user", "add", "carol@example.org", **empty)
        )
        assert (second.status, second.out) == (0, "The database is up to date.\n")
        assert added.status == 0
    finally:
        await admin.execute("DROP DATABASE empty_one WITH (FORCE)")
        await admin.close()


async def test_a_dead_database_is_one_sentence(settings: dict[str, str], dead_database: str) -> None:
    dead = {**settings, "DATABASE_URL": dead_database}
    commands = (("migrate",), ("user", "link", "ada@example.org"), ("repair",))
    for result in await asyncio.gather(*(atelier(*command, **dead) for command in commands)):
        assert "PostgreSQL" in one_sentence(result)


async def test_settings_that_cannot_work_are_one_sentence(settings: dict[str, str]) -> None:
    wrong, unset, other = await asyncio.gather(
        atelier("migrate", **{**settings, "PORT": "eighty"}),
        atelier("migrate", ATELIER_DATA=settings["ATELIER_DATA"]),
        atelier("migrate", **{**settings, "DATABASE_URL": "mysql://127.0.0.1/atelier"}),
    )
    assert "postgresql://" in one_sentence(other)
    assert "PORT" in one_sentence(wrong)
    assert "DATABASE_URL" in one_sentence(unset)
    assert "make run" in one_sentence(unset)


async def doctor(dist: Path, values: Mapping[str, str]) -> Result:
    """The doctor, told where the dashboard's build is."""
    program = (
        "import sys, pathlib, server.doctor as doctor, server.cli as cli\n"
        "doctor.DIST = pathlib.Path(sys.argv.pop(1))\n"
        "cli.main()"
    )
    return await run("-c", program, str(dist), "doctor", **values)


def lines(result: Result, mark: str) -> list[str]:
    return [line.split(None, 1)[1] for line in result.out.splitlines() if line.startswith(mark)]


async def test_the_doctor_finds_all_well(settings: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "index.html").touch()
    async with running(**environment({})) as (_, simulator):
        result = await doctor(tmp_path, {**settings, "NANOBANANA_SIMULATOR_URL": simulator})
    assert (result.status, lines(result, "WRONG"), result.err) == (0, [], "")
    well = lines(result, "ok")
    assert len(well) == len(result.out.splitlines()) >= 7
    for part in ("data folder", "dashboard", "Redis", "PostgreSQL", "overdue", "simulator", "simulated"):
        assert any(part in sentence for sentence in well), part


async def test_the_doctor_names_everything_that_is_wrong(
    settings: dict[str, str], dead_database: str, tmp_path: Path
) -> None:
    port = dead_database.rsplit(":", 1)[1].split("/")[0]
    result = await doctor(
        tmp_path / "no-build",
        {
            "DATABASE_URL": dead_database,
            "REDIS_URL": f"redis://127.0.0.1:{port}",
            "ATELIER_DATA": str(tmp_path / "no-folder"),
            "NANOBANANA_SIMULATOR_URL": f"http://127.0.0.1:{port}",
        },
    )
    assert result.status == 1
    wrong = lines(result, "WRONG")
    assert len(wrong) == 5, result.out
    for part in ("ATELIER_DATA", "make build", "Redis does not answer", "PostgreSQL does not answer", "simulator"):
        assert any(part in sentence for sentence in wrong), part


async def test_the_doctor_explains_addresses_that_cannot_be_read(settings: dict[str, str], tmp_path: Path) -> None:
    nonsense = {"DATABASE_URL": "postgresql://host:port/x", "REDIS_URL": "nonsense", "NANOBANANA_SIMULATOR_URL": "x"}
    result = await doctor(tmp_path, {**settings, **nonsense})
    assert (result.status, result.err) == (1, "")
    wrong = lines(result, "WRONG")
    for part in ("DATABASE_URL cannot be read", "REDIS_URL cannot be read"):
        assert any(part in sentence for sentence in wrong), result.out


async def test_the_operator_holds_the_queue_reads_why_it_stands_and_lets_it_go(
    settings: dict[str, str], database_url: str, redis_url: str, tmp_path: Path
) -> None:
    said = [
        (await atelier("queue", command, **settings)).out
        for command in ("status", "pause", "pause", "status", "resume", "resume")
    ]
    held = "Nothing is submitted, by the operator's own wish: `atelier queue resume` goes on.\n"
    assert said == [
        "Submits go on.\n",
        "Nothing more is submitted.\n",
        "Nothing is submitted already.\n",
        held,
        "The hold is lifted.\nSubmits go on.\n",
        "There was no hold.\nSubmits go on.\n",
    ]
    assert await woken(redis_url, "dispatch")
    async with open_studio(database_url, redis_url, tmp_path) as studio:
        image, _ = await studio.submitted_generation(studio.ada)
        refusal = f.Refused(1, f.Halt.OUT_OF_CREDITS)
        await record_fact(studio.parts.database, UUID(image), refusal, studio.parts.rules)
        await studio.parts.database.transact(lambda unit: unit.provider.note_answer(0.0, 300.0))
    status, examined = await asyncio.gather(atelier("queue", "status", **settings), doctor(tmp_path, settings))
    assert (status.status, "top up" in status.out) == (0, True), status
    assert any("top up" in sentence for sentence in lines(examined, "WRONG"))
    resumed = await atelier("queue", "resume", **settings)
    assert resumed.out == "There was no hold.\n" + status.out
    turn = await do(database_url, lambda unit: unit.provider.claim_reading(60.0))
    assert turn is not None, "the balance is asked for at once"


async def test_the_doctor_tells_how_the_balance_goes_with_the_ledger(
    settings: dict[str, str], database_url: str, tmp_path: Path
) -> None:
    told = []
    for reading in (None, 100.0, 100.0, 96.0):
        if reading is not None:
            await do(database_url, lambda unit, credits=reading: unit.ledger.add_reading(credits))  # type: ignore[misc]
        sentences = lines(await doctor(tmp_path, settings), "ok")
        [about] = [sentence for sentence in sentences if "balance" in sentence]
        told.append(about)
    assert "not read yet" in told[0]
    assert "100 credits" in told[1] and "next reading" in told[1]
    assert told[2].endswith("as the ledger has it.")
    assert "fell by US$ 0.02 more than the ledger says" in told[3]


async def test_the_doctor_tells_how_pushes_stand(
    settings: dict[str, str], database_url: str, redis_url: str, tmp_path: Path
) -> None:
    async with open_studio(database_url, redis_url, tmp_path) as studio:
        await new_device(studio.ada)
        [none] = [line for line in lines(await doctor(tmp_path, settings), "ok") if "No push waits" in line]
        await studio.failed_generation(studio.ada)
        [some] = [line for line in lines(await doctor(tmp_path, settings), "ok") if "Pushes wait" in line]
        await studio.run("UPDATE push SET ended_at = ended_at - interval '11 minutes'")
        await studio.run("UPDATE push_subscription SET trouble = 'unreachable'")
        [late] = [line for line in lines(await doctor(tmp_path, settings), "WRONG") if "Pushes wait" in line]
    assert none == "No push waits (devices: 1)."
    assert some.startswith("Pushes wait: 1, the oldest for ") and some.endswith(" s (devices: 1).")
    assert "(devices: 1, in trouble: 1)." in late
    assert late.endswith("may it reach the browsers' push services?")


async def test_repair_shows_what_is_stuck_and_mends_it_with_yes(
    settings: dict[str, str], database_url: str, redis_url: str, tmp_path: Path
) -> None:
    assert (await atelier("repair", **settings)).out == "No image is stuck.\n"
    async with open_studio(database_url, redis_url, tmp_path) as studio:
        late, ended = await studio.ada.pending_generation(), await studio.ada.pending_generation()
        overdue = "UPDATE image SET wake_at = now() - interval '1 hour', deadline_at = now() {} WHERE id = :id"
        await studio.run(overdue.format("+ interval '1 hour'"), id=UUID(late))
        await studio.run(overdue.format("- interval '1 minute'"), id=UUID(ended))
    before = [await load(database_url, id) for id in (late, ended)]

    shown = await atelier("repair", **settings)
    assert (shown.status, shown.err) == (0, "")
    assert re.search(rf"{late}  pending, due since .*: look at it again now", shown.out)
    assert re.search(rf"{ended}  pending, due since .*: end it", shown.out)
    assert shown.out.endswith("2 images are stuck; `atelier repair --yes` repairs them.\n")
    assert [await load(database_url, id) for id in (late, ended)] == before

    mended = await atelier("repair", "--yes", **settings)
    assert (mended.status, "2 images were repaired." in mended.out) == (0, True), mended
    after = await load(database_url, ended)
    assert (str(after.status), dict(after.error or {})["code"]) == ("failed", "expired")
    assert await woken(redis_url, late)


async def test_streams_are_renewed_with_yes_alone(settings: dict[str, str], database_url: str) -> None:
    [ada, bob] = [(await atelier("user", "add", f"{name}@example.org", **settings)).status for name in ("ada", "bob")]
    assert ada == bob == 0
    before = await epochs(database_url)

    shown = await atelier("stream", "renew", **settings)
    assert (shown.status, shown.err) == (0, "")
    assert shown.out.startswith("2 streams: ")
    assert shown.out.endswith("; `atelier stream renew --yes` does it.\n")
    assert await epochs(database_url) == before

    renewed = await atelier("stream", "renew", "--yes", **settings)
    assert (renewed.status, renewed.err) == (0, "")
    assert renewed.out == "2 streams were renewed: every open page fetches afresh what it shows.\n"
    assert len(before | await epochs(database_url)) == 4


async def epochs(database_url: str) -> set[str]:
    """Of every stream, as tabs are told them."""

    async def read(unit: Unit) -> set[str]:
        people = [await unit.accounts.by_email(f"{name}@example.org") for name in ("ada", "bob")]
        homes = [await unit.accounts.home(account) for account in people if account is not None]
        return {
            position.epoch
            for position in (await unit.events.positions([home.id for home in homes if home is not None])).values()
        }

    return await do(database_url, read)


async def load(database_url: str, image: str) -> Image:
    """The row."""
    found = await do(database_url, lambda unit: unit.images.load(UUID(image)))
    assert found is not None
    return found


async def do(database_url: str, work: Callable[[Unit], Awaitable[T]]) -> T:
    """In a unit of its own."""
    database = PostgresDatabase(database_url, pool=1)
    await database.connect()
    try:
        return await database.transact(work)
    finally:
        await database.disconnect()


async def woken(redis_url: str, image: str) -> bool:
    """Whether a wake-up for the image waits for a worker."""
    async with Redis.from_url(redis_url) as redis:
        jobs: list[Any] = [await redis.get(key) async for key in redis.scan_iter("arq:job:*")]
    return any(image.encode() in job for job in jobs)
