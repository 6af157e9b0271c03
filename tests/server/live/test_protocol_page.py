"""The page about the protocol says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from server.live import frames, session
from server.live.client_frames import MAX_MESSAGE
from server.live.close_codes import CloseCode
from server.live.endpoint import SUBPROTOCOL
from server.live.hub import MAX_SOCKETS
from server.live.past import KEPT_COUNT

PAGE = (Path(__file__).parents[3] / "docs" / "live-protocol.md").read_text()


def test_every_close_code_is_listed_and_no_other() -> None:
    listed = re.findall(r"^\| (\d{4}) \| `([A-Z_]+)` \|", PAGE, re.MULTILINE)
    assert {(int(number), name) for number, name in listed} == {(int(code), code.name) for code in CloseCode}


def test_come_back_or_stay_away_is_told_rightly() -> None:
    for line in PAGE.splitlines():
        if match := re.match(r"^\| (4\d{3}) \| .* \| (yes|no) \|", line):
            assert (match[2] == "yes") == (int(match[1]) < 4500), line


def test_every_frame_is_listed() -> None:
    listed = set(re.findall(r"^\| (?:client|server) \| `(\w+)`", PAGE, re.MULTILINE))
    named = {"hello"}
    passing = (frames.Beat, frames.QueueFrame, frames.Goodbye)
    for shape in (frames.Replay, frames.Catchup, frames.Reset, frames.ImageChanged, *passing):
        named |= set(shape.model_fields["type"].annotation.__args__)  # type: ignore[union-attr]
    assert listed == named


def test_the_limits_are_the_real_ones() -> None:
    assert f"`{SUBPROTOCOL}`" in PAGE
    assert f"{MAX_SOCKETS} sockets" in PAGE
    assert f"{MAX_MESSAGE // 1024} KiB" in PAGE
    assert f"{KEPT_COUNT:,} events" in PAGE
    assert f"{session.CLIENT_RATE.limit} frames in {session.CLIENT_RATE.window:g} s" in PAGE
