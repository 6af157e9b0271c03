"""The port `Blobs`, on each adapter."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from server.core.ports import Blobs, Missing
from server.infra.blobs import ObjectBlobs, open_blobs
from server.infra.memory.blobs import MemoryBlobs
from tests.server.infra.s3_server import s3_server

KEY = "0198/image/original-00ff.jpg"


class BrokenOffError(Exception):
    """The sender went away."""


@pytest.fixture(params=["memory", "folder", "bucket"])
async def blobs(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Blobs]:
    if request.param == "memory":
        yield MemoryBlobs()
        return
    if request.param == "folder":
        opened = open_blobs(None, tmp_path / "a folder" / "blobs")
        yield opened
        await opened.aclose()
        return
    with s3_server() as s3:
        monkeypatch.setenv("AWS_ENDPOINT", s3.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        opened = open_blobs("s3://bucket/some/place", tmp_path / "unused")
        yield opened
        await opened.aclose()


async def pieces(*chunks: bytes, then: Exception | None = None) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk
    if then is not None:
        raise then


async def read(blobs: Blobs, key: str) -> bytes:
    return b"".join([chunk async for chunk in await blobs.stream(key)])


@pytest.mark.parametrize("size", [0, 1, 1_000_000, 13_000_000])
async def test_what_is_put_comes_back(blobs: Blobs, size: int) -> None:
    data = os.urandom(size)
    await blobs.put(KEY, data, "image/jpeg")
    assert await blobs.get(KEY) == data
    assert await read(blobs, KEY) == data


async def test_putting_again_replaces(blobs: Blobs) -> None:
    await blobs.put(KEY, b"one, and long", "image/jpeg")
    await blobs.put(KEY, b"two", "image/jpeg")
    assert await blobs.get(KEY) == b"two"


async def test_a_stream_is_stored_whole(blobs: Blobs) -> None:
    chunks = [os.urandom(700_001) for _ in range(20)]
    await blobs.put_stream(KEY, pieces(*chunks), "image/jpeg")
    assert await blobs.get(KEY) == b"".join(chunks)
    await blobs.put_stream(KEY, pieces(), "image/jpeg")
    assert await blobs.get(KEY) == b""


async def test_a_stream_that_breaks_off_leaves_nothing(blobs: Blobs) -> None:
    for size in (10, 7_000_000):
        with pytest.raises(BrokenOffError, match="in the middle"):
            await blobs.put_stream(KEY, pieces(os.urandom(size), then=BrokenOffError("in the middle")), "image/jpeg")
        with pytest.raises(Missing):
            await blobs.get(KEY)
    assert await blobs.keys("0198") == []


async def test_a_stream_that_is_given_up_leaves_nothing(blobs: Blobs) -> None:
    waiting = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield os.urandom(7_000_000)
        waiting.set()
        await asyncio.Event().wait()

    put = asyncio.create_task(blobs.put_stream(KEY, endless(), "image/jpeg"))
    async with asyncio.timeout(10):
        await waiting.wait()
        put.cancel()
        with pytest.raises(asyncio.CancelledError):
            await put
    assert await blobs.keys("0198") == []


async def test_what_is_not_there_is_missing_before_the_first_chunk(blobs: Blobs) -> None:
    await blobs.put("0198/image/other.jpg", b"1", "image/jpeg")
    for nothing in (KEY, "0198", "0198/image"):
        with pytest.raises(Missing):
            await blobs.get(nothing)
        with pytest.raises(Missing):
            await blobs.stream(nothing)


async def test_deleting_twice_is_harmless(blobs: Blobs) -> None:
    await blobs.put(KEY, b"1", "image/jpeg")
    await blobs.delete(KEY)
    await blobs.delete(KEY)
    with pytest.raises(Missing):
        await blobs.get(KEY)
    await blobs.put(KEY, b"2", "image/jpeg")
    assert await blobs.get(KEY) == b"2"


async def test_a_folder_lists_what_lies_below_it_and_nothing_beside_it(blobs: Blobs) -> None:
    names = [f"incoming/{number:03}.jpg" for number in range(120)] + ["incoming/deeper/1.jpg"]
    await asyncio.gather(*(blobs.put(name, b"1", "image/jpeg") for name in [*names, "incoming-not/1.jpg", "x/1.jpg"]))
    assert await blobs.keys("incoming") == sorted(names)
    assert await blobs.keys("incoming/") == sorted(names)
    assert await blobs.keys("incoming/deeper") == ["incoming/deeper/1.jpg"]
    assert await blobs.keys("nothing") == []
    assert len(await blobs.keys("")) == 123


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "../x", "a/../../x", "a/./b", "a//b", "a/", "a\\b", "a\0b", "~", "a b", "é", "x" * 300]
)
async def test_a_key_that_is_no_plain_path_is_refused(blobs: Blobs, key: str) -> None:
    with pytest.raises(ValueError, match="not a key"):
        await blobs.put(key, b"1", "image/jpeg")
    with pytest.raises(ValueError, match="not a key"):
        await blobs.put_stream(key, pieces(b"1"), "image/jpeg")
    for action in (blobs.get, blobs.stream, blobs.delete):
        with pytest.raises(ValueError, match="not a key"):
            await action(key)


async def test_twenty_at_once_on_the_same_key(blobs: Blobs) -> None:
    data = os.urandom(300_000)
    await asyncio.gather(*(blobs.put(KEY, data, "image/jpeg") for _ in range(20)))
    assert await blobs.get(KEY) == data
    assert await blobs.keys("0198") == [KEY]


async def test_a_bucket_has_addresses_that_anyone_may_fetch_for_a_while(blobs: Blobs) -> None:
    await blobs.put(KEY, b"picture", "image/jpeg")
    address = await blobs.address(KEY, 60.0)
    if isinstance(blobs, ObjectBlobs) and not blobs.local:
        assert address is not None
        assert "X-Amz-Expires=60" in address
        async with httpx.AsyncClient() as stranger:
            assert (await stranger.get(address)).content == b"picture"
    else:
        assert address is None


async def test_what_is_old_is_told_and_what_is_young_is_not(blobs: Blobs) -> None:
    await blobs.put(KEY, b"bytes", "image/jpeg")
    await blobs.put("incoming/one", b"bytes", "image/jpeg")
    assert {key for keys in [keys async for keys in blobs.old(-60.0)] for key in keys} == {KEY, "incoming/one"}
    assert [key for keys in [keys async for keys in blobs.old(3_600.0)] for key in keys] == []


async def test_drafts_of_a_crash_are_removed_once_they_are_old(tmp_path: Path) -> None:
    opened = open_blobs(None, tmp_path)
    await opened.put(KEY, b"bytes", "image/jpeg")
    draft, young = tmp_path / f"{KEY}#1", tmp_path / f"{KEY}#2"
    draft.write_bytes(b"byt")
    young.write_bytes(b"byt")
    os.utime(draft, (1_000_000_000, 1_000_000_000))
    assert [keys async for keys in opened.old(3_600.0)] in ([], [[]])
    assert (draft.exists(), young.exists(), await opened.get(KEY)) == (False, True, b"bytes")
    await opened.aclose()
