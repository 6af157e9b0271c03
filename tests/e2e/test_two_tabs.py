"""The main job in real browsers: what one tab does, every tab sees, with nothing asked of the server."""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import dataclass

from playwright.async_api import expect

from tests.e2e.camera import camera_jpeg
from tests.e2e.conftest import IdleTab, OpenTab
from tests.e2e.watched_page import WatchedPage
from tests.running import Running

GENERATION_PHASES = ["pending", "submitting", "processing", "saving", "completed"]
# Milliseconds that a picture is looked at before it is seen.
SEEN_AFTER = 1_500


async def test_a_photograph_is_uploaded_generated_and_seen_in_every_tab(atelier: Running, open_tab: OpenTab) -> None:
    a, b = await open_tab(), await open_tab()
    before = len(await atelier.charges())
    await a.page.get_by_test_id("file-input").set_input_files(
        {"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": camera_jpeg()}
    )
    await expect(a.page.get_by_test_id("input-chip")).to_have_count(1)
    await expect(b.page.locator('[data-testid=card][data-status="completed"]').first).to_be_visible(timeout=20_000)
    a.forget()
    b.forget()
    await atelier.simulate(duration=4.0)
    batch = await a.generate("at night, in watercolour")
    await expect(b.card(batch, "processing")).to_be_visible(timeout=10_000)
    c = await open_tab()
    await expect(c.card(batch, "processing")).to_be_visible(timeout=10_000)
    for tab in (a, b, c):
        await tab.completed(batch)
        await expect(tab.page.get_by_test_id("toast")).to_be_visible()
        # The picture itself has arrived, not only its frame.
        await expect(tab.card(batch, "completed").locator("img")).to_have_js_property("complete", True)
    await atelier.simulate(duration=None)

    # The first tab saw its own provisional card before the server had answered.
    assert (await a.phases(batch))[0] in ("provisional", "uploading")
    for tab in (a, b):
        phases = [phase for phase in await tab.phases(batch) if phase not in ("provisional", "uploading")]
        assert [phase for phase in phases if phase in GENERATION_PHASES] == phases
        assert phases == sorted(phases, key=GENERATION_PHASES.index)
        assert {"processing", "completed"} <= set(phases)
        assert len(await tab.toasts()) == 1
        assert tab.loads == 1
        assert tab.errors == []
    assert len(await c.toasts()) == 1
    assert [line.split("/")[-1] for line in a.asked()] == ["generations"]
    assert b.asked() == []
    # That it was seen is told later, once somebody can have looked at it.
    for tab in (a, b):
        [(_, told_at)] = (await tab.seen())["toasts"]
        assert all(at >= told_at + SEEN_AFTER for at in await tab.marked_at())
    ratio = await b.card(batch, "completed").locator("img").evaluate("img => img.naturalWidth / img.naturalHeight")
    assert 0.7 < ratio < 0.8, "the ratio of the upright photograph"
    assert len(await atelier.charges()) == before + 1


HOUR = 3600.0
# What a bar shows in each phase, in percent.
SPANS = {"pending": (0, 5), "submitting": (5, 9), "processing": (10, 93), "saving": (93, 95)}
AN_HOUR_AHEAD = """
(() => {
  const True = Date
  const now = () => True.now() + 3_600_000
  window.Date = class extends True {
    constructor(...parts) { parts.length ? super(...parts) : super(now()) }
    static now() { return now() }
  }
})()
"""


async def test_two_clocks_an_hour_apart_draw_the_same_bar(atelier: Running, open_tab: OpenTab) -> None:
    a, b = await open_tab(), await open_tab()
    # Of Playwright's own clock the times come late on a busy machine: by more than the bars may differ.
    await b.page.add_init_script(AN_HOUR_AHEAD)
    await b.page.reload()
    await b.live()
    # A large picture takes long by all that is known: the bar is slow, and a late frame of a busy machine is no error.
    await a.page.get_by_test_id("options").click()
    await a.page.get_by_test_id("resolution-4K").click()
    await a.page.keyboard.press("Escape")
    await atelier.simulate(duration=6.0)
    batch = await a.generate("the same bar [[small]]")
    await a.completed(batch)
    await b.completed(batch)
    await atelier.simulate(duration=None)
    one, other = await _bar(a, batch), await _bar(b, batch)
    for bar in (one, other):
        values = [point.value for point in bar]
        assert values == sorted(values), "it never goes back"
        assert max(values) <= 95, "it is not full before the picture is stored"
        for point in bar:
            low, high = SPANS[point.state]
            assert low <= point.value <= high, f"a share of another phase: {point}"
    one, other = _changes(one), _changes(other)
    differences = [abs(point.value - value) for point in one if (value := _at(other, point)) is not None]
    assert len(differences) > 10
    assert max(differences) <= 2, f"the bars differ by {max(differences):.1f} points: {one} and {other}"


@dataclass(frozen=True)
class Point:
    """A look at the bar: the true time in seconds, the percentage, and the phase."""

    at: float
    value: float
    state: str


async def _bar(tab: WatchedPage, batch: str) -> list[Point]:
    """What the bar showed whenever the page changed."""
    seen = await tab.seen()
    ids = {id for id, of, _ in seen["cards"] if of == batch}
    skew = await tab.page.evaluate("Date.now() / 1000") - time.time()
    ahead = HOUR if skew > HOUR / 2 else 0.0
    shown = [Point(at / 1000 - ahead, value, state) for id, value, at, state in seen["progress"] if id in ids]
    return [point for point in shown if point.state in SPANS]


def _changes(bar: list[Point]) -> list[Point]:
    return [after for before, after in itertools.pairwise(bar) if before.value != after.value]


def _at(bar: list[Point], wanted: Point) -> float | None:
    """The bar's value at that point's moment, or None where it was in another phase: its news came a little later."""
    for before, after in itertools.pairwise(bar):
        if before.at <= wanted.at <= after.at and before.state == after.state == wanted.state:
            share = (wanted.at - before.at) / max(after.at - before.at, 1e-9)
            return before.value + (after.value - before.value) * share
    return None


async def test_an_idle_minute_asks_nothing(idle_tab: IdleTab) -> None:
    # Here time itself is what is tested; most of it has passed beside the tests before.
    await asyncio.sleep(max(0.0, idle_tab.since + 60 - time.monotonic()))
    assert [request.url for request in idle_tab.tab.requests] == []
    await idle_tab.tab.live()
