"""An hour of work on one page, as quick as the machine allows: what the tab holds must not grow with what it saw."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import cycle, islice

from playwright.async_api import Page, expect

from tests.bench.heap_snapshot import Census
from tests.bench.memory import WARM, Sample, Scales
from tests.bench.page_stage import SOON, Stage
from tests.studio import jpeg

EVERY = 200
COLORS = ("teal", "tomato", "gold", "navy", "olive")

# Counts what the live stream told and the bytes of what was fetched, and keeps nothing.
COUNTER = """
(() => {
  window.__events = window.__fetched = 0;
  new PerformanceObserver((list) => {
    for (const { encodedBodySize } of list.getEntries()) window.__fetched += encodedBodySize;
  }).observe({ type: 'resource', buffered: true });
  window.WebSocket = class extends window.WebSocket {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', ({ data }) => {
        const { type, events } = JSON.parse(data);
        window.__events += type === 'event' ? 1 : type === 'replay' ? events.length : 0;
      });
    }
  };
})();
"""
# Playwright's own way holds on to the form for ever, and so would be the only leak there is.
CHOOSE = """
([name, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const chosen = new DataTransfer();
  chosen.items.add(new File([bytes], name, { type: 'image/jpeg' }));
  const input = document.querySelector('[data-testid=file-input]');
  input.files = chosen.files;
  input.dispatchEvent(new Event('change', { bubbles: true }));
}
"""


@dataclass
class Shift:
    """Somebody at work in this tab, and somebody else elsewhere."""

    stage: Stage
    page: Page
    turn: int = 0

    async def round(self) -> None:
        """A little of everything; afterwards the page shows the pictures of before."""
        self.turn += 1
        for work in ROUND:
            await work(self)
        if self.turn % 3 == 0:
            for work in NOW_AND_THEN:
                await work(self)
        await self.stage.restore(self.page)

    def some(self, number: int) -> list[str]:
        """So many of the pictures, others at each turn."""
        chosen = sorted(self.stage.pictures)
        start = self.turn * number % len(chosen)
        return list(islice(cycle(chosen), start, start + number))


Work = Callable[[Shift], Awaitable[None]]


async def generations_in_another_order(shift: Shift) -> None:
    """Four pictures wait, the last is put first, and all go through their phases."""
    person = shift.stage.person
    await person.act("/api/queue/pause")
    prompt = f"Somebody else's, number {shift.turn} [[ok]]"
    asked = await person.generate(shift.stage.scene.pictures, prompt, 4, aspect_ratio="3:2")
    await person.put_first([asked[-1]["id"]])
    await person.act("/api/queue/resume")


async def a_refusal(shift: Shift) -> None:
    """A picture that the provider does not make."""
    await shift.stage.person.generate(shift.stage.scene.pictures, f"Not liked, number {shift.turn} [[refuse]]")


async def own_generation(shift: Shift) -> None:
    """By the button of this tab."""
    await shift.page.get_by_test_id("prompt").fill(f"My own, number {shift.turn} [[ok]]")
    await shift.page.get_by_test_id("generate").click()


async def favourites(shift: Shift) -> None:
    """Some become favourites, and are none again."""
    for action in ("favor", "unfavor"):
        await shift.stage.person.change(shift.some(8), action)


async def trash_and_restore(shift: Shift) -> None:
    """Some are thrown away and taken back."""
    for action in ("trash", "restore"):
        await shift.stage.person.change(shift.some(5), action)


async def there_and_back(shift: Shift) -> None:
    """Some go into another project and come back."""
    scene = shift.stage.scene
    for project in (scene.empty, scene.pictures):
        await shift.stage.person.move(shift.some(4), project)


async def a_large_view(shift: Shift) -> None:
    """One picture is looked at."""
    await shift.page.get_by_test_id("view").nth(shift.turn % 5).click()
    await expect(shift.page.get_by_test_id("lightbox")).to_be_visible(timeout=SOON * 1000)
    await shift.page.keyboard.press("Escape")
    await expect(shift.page.get_by_test_id("lightbox")).to_have_count(0, timeout=SOON * 1000)


async def an_edit(shift: Shift) -> None:
    """A photograph is uploaded and made into another picture."""
    page = shift.page
    color = COLORS[shift.turn % len(COLORS)]
    photograph = base64.b64encode(jpeg(640 + shift.turn, 480, color)).decode()
    await page.evaluate(CHOOSE, [f"{shift.turn}.jpg", photograph])
    await expect(page.get_by_test_id("input-chip")).to_have_count(1, timeout=SOON * 1000)
    await own_generation(shift)
    await page.get_by_test_id("input-remove").click()
    await expect(page.get_by_test_id("input-chip")).to_have_count(0, timeout=SOON * 1000)


async def another_project(shift: Shift) -> None:
    """It is opened, and then this one again: every card is made anew."""
    scene = shift.stage.scene
    for project in (scene.states, scene.pictures):
        await shift.page.locator(f'a[href="/p/{project}"]').first.click()
        await shift.page.wait_for_url(f"**/p/{project}", timeout=SOON * 1000)


ROUND: tuple[Work, ...] = (
    generations_in_another_order,
    a_refusal,
    own_generation,
    favourites,
    trash_and_restore,
    there_and_back,
    a_large_view,
)
NOW_AND_THEN: tuple[Work, ...] = (an_edit, another_project)


@dataclass(frozen=True)
class Hour:
    """What the tab held, every `EVERY` events; and what that was made of when it was warm, and at the end."""

    samples: list[Sample]
    warm: Census
    end: Census


async def measure_hour(stage: Stage, events: int) -> Hour:
    """Work until the tab has heard so many live events, and `WARM` and a sample more at the least."""
    async with stage.tab(COUNTER) as page:
        scales = await Scales.open(stage.browser, page)
        shift = Shift(stage, page)
        samples = [await _weigh(scales, page)]
        while samples[-1].events < WARM:
            samples.append(await _next(scales, shift, samples[-1]))
        warm = await scales.census()
        samples.append(await _next(scales, shift, samples[-1]))
        while samples[-1].events < events:
            samples.append(await _next(scales, shift, samples[-1]))
        return Hour(samples, warm, await scales.census())


async def _next(scales: Scales, shift: Shift, last: Sample) -> Sample:
    while await _heard(shift.page) < last.events + EVERY:
        await shift.round()
    return await _weigh(scales, shift.page)


async def _weigh(scales: Scales, page: Page) -> Sample:
    return await scales.weigh(await _heard(page), int(await page.evaluate("window.__fetched")))


async def _heard(page: Page) -> int:
    return int(await page.evaluate("window.__events"))
