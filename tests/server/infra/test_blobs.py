"""Blobs in a folder reach the disk; blobs in a bucket fail in time and in our words."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.core.ports import Unavailable
from server.infra.blobs import open_blobs
from tests.server.infra.s3_server import S3Server, s3_server

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[S3Server]:
    with s3_server() as server:
        monkeypatch.setenv("AWS_ENDPOINT", server.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        yield server


async def test_a_file_and_each_folder_above_it_are_brought_to_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_ino)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    blobs = open_blobs(None, tmp_path / "blobs")

    async def chunks() -> AsyncIterator[bytes]:
        yield b"1"

    await blobs.put("a/b/one.jpg", b"1", "image/jpeg")
    await blobs.put_stream("a/b/two.jpg", chunks(), "image/jpeg")
    expected = [tmp_path / "blobs" / name for name in ("a/b/one.jpg", "a/b", "a", ".", "a/b/two.jpg", "a/b", "a", ".")]
    assert synced == [path.stat().st_ino for path in expected]
    await blobs.aclose()


def test_a_long_stream_is_not_held_in_memory(tmp_path: Path) -> None:
    program = """
import asyncio, os, pathlib, resource, sys
from server.infra.blobs import open_blobs

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)

async def chunks(piece, number):
    for _ in range(number):
        yield piece

async def main():
    blobs = open_blobs(None, pathlib.Path(sys.argv[1]))
    piece = os.urandom(1024 * 1024)
    await blobs.put_stream("a/short.bin", chunks(piece, 2), "image/png")
    before, length = peak(), 0
    await blobs.put_stream("a/long.bin", chunks(piece, 300), "image/png")
    async for chunk in await blobs.stream("a/long.bin"):
        length += len(chunk)
    print(length // len(piece), peak() - before)

asyncio.run(main())
"""
    length, grown = map(int, run(program, tmp_path).split())
    assert length == 300
    assert grown < 40 * 1024, "KiB"


async def test_the_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    await open_blobs(None, tmp_path / "deep" / "blobs").aclose()
    assert stat.S_IMODE((tmp_path / "deep" / "blobs").stat().st_mode) == 0o700


async def test_a_disk_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    blobs = open_blobs(None, tmp_path / "blobs")
    (tmp_path / "blobs" / "a").write_text("a file where a folder must be")
    with pytest.raises(Unavailable):
        await blobs.put("a/b.jpg", b"1", "image/jpeg")
    await blobs.aclose()


async def test_a_closed_store_is_unavailable(tmp_path: Path) -> None:
    blobs = open_blobs(None, tmp_path / "blobs")
    await blobs.aclose()
    with pytest.raises(Unavailable):
        await blobs.get("a/b.jpg")


async def test_a_bucket_keeps_the_media_type(s3: S3Server, tmp_path: Path) -> None:
    blobs = open_blobs("s3://bucket/place", tmp_path)

    async def chunks() -> AsyncIterator[bytes]:
        yield b"2"

    await blobs.put("a/one.jpg", b"1", "image/jpeg")
    await blobs.put_stream("a/two.png", chunks(), "image/png")
    assert s3.files == {"place/a/one.jpg": (b"1", "image/jpeg"), "place/a/two.png": (b"2", "image/png")}
    await blobs.aclose()


async def test_a_bucket_that_fails_is_unavailable_within_the_bound(s3: S3Server, tmp_path: Path) -> None:
    blobs = open_blobs("s3://bucket", tmp_path)
    await blobs.put("a/one.jpg", b"1", "image/jpeg")
    s3.failing = True
    started = time.monotonic()
    for action in (blobs.get("a/one.jpg"), blobs.put("a/two.jpg", b"2", "image/jpeg"), blobs.keys("a")):
        with pytest.raises(Unavailable):
            await action
    assert time.monotonic() - started < 60
    s3.failing = False
    assert await blobs.keys("a") == ["a/one.jpg"]
    await blobs.aclose()


@pytest.mark.parametrize("url", ["ftp://somewhere", "s3://", "nonsense", ""])
def test_a_url_that_no_store_knows(url: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="BLOB_URL"):
        open_blobs(url, tmp_path)


@pytest.mark.parametrize("last", ["put('a/b', b'1', 'x')", "get('a/c')", "keys('a')", "stream('a/c')", "delete('a/c')"])
def test_a_process_may_end_right_after_its_last_call(last: str, tmp_path: Path) -> None:
    """The library's own threads abort an interpreter that is ending: ours must not be among them."""
    program = (
        "import asyncio, pathlib, sys\n"
        "from server.infra.blobs import open_blobs\n"
        "async def main():\n"
        "    blobs = open_blobs(None, pathlib.Path(sys.argv[1]))\n"
        "    await blobs.put('a/c', bytes(5_000_000), 'x')\n"
        f"    answer = await blobs.{last}\n"
        "    if hasattr(answer, '__anext__'): await anext(answer)\n"
        "asyncio.run(main())\n"
    )
    run(program, tmp_path)


def run(program: str, folder: Path) -> str:
    """What a Python process of its own prints; it ends well and says nothing else."""
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)], cwd=ROOT, capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode()
