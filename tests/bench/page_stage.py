"""A running Atelier with a project full of pictures, and real tabs that show all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from playwright.async_api import Browser, Page, async_playwright

from tests.audit.scene import FINISHED, PATIENCE, Entity, Maker, Scene, fill
from tests.audit.views import go, live
from tests.bench.path import FLAGS
from tests.chromium import find_chromium
from tests.running import FRESH, ROOT, Running, running
from tests.studio import eventually

EMAIL = "bench@example.org"
GENEROUS = {
    "GENERATION_RATE": "10000",
    "WRITE_RATE": "10000",
    "UPLOAD_RATE": "10000",
    "NANOBANANA_SIMULATOR_SPEED": "12",
}
CALM = {"failure_rates": {"never": 0, "flag_3": 0, "flag_2": 0}, "duration": 0.2}
SOON = 60.0

# Pictures are fetched when they come near the window: each is brought there for a frame.
LOOK_AT_ALL = """
async () => {
  for (const card of document.querySelectorAll('[data-testid=card]')) {
    card.scrollIntoView({ block: 'center', behavior: 'instant' });
    await new Promise(requestAnimationFrame);
  }
  scrollTo({ top: 0, behavior: 'instant' });
}
"""
ALL_DRAWN = """
() => [...document.querySelectorAll('[data-testid=card] .card-picture')]
  .every((picture) => picture.complete && picture.naturalWidth)
"""
IN_SIGHT = """
() => {
  const below = document.querySelector('[data-testid=composer]').getBoundingClientRect().top;
  return [...document.querySelectorAll('[data-testid=card]')]
    .filter((card) => {
      const { top, bottom } = card.getBoundingClientRect();
      return top > 0 && bottom < below;
    })
    .map((card) => card.dataset.id);
}
"""
NOTHING_ASKED = "() => !document.querySelector('[data-status=provisional], [data-status=uploading]')"
SHOWS = """
(number) => document.querySelectorAll('[data-testid=card]').length === number
  && document.querySelectorAll('[data-testid=card][data-status=completed]').length === number
"""


class Person(Maker):
    """Asks for what a person does to pictures, with that person's key."""

    async def images(self, project: str) -> list[Entity]:
        """The pictures of a project, 500 at most."""
        answer = await self._http.get(f"/api/projects/{project}/images", params={"limit": 500})
        answer.raise_for_status()
        found: list[Entity] = answer.json()["items"]
        return found

    async def move(self, ids: Sequence[str], project: str) -> None:
        """Into another project."""
        await self._post("/api/images/changes", json={"ids": list(ids), "action": "move", "project": project})

    async def put_first(self, ids: Sequence[str]) -> None:
        """To the front of the queue."""
        await self._post("/api/queue/order", json={"ids": list(ids)})

    async def remove(self, ids: Sequence[str]) -> None:
        """To the trash and out of it for ever."""
        await self.change(list(ids), "trash")
        left = set(ids)

        async def purge() -> set[str]:
            gone = await self._post("/api/trash/purge", json={"ids": list(left)})
            left.difference_update(gone["ids"])
            return left

        # What the provider is still asked about is kept a moment longer.
        await eventually(purge, lambda kept: not kept, SOON)


@dataclass(frozen=True)
class Stage:
    """The parts, the person, and the pictures that are on the page before and after everything."""

    atelier: Running
    browser: Browser
    person: Person
    scene: Scene
    pictures: frozenset[str]

    @asynccontextmanager
    async def tab(self, script: str) -> AsyncIterator[Page]:
        """A tab that shows every picture, each of them drawn; `script` runs in it before the page's own."""
        context = await self.browser.new_context(locale="en-US", viewport={"width": 1280, "height": 900})
        try:
            page = await context.new_page()
            await page.add_init_script(script)
            await page.goto(await self.atelier.link(self.scene.email))
            await live(page)
            await go(page, f"/p/{self.scene.pictures}")
            await self._show_all(page)
            yield page
        finally:
            await context.close()

    async def _show_all(self, page: Page) -> None:
        cards = page.get_by_test_id("card")

        async def shown() -> int:
            # By the page: a card may be drawn anew while Playwright waits for it to stand still.
            await page.evaluate("() => scrollTo({ top: document.body.scrollHeight, behavior: 'instant' })")
            return await cards.count()

        await eventually(shown, lambda number: number == len(self.pictures), SOON)
        await page.evaluate(LOOK_AT_ALL)
        await page.wait_for_function(ALL_DRAWN, polling=100, timeout=SOON * 1000)

    async def in_sight(self, page: Page) -> list[str]:
        """The pictures that can be seen whole without scrolling."""
        found: list[str] = await page.evaluate(IN_SIGHT)
        return [id for id in found if id in self.pictures]

    async def restore(self, page: Page) -> None:
        """Remove what was made, once it is finished, and wait until the page shows those of before alone."""
        await page.wait_for_function(NOTHING_ASKED, polling=50, timeout=SOON * 1000)
        made = await eventually(self._made, _finished, PATIENCE)
        if made:
            await self.person.remove([image["id"] for image in made])
        await page.wait_for_function(SHOWS, arg=len(self.pictures), polling=50, timeout=SOON * 1000)

    async def _made(self) -> list[Entity]:
        found = await self.person.images(self.scene.pictures)
        return [image for image in found if image["id"] not in self.pictures]


def _finished(images: list[Entity]) -> bool:
    return all(image["status"] in FINISHED for image in images)


@asynccontextmanager
async def open_stage(pictures: int) -> AsyncIterator[Stage]:
    """Start everything and make the pictures. Ends the program with one sentence where there is no Chromium."""
    found = find_chromium()
    if found is None:
        raise SystemExit("Chromium is missing: install it with `apt-get install chromium`, or set CHROMIUM.")
    async with running(ROOT, **GENEROUS) as atelier, async_playwright() as playwright:
        await atelier.simulate(**CALM)
        scene = await fill(atelier, EMAIL, pictures)
        browser = await playwright.chromium.launch(executable_path=found, args=FLAGS)
        async with _http(atelier, await atelier.key(EMAIL)) as http:
            person = Person(http)
            await _resume(person, scene)
            there = frozenset(image["id"] for image in await person.images(scene.pictures))
            yield Stage(atelier, browser, person, scene, there)
        await browser.close()


def _http(atelier: Running, key: str) -> httpx.AsyncClient:
    headers: dict[str, Any] = {"Authorization": f"Bearer {key}"}
    return httpx.AsyncClient(base_url=atelier.address, headers=headers, timeout=60, limits=FRESH)


async def _resume(person: Person, scene: Scene) -> None:
    """The scene leaves the queue paused, with some that wait in it."""
    waiting = [image for image in await person.images(scene.states) if image["status"] == "pending"]
    await person.act("/api/queue/resume")
    for image in waiting:
        await person.rest(image, "completed")
