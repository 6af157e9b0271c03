"""Results that are gone, lead elsewhere, never end, or are no picture."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.chaos.kinds.registry import kind
from tests.chaos.stage import Stage, expect


@kind("F18")
async def success_without_url(stage: Stage) -> AsyncIterator[None]:
    """The provider says success and gives no address: asked three times more, then said so."""
    victim = await stage.quiet.ask("no-url", "duration:0.3")
    yield
    await stage.fails(victim, "provider_no_output")


@kind("F23")
async def result_gone(stage: Stage) -> AsyncIterator[None]:
    """The result is 404: its address is asked for three times more, then said so."""
    victim = await stage.quiet.ask("result-404", "duration:0.3")
    yield
    await stage.fails(victim, "result_gone")


@kind("F23")
async def result_elsewhere(stage: Stage) -> AsyncIterator[None]:
    """The result leads to a private address, by a redirect or by name: refused, and not a packet is sent there."""
    async with _trap() as (port, visits):
        places = (
            "result-redirect",
            f"result-redirect:http://127.0.0.1:{port}/secret",
            f"result-url:http://localhost:{port}/secret",
            "result-url:file:///etc/passwd",
        )
        victims = [await stage.quiet.ask(place, "duration:0.3") for place in places]
        yield
        for victim in victims:
            await stage.fails(victim, "unsafe_result")
        expect(not visits, f"somebody called at {visits}")


@asynccontextmanager
async def _trap() -> AsyncIterator[tuple[int, list[str]]]:
    """A port of this machine that nobody has business at, and who came all the same."""
    visits: list[str] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visits.append(str(writer.get_extra_info("peername")))
        writer.close()

    server = await asyncio.start_server(note, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], visits
    finally:
        server.close()


@kind("F24")
async def result_bad(stage: Stage) -> AsyncIterator[None]:
    """The result is HTML, half a picture, endless or 2 GiB: stopped at the cap, and no file is left."""
    faces = ("result-html", "result-truncated", "result-endless", "result-huge", "result-cut")
    victims = [await stage.quiet.ask(face, "duration:0.3") for face in faces]
    yield
    for victim in victims:
        await stage.fails(victim, "bad_result")
        left = stage.house.atelier.data / "blobs" / stage.quiet.workspace / str(victim.ids[0])
        expect(not left.exists() or not any(left.iterdir()), f"files were left of {victim.prompt!r}")


@kind("F24")
async def result_odd(stage: Stage) -> AsyncIterator[None]:
    """The result is black, or typed and named as what it is not, or fails at first: kept; black is flagged."""
    faces = ("black", "result-wrong-type", "result-wrong-extension", "result-500:2")
    victims = [await stage.quiet.ask(face, "duration:0.3") for face in faces]
    yield
    for victim in victims:
        await stage.completes(victim)
    flat = await stage.house.fetch("SELECT metadata->>'flat' AS flat FROM image WHERE id = $1", victims[0].ids[0])
    expect(flat[0]["flat"] == "true", "a black picture is not flagged")
