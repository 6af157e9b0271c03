"""The process: how it starts, what it prints, how it stops."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess

import httpx
import pytest

from .provider import BOUND, COMMAND, KEY, running


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_is_clean_and_ends_every_painter_whatever_hangs(stop: signal.Signals) -> None:
    async with running(**os.environ) as (process, url), httpx.AsyncClient(base_url=url, trust_env=False) as http:
        await http.post("/simulator/settings", json={"duration": 0})
        body = {"prompt": "a cat [[ok]]"}
        answer = await http.post("/api/v1/nanobanana/generate-2", json=body, headers=KEY)
        await http.get(f"/simulator/tasks/{answer.json()['data']['taskId']}?until=done", timeout=BOUND)
        painters = children(process.pid)
        hang = http.post("/api/v1/nanobanana/generate-2", json={"prompt": "[[no-answer]]"}, headers=KEY)
        silent = asyncio.create_task(hang)
        async with asyncio.timeout(BOUND):
            while len((await http.get("/simulator/ledger")).json()["charges"]) < 2:
                pass
        process.send_signal(stop)
        assert await asyncio.wait_for(process.wait(), 10) == 0
        with pytest.raises(httpx.TransportError):
            await silent
        assert process.stdout is not None and await process.stdout.read() == b""
    assert painters and [child for child in painters if alive(child)] == []


async def test_painters_do_not_outlive_a_killed_server() -> None:
    async with running(**os.environ) as (process, url), httpx.AsyncClient(base_url=url, trust_env=False) as http:
        await http.post("/simulator/settings", json={"duration": 0})
        answer = await http.post("/api/v1/nanobanana/generate-2", json={"prompt": "a cat [[ok]]"}, headers=KEY)
        await http.get(f"/simulator/tasks/{answer.json()['data']['taskId']}?until=done", timeout=BOUND)
        painters = children(process.pid)
        process.kill()
        # The painters hold the standard output that they were born with: it ends when the last of them does.
        assert process.stdout is not None
        await asyncio.wait_for(process.stdout.read(), BOUND)
    assert painters and [child for child in painters if alive(child)] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("NANOBANANA_SIMULATOR_SPEED", "0"), ("NANOBANANA_SIMULATOR_SPEED", "fast"), ("NANOBANANA_SIMULATOR_SEED", "x")],
)
async def test_a_wrong_setting_is_a_sentence(name: str, value: str) -> None:
    status, said = await failed(*COMMAND, **{name: value})
    assert status == 2 and name in said and "Traceback" not in said


async def test_a_taken_port_is_a_sentence(address: str) -> None:
    status, said = await failed(*COMMAND[:-1], address.rpartition(":")[2])
    assert status == 1 and "cannot listen" in said and "Traceback" not in said


async def failed(*command: str, **environment: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *command, env=os.environ | environment, stderr=asyncio.subprocess.PIPE
    )
    _, said = await asyncio.wait_for(process.communicate(), BOUND)
    return process.returncode, said.decode()


def children(pid: int) -> list[int]:
    """The processes that a process started and that still run."""
    return [child for child, parent in processes().items() if parent == pid]


def alive(pid: int) -> bool:
    return pid in processes()


def processes() -> dict[int, int]:
    """The parent of every process, those left out that have ended and wait to be noticed."""
    lines = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = (line.split() for line in lines.splitlines())
    return {int(pid): int(parent) for pid, parent, state in rows if not state.startswith("Z")}
