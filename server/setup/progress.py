"""Runs a command that takes long: shows that something happens, and what it said only where it fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType

LINES_SHOWN = 60
SECONDS_BETWEEN = 10.0
KILL_AFTER = 5.0


def run_long(
    title: str,
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    news: Callable[[str], str] = lambda line: "",
) -> None:
    """Run it, with what `news` makes of its lines behind the title. Ends this program where it fails or is stopped."""
    signal.signal(signal.SIGTERM, _stop)
    began = time.monotonic()
    try:
        # A group of its own, so that whatever it started can be stopped with it.
        with subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process:
            try:
                said = _follow(process, title, news)
            except BaseException:
                _end(process)
                raise
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        sys.exit(f"atelier: {command[0]}: {error.strerror}")
    if process.returncode:
        print(*said, sep="\n", file=sys.stderr)
        sys.exit(f"atelier: failed: {title} (exit status {process.returncode}; what it said last is above)")
    print(f"{title}: done in {time.monotonic() - began:.0f} s", flush=True)


def _follow(process: subprocess.Popen[bytes], title: str, news: Callable[[str], str]) -> deque[str]:
    """Read until it ends; the last lines."""
    said: deque[str] = deque(maxlen=LINES_SHOWN)
    latest = ""
    finished = threading.Event()
    began = time.monotonic()

    def tell() -> None:
        print(f"{title}…", flush=True)
        while not finished.wait(SECONDS_BETWEEN):
            print(f"{title}… {time.monotonic() - began:.0f} s {latest}".rstrip(), flush=True)

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    assert process.stdout is not None
    try:
        for raw in process.stdout:
            line = raw.decode(errors="replace").rstrip()
            said.append(line)
            latest = news(line) or latest
        process.wait()
    finally:
        finished.set()
        teller.join()
    return said


def _end(process: subprocess.Popen[bytes]) -> None:
    for order in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, order)
            process.wait(KILL_AFTER)
        except (ProcessLookupError, PermissionError):
            return
        except subprocess.TimeoutExpired:
            continue


def _stop(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)
