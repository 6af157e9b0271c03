"""The gate before the provider: open, shut, slow, deaf, cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.chaos.gate import Gate

LIMIT = 5.0


@pytest.fixture
async def gate() -> AsyncIterator[Gate]:
    """Before a server that says back what it hears."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    gate = Gate(server.sockets[0].getsockname()[1])
    await gate.open()
    yield gate
    await gate.close()
    server.close()


async def said(gate: Gate) -> bytes:
    """What comes back; nothing where the connection is cut."""
    async with asyncio.timeout(LIMIT):
        reader, writer = await asyncio.open_connection("127.0.0.1", gate.port)
        try:
            writer.write(b"hello\n")
            return await reader.readline()
        except ConnectionError:
            return b""
        finally:
            writer.close()


async def test_it_forwards(gate: Gate) -> None:
    assert await said(gate) == b"hello\n"


async def test_it_refuses_and_is_found_at_the_same_place_again(gate: Gate) -> None:
    address = gate.address
    async with gate.being("refuse"):
        with pytest.raises(ConnectionRefusedError):
            await said(gate)
    assert await said(gate) == b"hello\n"
    assert gate.address == address


async def test_it_cuts(gate: Gate) -> None:
    async with gate.being("cut"):
        assert await said(gate) == b""
    assert await said(gate) == b"hello\n"


async def test_it_is_slow(gate: Gate) -> None:
    began = asyncio.get_running_loop().time()
    async with gate.being("slow", 0.3):
        assert await said(gate) == b"hello\n"
    assert asyncio.get_running_loop().time() - began >= 0.3


async def test_it_says_nothing_until_the_silence_is_over(gate: Gate) -> None:
    async with gate.being("silent"):
        waiting = asyncio.create_task(said(gate))
        await asyncio.wait({waiting}, timeout=0.3)
        assert not waiting.done()
    assert await waiting == b""
