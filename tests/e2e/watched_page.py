"""A tab whose requests, cards and toasts are written down as they happen."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Page, Request, expect

from tests.running import Running

# What a page asks for without anybody's doing: picture files, one word once a new picture was looked at, and one once
# an ending was told here, so that nothing else tells it.
BY_ITSELF = re.compile(r"GET /api/images/[^/]+/file/\w+|PUT /api/projects/[^/]+/read-mark|POST /api/notices/shown")
MARKED_AT = """
performance.getEntriesByType('resource')
  .filter(({ name }) => name.endsWith('/read-mark'))
  .map(({ startTime }) => startTime)
"""

# Notes every state a card is ever in, and every toast, from the page's own point of view.
OBSERVER = """
(() => {
  const seen = { cards: [], toasts: [], progress: [] };
  window.__seen = seen;
  const last = new WeakMap();
  const note = () => {
    for (const card of document.querySelectorAll('[data-testid=card]')) {
      const key = (card.dataset.batch || '') + '/' + (card.dataset.position || '') ;
      const id = card.dataset.id || key;
      const state = card.dataset.status;
      if (last.get(card) !== state) { last.set(card, state); seen.cards.push([id, card.dataset.batch, state]); }
      if (card.dataset.progress !== undefined)
        seen.progress.push([id, Number(card.dataset.progress), Date.now(), state]);
    }
    for (const toast of document.querySelectorAll('[data-testid=toast]'))
      if (!last.has(toast)) { last.set(toast, true); seen.toasts.push([toast.textContent, performance.now()]); }
  };
  new MutationObserver(note).observe(document, { subtree: true, childList: true, attributes: true });
})();
"""


@dataclass
class WatchedPage:
    """A page and what was seen of it."""

    page: Page
    atelier: Running
    requests: list[Request] = field(default_factory=list)
    loads: int = 0
    errors: list[str] = field(default_factory=list)

    async def live(self) -> None:
        """Wait until the stream stands."""
        await expect(self.page.get_by_test_id("live-dot")).to_have_attribute("data-state", "live", timeout=20_000)

    async def seen(self) -> dict[str, list[Any]]:
        """What the observer wrote down."""
        seen: dict[str, list[Any]] = await self.page.evaluate("window.__seen")
        return seen

    async def phases(self, batch: str) -> list[str]:
        """Every state of the cards of one request, in order, without repeats in a row."""
        states = [state for _, of, state in (await self.seen())["cards"] if of == batch]
        return [state for i, state in enumerate(states) if i == 0 or states[i - 1] != state]

    async def toasts(self) -> list[str]:
        """The text of every toast there ever was."""
        return [text for text, _ in (await self.seen())["toasts"]]

    async def generate(self, prompt: str) -> str:
        """Type a prompt, click Generate; the request's batch."""
        await self.page.get_by_test_id("prompt").fill(prompt)
        async with self.page.expect_request(re.compile(r"/generations$")) as asked:
            await self.page.get_by_test_id("generate").click()
        sent = (await asked.value).post_data_json
        assert isinstance(sent, dict)
        return str(sent["batch"])

    def card(self, batch: str, status: str) -> Any:
        """The request's card, once in that state."""
        return self.page.locator(f'[data-testid=card][data-batch="{batch}"][data-status="{status}"]')

    async def completed(self, batch: str, timeout: float = 30_000) -> None:
        """Wait until the picture is there."""
        await expect(self.card(batch, "completed").first).to_be_visible(timeout=timeout)

    def forget(self) -> None:
        """Count requests from here on."""
        self.requests.clear()

    def asked(self) -> list[str]:
        """Method and path of every request since, but for picture files and read marks."""
        asked = [f"{request.method} {path_of(request.url)}" for request in self.requests]
        return [line for line in asked if not BY_ITSELF.fullmatch(line)]

    async def marked_at(self) -> list[float]:
        """When this page told that a picture was seen: milliseconds since it was opened, as those of its toasts."""
        times: list[float] = await self.page.evaluate(MARKED_AT)
        return times


def path_of(url: str) -> str:
    """The path of a URL, without its query."""
    return re.sub(r"^https?://[^/]+", "", url).split("?")[0]


async def watch(page: Page, atelier: Running) -> WatchedPage:
    """Watch a page from its first byte on."""
    watched = WatchedPage(page, atelier)
    await page.add_init_script(OBSERVER)

    def note(request: Request) -> None:
        if request.url.startswith("http"):
            watched.requests.append(request)

    def loaded(_: Page) -> None:
        watched.loads += 1

    page.on("request", note)
    page.on("load", loaded)
    page.on("pageerror", lambda error: watched.errors.append(str(error)))
    return watched
