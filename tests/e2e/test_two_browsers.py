"""One person at two browsers: each outcome is told once where they are, and a hidden tab asks what the server knows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Response, Route, expect

from tests.e2e.conftest import AS_USUAL
from tests.e2e.hands import PAINTED, QUICK, SOON, cards, new_project, visit
from tests.e2e.outside import ALLOWED, MESSAGES, furnish, messages, standing, told_by, worker_of
from tests.e2e.test_notices import HELD, READY, Place, switch_on
from tests.e2e.test_queue_page import many, notice, operate, release
from tests.e2e.test_several_tabs import TURN, asked
from tests.e2e.watched_page import WatchedPage, watch
from tests.running import Running
from tests.studio import eventually

PERSON = "at-both@example.org"
ASKED = "**/api/notices/untold"
LOW = "NanoBanana has no credits left"


@dataclass
class Both:
    """A tab where a picture is being made, in front; and a tab of another browser, that nobody looks at."""

    here: Place
    there: WatchedPage

    async def heard(self, key: str | None = None) -> str:
        """Wait until the browser over there was told, in whatever way; how it was."""
        sought = key or self.here.key
        told = await eventually(lambda: told_by(self.there), lambda found: sought in found, PAINTED / 1000)
        return told[sought]

    async def counts(self) -> list[tuple[int, int]]:
        """Here and there: how many toasts, and how many messages of the system's."""
        return [(len(await tab.toasts()), len(await messages(tab))) for tab in (self.here.tab, self.there)]


async def furnished(chromium: Browser, atelier: Running, push: bool) -> BrowserContext:
    """A browser in which it was switched on; without a push service it is no device of the server's."""
    context = await chromium.new_context(**{**AS_USUAL, **ALLOWED})
    if push:
        await furnish(context)
    else:
        await context.add_init_script(MESSAGES)
    tab = await watch(await context.new_page(), atelier)
    await tab.page.goto(await atelier.link(PERSON))
    await tab.live()
    await worker_of(tab)
    await switch_on(tab)
    await tab.page.goto("about:blank")
    return context


@pytest.fixture(scope="module")
async def browsers(atelier: Running, chromium: Browser) -> AsyncIterator[tuple[BrowserContext, BrowserContext]]:
    """One that is told by pushes, and one that tells only as long as a tab is open."""
    both = (await furnished(chromium, atelier, push=True), await furnished(chromium, atelier, push=False))
    yield both
    for context in both:
        await context.close()


@pytest.fixture
async def both(atelier: Running, browsers: tuple[BrowserContext, BrowserContext]) -> AsyncIterator[Both]:
    """A tab in each."""
    tabs = [await watch(await context.new_page(), atelier) for context in browsers]
    for tab in tabs:
        await visit(tab, atelier.address)
    here, there = tabs
    address = await new_project(here)
    await there.page.evaluate(TURN, "hidden")
    await here.generate(f"a lighthouse {HELD}")
    making = cards(here, "processing")
    await expect(making).to_have_count(1, timeout=PAINTED)
    yield Both(Place(here, address, str(await making.get_attribute("data-id"))), there)
    for context, tab in zip(browsers, tabs, strict=True):
        await context.set_offline(False)
        await tab.page.close()


Row = Callable[[Both], Awaitable[None]]
SITUATIONS: dict[str, Row] = {}


def situation(row: Row) -> Row:
    SITUATIONS[row.__name__.replace("_", "-")] = row
    return row


@situation
async def in_front_here_and_hidden_there(both: Both) -> None:
    await both.here.ends()
    await expect(both.here.tab.page.get_by_test_id("toast")).to_contain_text(READY, timeout=PAINTED)
    assert await both.heard() == "elsewhere"
    assert await both.counts() == [(1, 0), (0, 0)]
    # Nor does a tab say it that is looked at again.
    await both.there.page.evaluate(TURN, "visible")
    await expect(both.there.page.get_by_test_id("bell")).to_be_visible()
    assert await both.counts() == [(1, 0), (0, 0)]


@situation
async def looking_at_it_here_and_hidden_there(both: Both) -> None:
    await visit(both.here.tab, f"{both.here.address}/i/{both.here.image}")
    await expect(both.here.tab.page.get_by_test_id("lightbox")).to_be_visible(timeout=SOON)
    await both.here.ends()
    assert await both.heard() == "elsewhere"
    assert await both.counts() == [(0, 0), (0, 0)]


@situation
async def hidden_in_both(both: Both) -> None:
    await both.here.tab.page.evaluate(TURN, "hidden")
    await both.here.ends()
    assert await both.heard() == "system"
    await eventually(lambda: messages(both.here.tab), bool, PAINTED / 1000)
    assert await both.counts() == [(0, 1), (0, 1)]
    # Seen in one of them, nothing of it is left in the other.
    await both.here.tab.page.evaluate(TURN, "visible")
    worker = await worker_of(both.there)
    await eventually(lambda: standing(worker, both.here.project), lambda found: not found)


@situation
async def in_front_in_both(both: Both) -> None:
    await both.there.page.evaluate(TURN, "visible")
    await both.here.ends()
    for tab in (both.here.tab, both.there):
        await expect(tab.page.get_by_test_id("toast")).to_contain_text(READY, timeout=PAINTED)
    assert await both.heard() == "toast"
    assert await both.counts() == [(1, 0), (1, 0)]


@situation
async def closed_here_and_hidden_there(both: Both) -> None:
    await both.here.tab.page.close()
    await both.here.ends()
    assert await both.heard() == "system"
    worker = await worker_of(both.there)
    [message] = await standing(worker, both.here.project)
    assert (message["title"], message["data"]["outcomes"]) == (READY, [both.here.key])
    assert await both.there.toasts() == []


@situation
async def offline_there_while_it_is_told_here(both: Both) -> None:
    await both.there.page.context.set_offline(True)
    await expect(both.there.page.get_by_test_id("live-dot")).to_have_attribute("data-state", "offline", timeout=SOON)
    await both.here.ends()
    await expect(both.here.tab.page.get_by_test_id("toast")).to_contain_text(READY, timeout=PAINTED)
    await eventually(lambda: known_as_shown(both), bool, PAINTED / 1000)
    await both.there.page.context.set_offline(False)
    assert await both.heard() == "elsewhere"
    assert await both.counts() == [(1, 0), (0, 0)]


@situation
async def without_an_answer_it_is_told_late_and_once(both: Both) -> None:
    refused: list[str] = []

    async def refuse(route: Route) -> None:
        refused.append(route.request.url)
        await route.abort()

    await both.there.page.route(ASKED, refuse, times=1)
    await both.here.tab.page.close()
    await both.here.ends()
    assert await both.heard() == "system"
    assert (len(refused), len(await messages(both.there))) == (1, 1)


async def known_as_shown(both: Both) -> bool:
    """Whether the server has it that a tab in front has told it."""
    answer = await both.here.tab.page.request.post(
        f"{both.here.tab.atelier.address}/api/notices/untold",
        data={"outcomes": [both.here.key], "device": None, "language": "en"},
        headers={"origin": both.here.tab.atelier.address},
    )
    return both.here.key in (await answer.json())["elsewhere"]


@pytest.mark.parametrize("row", SITUATIONS.values(), ids=SITUATIONS)
async def test_each_outcome_is_told_once_in_each_place_where_it_should_be(both: Both, row: Row) -> None:
    await row(both)
    assert (both.here.tab.errors, both.there.errors) == ([], [])


@pytest.fixture
async def batches_alone(both: Both) -> AsyncIterator[None]:
    """The person wants to be told of whole requests, and of nothing else."""
    choices = await asked(both.here.tab, "/api/notice-choices")
    await choose(both, {**choices, "on": ["batch"]})
    yield
    await choose(both, choices)


async def choose(both: Both, choices: Any) -> None:
    tab = both.here.tab
    address, headers = f"{tab.atelier.address}/api/notice-choices", {"origin": tab.atelier.address}
    answer = await tab.page.request.put(address, data=choices, headers=headers)
    assert answer.ok, await answer.text()


async def test_a_hidden_tab_tells_of_a_batch_once_all_of_it_has_ended(both: Both, batches_alone: None) -> None:
    """It shows another project, and hears of one picture at a time."""
    here, there = both.here.tab, both.there
    await many(here, 2)
    batch = await here.generate(f"two of them {HELD}")
    await expect(here.card(batch, "processing")).to_have_count(2, timeout=PAINTED)
    ids = await here.card(batch, "processing").evaluate_all("(all) => all.map((card) => card.dataset.id)")
    tasks = (await here.atelier.simulator.get("/simulator/tasks")).json()["tasks"]
    first, second = [task["task_id"] for task in tasks if task["prompt"].startswith("two of them")]
    await here.page.close()
    async with there.page.expect_response(ASKED, timeout=PAINTED) as answered:
        await release(here.atelier, first)
    assert (await (await answered.value).json())["messages"] == []
    await release(here.atelier, second)
    worker = await worker_of(there)
    [message] = await eventually(lambda: standing(worker, both.here.project), bool, PAINTED / 1000)
    assert message["title"] == "All 2 pictures are done"
    assert sorted(message["data"]["outcomes"]) == sorted(f"{id}:1" for id in ids)
    assert len(await messages(there)) == 1
    await both.here.ends()


@pytest.fixture
async def afterwards_all_is_well(both: Both) -> AsyncIterator[None]:
    """Whatever becomes of the test: others share the provider."""
    yield
    await mend(both)
    await both.here.ends()


async def mend(both: Both) -> None:
    """There are credits again."""
    atelier = both.here.tab.atelier
    await atelier.simulate(outage=None)
    await operate(atelier, "resume")
    await expect(notice(both.here.tab)).to_have_count(0, timeout=PAINTED)


def asks_of_credits(response: Response) -> bool:
    """Whether it is the answer to that question: pictures end beside it."""
    return response.url.endswith("/api/notices/untold") and "credits:" in (response.request.post_data or "")


async def test_that_credits_ran_out_is_told_by_a_hidden_tab_and_by_none_where_it_stands_in_front(
    both: Both, afterwards_all_is_well: None
) -> None:
    here, there = both.here.tab, both.there
    await here.page.evaluate(TURN, "hidden")
    await here.atelier.simulate(outage={"kind": "code-402", "seconds": 600})
    await here.generate(f"later {QUICK}")
    for tab in (here, there):
        await eventually(lambda tab=tab: messages(tab), bool, PAINTED / 1000)  # type: ignore[misc]
        assert await messages(tab) == [LOW]
    [message] = await eventually(lambda: standing_of(there, "credits"), bool)
    assert message["data"]["url"] == "/"
    await mend(both)
    for tab in (here, there):
        await eventually(lambda tab=tab: standing_of(tab, "credits"), lambda found: not found)  # type: ignore[misc]

    # The next stop, with the line of a tab in front.
    await here.page.evaluate(TURN, "visible")
    await here.atelier.simulate(outage={"kind": "code-402", "seconds": 600})
    async with there.page.expect_response(asks_of_credits, timeout=PAINTED) as answered:
        await here.generate(f"later still {QUICK}")
        await expect(notice(here)).to_have_attribute("data-kind", "out_of_credits", timeout=PAINTED)
    assert (await (await answered.value).json())["messages"] == []
    assert [(await messages(tab)).count(LOW) for tab in (here, there)] == [1, 1]


async def standing_of(tab: WatchedPage, tag: str) -> list[dict[str, Any]]:
    """The messages of the system's in the tab's browser."""
    return await standing(await worker_of(tab), tag)


async def test_a_tab_in_front_where_it_was_never_switched_on_keeps_the_others_quiet_too(
    both: Both, chromium: Browser
) -> None:
    context = await chromium.new_context(**AS_USUAL)
    plain = await watch(await context.new_page(), both.there.atelier)
    await plain.page.goto(await plain.atelier.link(PERSON))
    await plain.live()
    await both.here.tab.page.evaluate(TURN, "hidden")
    await both.here.ends()
    await expect(plain.page.get_by_test_id("toast")).to_be_visible(timeout=PAINTED)
    assert await both.heard() == "elsewhere"
    assert await both.counts() == [(0, 0), (0, 0)]
    assert len(await plain.toasts()) == 1
    await context.close()
