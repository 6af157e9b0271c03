"""`python -m tests.bench live [figure …] [--runs N] [--peers …]`: measures, and prints tables in Markdown."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from tests.bench.live.ceiling import Ceiling
from tests.bench.live.fan_out import FanOut
from tests.bench.live.figure import Figure, run
from tests.bench.live.herd import Herd
from tests.bench.live.idle import Idle
from tests.bench.live.peers.roster import PEERS
from tests.bench.live.road import Road
from tests.bench.live.rooms import Rooms
from tests.bench.live.slow import Slow
from tests.bench.live.stage import open_stage
from tests.bench.live.storm import Storm

FIGURES: dict[str, Figure] = {
    "ceiling": Ceiling(),
    "fan-out": FanOut(1_000),
    "fan-out-5000": FanOut(5_000),
    "rooms": Rooms(),
    "idle": Idle(),
    "storm": Storm(),
    "herd": Herd(),
    "slow": Slow(),
    "road": Road(),
}


async def main(words: Sequence[str]) -> None:
    """Measure the figures that are named, all unless told."""
    wanted = _options().parse_args(words)
    peers = [PEERS[name] for name in wanted.peers]
    async with open_stage() as stage:
        for name in wanted.figures or FIGURES:
            print(await run(FIGURES[name], stage, peers, wanted.runs), flush=True)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench live", description=__doc__)
    parser.add_argument("figures", nargs="*", type=_figure, help=f"some of {', '.join(FIGURES)}; all unless told")
    parser.add_argument("--runs", type=int, default=3, help="how often each is measured, in turn; 3 unless told")
    parser.add_argument("--peers", type=_peers, default=tuple(PEERS), help=f"some of {','.join(PEERS)}, or none")
    return parser


def _figure(name: str) -> str:
    if name not in FIGURES:
        raise argparse.ArgumentTypeError(f"{name} is not one of {', '.join(FIGURES)}")
    return name


def _peers(text: str) -> tuple[str, ...]:
    names = () if text == "none" else tuple(text.split(","))
    if not set(names) <= set(PEERS):
        raise argparse.ArgumentTypeError(f"{text} is not some of {','.join(PEERS)}")
    return names
