"""The decoder's child processes: killed, frozen, worn out and closed, and what they may not do."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from server.core.ports import Unavailable, Undecodable
from server.infra import decoder as module
from server.infra.decoder import ProcessDecoder
from server.infra.program import until
from tests.pictures import camera_jpeg, corners, encoded, png_bomb, scene

SMALL = camera_jpeg(corners())


@asynccontextmanager
async def running(children: int = 1, **options: float) -> AsyncIterator[ProcessDecoder]:
    decoder = ProcessDecoder(children=children, **options)  # type: ignore[arg-type]
    await decoder.start()
    try:
        async with asyncio.timeout(60):
            yield decoder
    finally:
        await decoder.aclose()


@pytest.mark.parametrize("told", [None, "", "<script>", "A" * 40, "é", "AAAA\n"])
def test_a_likeness_that_a_taken_over_child_made_up_is_not_believed(told: object) -> None:
    with pytest.raises((module.ChildLost, TypeError, ValueError)):
        module._check_hash({"flat": False, "thumbhash": told})
    with pytest.raises(KeyError):
        module._check_hash({"flat": False})
    module._check_hash({"error": "broken"})
    module._check_hash({"flat": False, "thumbhash": "A" * 32})


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def is_zombie(pid: int) -> bool:
    """Whether it has ended and nobody has asked how."""
    try:
        return b") Z " in Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return False


async def frozen_decode(decoder: ProcessDecoder) -> tuple[int, asyncio.Task[object]]:
    """A child that has been stopped, and a picture that waits for it."""
    (pid,) = decoder.processes
    os.kill(pid, signal.SIGSTOP)
    picture = asyncio.create_task(decoder.decode(SMALL, False))
    done, _ = await asyncio.wait({picture}, timeout=0.05)
    assert not done
    return pid, picture


async def test_a_child_killed_in_the_middle_costs_nothing_but_time() -> None:
    async with running() as decoder:
        pid, picture = await frozen_decode(decoder)
        os.kill(pid, signal.SIGKILL)
        await picture
        await decoder.decode(SMALL, False)
        assert gone(pid)


async def test_an_idle_child_that_was_killed_is_replaced() -> None:
    async with running(children=2) as decoder:
        for pid in decoder.processes:
            os.kill(pid, signal.SIGKILL)
        for _ in range(3):
            await decoder.decode(SMALL, False)


def test_a_child_that_makes_things_up_is_not_believed() -> None:
    for lie in (
        {},
        {"flat": False, "files": []},
        {"flat": False, "files": [{"name": "original"}] * 3},
        {"flat": False, "files": [described(name, size=2**40) for name in module.NAMES]},
        {"flat": False, "files": [described(name, size=-1) for name in module.NAMES]},
        {"flat": False, "files": [described(name, media_type="text/html") for name in module.NAMES]},
        {"flat": False, "files": [described(f"../{name}") for name in module.NAMES]},
        {"flat": False, "files": "none"},
    ):
        with pytest.raises((module.ChildLost, KeyError, TypeError)):
            module._files(lie)
    assert len(module._files({"flat": False, "files": [described(name) for name in module.NAMES]})) == 3


def described(name: str, **changes: object) -> dict[str, object]:
    return {"name": name, "media_type": "image/png", "width": 1, "height": 1, "size": 1, **changes}


async def test_a_picture_that_ends_two_children_is_refused() -> None:
    decoder = ProcessDecoder()
    decoder._arguments = (*decoder._arguments[:2], "1")  # A second of processor time, which this picture exceeds.
    await decoder.start()
    with pytest.raises(Undecodable, match="memory or time"):
        await decoder.decode(png_bomb(10_000, 10_000), False)
    await decoder.decode(SMALL, False)
    await decoder.aclose()


async def test_a_picture_that_takes_too_long_is_given_up_and_its_child_ended() -> None:
    async with running(limit=0.5) as decoder:
        started = time.monotonic()
        pid, picture = await frozen_decode(decoder)
        with pytest.raises(Undecodable, match="longer than"):
            await picture
        assert time.monotonic() - started < 1.5
        await decoder.decode(SMALL, False)
        assert gone(pid)


async def test_a_caller_who_leaves_disturbs_nobody() -> None:
    async with running() as decoder:
        pid, picture = await frozen_decode(decoder)
        picture.cancel()
        await asyncio.gather(picture, return_exceptions=True)
        await decoder.decode(SMALL, False)
        assert gone(pid)


async def test_when_no_child_is_free_in_time_it_says_so() -> None:
    async with running(patience=0.2) as decoder:
        pid, picture = await frozen_decode(decoder)
        with pytest.raises(Unavailable, match="no decoder was free"):
            await decoder.decode(SMALL, False)
        os.kill(pid, signal.SIGCONT)
        await picture


async def test_many_at_once_each_get_their_own_picture() -> None:
    async with running(children=2) as decoder:
        pictures = [encoded(corners(20 + number, 30), "PNG") for number in range(60)]
        decoded = await asyncio.gather(*(decoder.decode(picture, False) for picture in pictures))
        assert [each.renditions["original"].width for each in decoded] == [20 + number for number in range(60)]


async def test_a_child_gives_way_after_its_share_of_pictures() -> None:
    async with running(recycle=3) as decoder:
        first = decoder.processes
        for _ in range(7):
            await decoder.decode(SMALL, False)
        assert decoder.processes != first
        assert gone(first[0])


async def test_the_bound_on_pixels_is_a_setting() -> None:
    async with running(max_pixels=1000) as decoder:
        with pytest.raises(Undecodable, match="80 x 40 pixels"):
            await decoder.decode(SMALL, True)
        await decoder.decode(encoded(corners(20, 20), "PNG"), True)


async def test_closing_ends_the_children_and_whoever_waits() -> None:
    decoder = ProcessDecoder(children=1)
    await decoder.start()
    pid, picture = await frozen_decode(decoder)
    waiting = asyncio.create_task(decoder.decode(SMALL, False))
    async with asyncio.timeout(5):
        await decoder.aclose()
        for task in (picture, waiting):
            with pytest.raises(Unavailable):
                await task
    assert gone(pid)
    with pytest.raises(Unavailable):
        await decoder.decode(SMALL, False)
    await decoder.aclose()


async def test_a_child_ends_when_its_parent_is_gone() -> None:
    program = (
        "import asyncio, os\n"
        "from server.infra.decoder import ProcessDecoder\n"
        "async def main():\n"
        "    decoder = ProcessDecoder(children=1)\n"
        "    await decoder.start()\n"
        "    print(*decoder.processes, flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, cwd=module.ROOT, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await parent.communicate()

    async def ended() -> bool:
        return gone(int(said)) or is_zombie(int(said))

    assert await until(ended, 10)


async def test_a_decoder_that_cannot_start_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHILD", "server.infra.no_such_module")
    decoder = ProcessDecoder()
    with pytest.raises(Unavailable, match="does not start"):
        await decoder.start()
    with pytest.raises(Unavailable, match="does not start"):
        await decoder.decode(SMALL, False)
    monkeypatch.undo()
    for _ in range(2):
        with suppress(Unavailable):
            await decoder.decode(SMALL, False)
    await decoder.decode(SMALL, False)
    await decoder.aclose()


async def test_a_child_is_not_told_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "a secret of the parent")
    async with running() as decoder:
        assert "PYTHONPATH" in environment_of(decoder.processes[0])
        assert "secret" not in environment_of(decoder.processes[0])


def environment_of(pid: int) -> str:
    shown = Path(f"/proc/{pid}/environ")
    if shown.exists():
        return shown.read_text()
    return subprocess.run(["ps", "eww", "-p", str(pid)], capture_output=True, check=True, timeout=10).stdout.decode()


def test_a_confined_process_opens_nothing_and_needs_nothing_more() -> None:
    said = in_process_of_its_own("""
import os, socket, sys
from server.infra import decoder_child
from server.infra.renditions import make_renditions
from tests.pictures import PHP, camera_jpeg, corners, encoded, poisoned_jpeg, swapped_profile

image = corners()
pictures = [poisoned_jpeg(image), encoded(image, "MPO", save_all=True, append_images=[image])]
pictures += [encoded(image, format, icc_profile=swapped_profile(), xmp=PHP) for format in ("JPEG", "PNG", "WEBP")]
pictures += [encoded(image.convert("P"), "PNG"), encoded(image.convert("CMYK"), "JPEG"), pictures[0][:500]]
decoder_child._warm_up()
decoder_child._confine(1536 * 1024 * 1024, 3)
for attempt in (
    lambda: open("/etc/passwd"),
    lambda: socket.socket(),
    lambda: os.pipe(),
    lambda: os.fork() if os.getuid() else os.dup(0),
    lambda: bytearray(1600 * 1024 * 1024) if sys.platform == "linux" else os.dup(0),
):
    try:
        attempt()
    except (OSError, MemoryError):
        print("refused", end=" ")
    else:
        print("allowed", end=" ")
for picture in pictures:
    try:
        make_renditions(picture, False, 1_000_000)
        print("decoded", end=" ")
    except decoder_child.Unreadable as error:
        print("import" in str(error).lower(), end=" ")
""")
    assert said.split() == ["refused"] * 5 + ["decoded"] * 7 + ["False"]


def test_a_bomb_leaves_the_parent_as_small_as_it_was() -> None:
    said = in_process_of_its_own("""
import asyncio, resource, sys
from server.core.ports import Undecodable
from server.infra.decoder import ProcessDecoder
from tests.pictures import camera_jpeg, corners, png_bomb

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)

async def main():
    decoder = ProcessDecoder()
    await decoder.start()
    await decoder.decode(camera_jpeg(corners()), False)
    bomb = png_bomb(13_300, 13_300)
    before, refused = peak(), 0
    for _ in range(5):
        try:
            await decoder.decode(bomb, False)
        except Undecodable:
            refused += 1
    await decoder.aclose()
    print(refused, peak() - before)

asyncio.run(main())
""")
    refused, grown = map(int, said.split())
    assert refused == 5
    assert grown < 20 * 1024, "KiB"


def in_process_of_its_own(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=module.ROOT, capture_output=True, timeout=100, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode()


async def test_a_camera_picture_takes_little_work() -> None:
    """Processor time, which a busy machine does not stretch much: 0.3 s for 12 megapixels on an idle core."""
    camera, made = camera_jpeg(scene(4032, 3024), 6), encoded(scene(1024, 1024), "JPEG", quality=90)
    idle = await work_of([])
    assert (await work_of([(camera, False)] * 4) - idle) / 4 < 0.6
    assert (await work_of([(made, True)] * 20) - idle) / 20 < 0.06


async def work_of(pictures: list[tuple[bytes, bool]]) -> float:
    """Seconds of processor time that a decoder's child uses in its life."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    async with running() as decoder:
        for data, keep_original in pictures:
            await decoder.decode(data, keep_original)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
