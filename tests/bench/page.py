"""The page with 200 pictures on it, in a real browser: how soon it shows what was asked and told, and what it holds.

`python -m tests.bench page [--only click,live,hour]`. *click*: from a click on Generate to the provisional card.
*live*: from an event of the live stream to its pixels. *hour*: 2,000 events of every kind, and the tab's memory.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from tests.bench.figures import Figure, print_table
from tests.bench.heap_snapshot import print_grown
from tests.bench.memory import growth, print_growth, print_samples
from tests.bench.page_hour import measure_hour
from tests.bench.page_moments import click_figures, measure_clicks, measure_news
from tests.bench.page_stage import Stage, open_stage

PARTS = ("click", "live", "hour")


async def main(words: Sequence[str]) -> None:
    """Measure what is asked for and print it."""
    wanted = _options().parse_args(words)
    async with open_stage(wanted.pictures) as stage:
        print(f"{len(stage.pictures)} pictures on the page", flush=True)
        figures: list[Figure] = []
        if "click" in wanted.only:
            figures += await _click(stage, wanted.clicks)
        if "live" in wanted.only:
            figures += await _live(stage, wanted.changes, wanted.generations)
        if figures:
            print_table([figure for figure in figures if figure.values])
        if "hour" in wanted.only:
            await _hour(stage, wanted.events)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench page", description=__doc__)
    parser.add_argument("--only", type=_parts, default=PARTS, help=f"some of {','.join(PARTS)}")
    for name, number in (("pictures", 200), ("clicks", 30), ("changes", 60), ("generations", 20), ("events", 2_000)):
        parser.add_argument(f"--{name}", type=int, default=number, help=f"how many; {number} unless told")
    return parser


def _parts(text: str) -> tuple[str, ...]:
    parts = tuple(text.split(","))
    if not set(parts) <= set(PARTS):
        raise argparse.ArgumentTypeError(f"{text} is not some of {','.join(PARTS)}")
    return parts


async def _click(stage: Stage, number: int) -> list[Figure]:
    found = await measure_clicks(stage, number)
    next_frame = sum(click.frame == 1 for click in found)
    print(f"clicks whose card was there in the next frame: {next_frame} of {len(found)}", flush=True)
    return click_figures(found)


async def _live(stage: Stage, changes: int, generations: int) -> list[Figure]:
    news = await measure_news(stage, changes, generations)
    longest = f", the longest {max(news.tasks):.0f} ms" if news.tasks else ""
    print(f"tasks of more than 50 ms while {len(news.seen)} changes came: {len(news.tasks)}{longest}", flush=True)
    return news.figures()


async def _hour(stage: Stage, events: int) -> None:
    hour = await measure_hour(stage, events)
    print_samples(hour.samples)
    print_growth(growth(hour.samples))
    print_grown(hour.warm, hour.end)
