"""A message of the system's is kept, whatever else happens while it is shown."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from tests.e2e.hands import PAINTED, cards, new_project, visit
from tests.e2e.outside import standing, told_by, worker_of
from tests.e2e.test_notices import HELD, id_of
from tests.e2e.test_queue_page import release
from tests.e2e.test_several_tabs import TURN
from tests.e2e.test_two_browsers import furnished
from tests.e2e.watched_page import WatchedPage, watch
from tests.running import Running
from tests.studio import eventually

# A message takes as long to be shown as the test says; noted is how many were being shown when messages were read.
SLOWLY = """
() => {
  const { showNotification: show, getNotifications: get } = ServiceWorkerRegistration.prototype
  let showing = 0
  window.__read = []
  window.__begun = false
  ServiceWorkerRegistration.prototype.showNotification = async function (...words) {
    showing += 1
    window.__begun = true
    await new Promise((go) => { window.__go = go })
    await show.apply(this, words)
    showing -= 1
  }
  ServiceWorkerRegistration.prototype.getNotifications = function (...which) {
    window.__read.push(showing)
    return get.apply(this, which)
  }
}
"""
WAITS = "navigator.locks.query().then(({ pending }) => pending.some(({ name }) => name === 'atelier:told'))"


@pytest.fixture
async def hidden(atelier: Running, chromium: Browser) -> AsyncIterator[WatchedPage]:
    """A tab that nobody looks at, in a browser that is told by its tabs."""
    context = await furnished(chromium, atelier, push=False)
    tab = await watch(await context.new_page(), atelier)
    await visit(tab, atelier.address)
    await tab.page.evaluate(TURN, "hidden")
    yield tab
    await context.close()


async def test_no_message_is_read_while_one_is_shown(hidden: WatchedPage) -> None:
    """Another picture ends meanwhile, so that the page looks what may be put away."""
    page = hidden.page
    project = id_of(await new_project(hidden))
    for number in range(2):
        await hidden.generate(f"a lighthouse, {number} {HELD}")
    processing = cards(hidden, "processing")
    await eventually(processing.count, lambda count: count == 2, PAINTED / 1000)
    ids = await processing.evaluate_all("(all) => all.map((card) => card.dataset.id)")
    tasks = (await hidden.atelier.simulator.get("/simulator/tasks")).json()["tasks"]
    first, second = [task["task_id"] for task in tasks if task["prompt"].startswith("a lighthouse, ")]
    worker = await worker_of(hidden)
    await page.evaluate(SLOWLY)
    await release(hidden.atelier, first)
    await eventually(lambda: page.evaluate("window.__begun"), bool, PAINTED / 1000)
    await release(hidden.atelier, second)
    await eventually(lambda: page.evaluate(f"{WAITS}.then((waits) => waits || window.__read.at(-1) > 0)"), bool)
    assert max(await page.evaluate("window.__read")) == 0
    await page.evaluate("window.__go()")
    keys = {f"{id}:1" for id in ids}
    told = await eventually(lambda: told_by(hidden), lambda told: bool(keys & told.keys()), PAINTED / 1000)
    assert {told[key] for key in keys & told.keys()} == {"system"}
    [message] = await standing(worker, project)
    assert set(message["data"]["outcomes"]) <= keys
    assert hidden.errors == []
