"""What a person waits for on a page full of pictures: the card of a click, and what the live stream tells."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from uuid import uuid4

from playwright.async_api import Page

from tests.bench.figures import Figure
from tests.bench.page_probe import (
    PROBE,
    Click,
    Seen,
    clicks,
    forget_long_tasks,
    granted,
    long_tasks,
    presented,
    wish,
)
from tests.bench.page_stage import Stage

SOON = 20_000
AIM = "50"
NO_AIM = "none set"


@dataclass
class News:
    """Milliseconds of everything that the live stream told; `tasks` are those of tasks of more than 50 ms."""

    seen: list[Seen] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)
    presented: list[float] = field(default_factory=list)
    tasks: list[float] = field(default_factory=list)

    def took(self, *whats: str) -> list[float]:
        """From the event to the pixels."""
        return [one.took for one in self.seen if one.what in whats]

    def figures(self) -> list[Figure]:
        """As rows of the table."""
        return [
            Figure("live event to a heart that comes or goes", self.took("heart", "no heart"), AIM),
            Figure("live event to a new card", self.took("card"), AIM),
            Figure("the same, on the screen by Element Timing", self.presented, AIM),
            Figure("live event to a card shown as completed", self.took("completed"), AIM),
            Figure("live event to its picture, fetched and decoded", self.took("picture"), NO_AIM),
            Figure("live event to a card gone", self.took("gone"), AIM),
            Figure("request of another client to a heart", self.asked, NO_AIM),
        ]


async def measure_clicks(stage: Stage, number: int) -> list[Click]:
    """Click on Generate so many times, each on a page that shows the pictures of before."""
    async with stage.tab(PROBE) as page:
        # The first one warms the parts up and does not count.
        for turn in range(number + 1):
            await page.get_by_test_id("prompt").fill(f"A click, number {turn} [[ok]]")
            await page.get_by_test_id("generate").click()
            await page.wait_for_function("() => __probe.clicks.at(-1)?.painted", polling=50, timeout=SOON)
            await stage.restore(page)
        return (await clicks(page))[1:]


async def measure_news(stage: Stage, changes: int, generations: int) -> News:
    """Have somebody else favour pictures, make some, and take them away again; this tab only looks."""
    news = News()
    async with stage.tab(PROBE) as page:
        await _change(stage, page, News(), 2)
        await _generate(stage, page, News(), 1)
        await forget_long_tasks(page)
        await _change(stage, page, news, changes)
        await _generate(stage, page, news, generations)
        news.presented = await presented(page, news.seen)
        news.tasks = await long_tasks(page)
    return news


async def _change(stage: Stage, page: Page, news: News, number: int) -> None:
    """Favour pictures that are in sight, one after the other, and at the next round no longer."""
    hearts = {image["id"] for image in await stage.person.images(stage.scene.pictures) if image["favorite"]}
    in_sight = await stage.in_sight(page)
    for turn in range(number):
        id = in_sight[turn % len(in_sight)]
        await wish(page, id, "no heart" if id in hearts else "heart")
        began = time.time() * 1000
        await stage.person.change([id], "unfavor" if id in hearts else "favor")
        [seen] = await granted(page)
        hearts ^= {id}
        news.seen.append(seen)
        news.asked.append(seen.painted_epoch - began)


async def _generate(stage: Stage, page: Page, news: News, number: int) -> None:
    for turn in range(number):
        batch = str(uuid4())
        await wish(page, batch, "card", "completed", "picture")
        [image] = await stage.person.generate(stage.scene.pictures, f"Some news, number {turn} [[ok]]", batch=batch)
        news.seen += await granted(page)
        await wish(page, image["id"], "gone")
        await stage.person.remove([image["id"]])
        news.seen += await granted(page)


def click_figures(found: list[Click]) -> list[Figure]:
    """As rows of the table."""
    return [
        Figure("click to the provisional card", [click.painted for click in found], "the next frame"),
        Figure("the same, on the screen by Event Timing", [click.presented for click in found], NO_AIM),
    ]
