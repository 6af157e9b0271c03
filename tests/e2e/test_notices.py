"""Each outcome is told once, where somebody is: in a tab, by the system, or by a push; and one touch leads there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Worker, expect

from tests.e2e.conftest import AS_USUAL
from tests.e2e.hands import PAINTED, SOON, cards, new_project, visit
from tests.e2e.outside import (
    ALLOWED,
    CLICK,
    NOBODY_LOOKS,
    SOMEBODY_MAY_LOOK,
    Post,
    furnish,
    messages,
    post_office,
    standing,
    worker_of,
)
from tests.e2e.test_several_tabs import TURN, asked, id_of, sibling
from tests.e2e.watched_page import WatchedPage, watch
from tests.running import Running
from tests.studio import eventually

READY = "Your picture is ready"
HELD = "[[small]] [[ok]] [[never]]"
# So long has a tab in front to tell it before a hidden one asks, in seconds, and a little more. That nobody
# else tells has no signal.
FIRST = 3.3


@dataclass
class Place:
    """A tab of a browser that is told, in a project of its own where one picture is being made."""

    tab: WatchedPage
    address: str
    image: str

    @property
    def project(self) -> str:
        return id_of(self.address)

    @property
    def key(self) -> str:
        """How browsers know the outcome."""
        return f"{self.image}:1"

    async def ends(self) -> None:
        """What is being made is done."""
        (await self.tab.atelier.simulator.post("/simulator/release", json={})).raise_for_status()

    async def status(self) -> str:
        """The picture's, asked past the page and its network."""
        answer = await self.tab.page.request.get(f"{self.tab.atelier.address}/api/images/{self.image}")
        return str((await answer.json())["status"])


@pytest.fixture(scope="module")
async def home(atelier: Running, chromium: Browser) -> AsyncIterator[WatchedPage]:
    """The first tab of a browser in which it was switched on; it is looked at by nobody."""
    context = await chromium.new_context(**{**AS_USUAL, **ALLOWED})
    await furnish(context)
    tab = await watch(await context.new_page(), atelier)
    await tab.page.goto(await atelier.link("told@example.org"))
    await tab.live()
    await worker_of(tab)
    await switch_on(tab)
    await tab.page.goto("about:blank")
    yield tab
    await context.close()


@pytest.fixture
async def here(home: WatchedPage) -> AsyncIterator[Place]:
    """Another tab of that browser."""
    tab = await watch(await home.page.context.new_page(), home.atelier)
    await visit(tab, home.atelier.address)
    address = await new_project(tab)
    await tab.generate(f"a lighthouse {HELD}")
    making = cards(tab, "processing")
    await expect(making).to_have_count(1, timeout=PAINTED)
    yield Place(tab, address, str(await making.get_attribute("data-id")))
    await home.page.context.set_offline(False)
    for page in home.page.context.pages:
        if page != home.page:
            await page.close()


async def switch_on(tab: WatchedPage) -> None:
    """Have this browser told."""
    await settings(tab)
    await tab.page.get_by_test_id("tell-me-switch").click()
    await expect(tab.page.get_by_test_id("tell-me-switch")).to_be_checked()
    await tab.page.get_by_test_id("notices-close").click()


async def settings(tab: WatchedPage) -> None:
    """Open them."""
    await tab.page.get_by_test_id("bell").click()
    await tab.page.get_by_test_id("notices-settings").click()


async def told(tabs: list[WatchedPage]) -> list[tuple[int, int]]:
    """For each tab: how many toasts, and how many messages of the system's."""
    return [(len(await tab.toasts()), len(await messages(tab))) for tab in tabs]


async def until_heard(post: Post, worker: Worker) -> None:
    """The worker takes one push after the other: another one is shown after those before it were heard."""
    last = str(uuid4())
    await post.deliver(project=last, image=str(uuid4()))
    await eventually(lambda: standing(worker, last), bool)


async def reports(*tabs: WatchedPage) -> list[Any]:
    """What they have told the server to have been shown."""
    sent = [request for tab in tabs for request in tab.requests if request.url.endswith("/api/notices/shown")]
    return [request.post_data_json for request in sent]


Row = Callable[[Place], Awaitable[None]]
SITUATIONS: dict[str, Row] = {}


def situation(row: Row) -> Row:
    SITUATIONS[row.__name__.replace("_", "-")] = row
    return row


@situation
async def in_front(here: Place) -> None:
    await here.ends()
    await expect(here.tab.page.get_by_test_id("toast")).to_contain_text(READY, timeout=PAINTED)
    await asyncio.sleep(FIRST)
    assert await told([here.tab]) == [(1, 0)]
    assert await reports(here.tab) == [{"outcomes": [here.key], "device": None}]


@situation
async def looking_at_it(here: Place) -> None:
    await visit(here.tab, f"{here.address}/i/{here.image}")
    await expect(here.tab.page.get_by_test_id("lightbox")).to_be_visible(timeout=SOON)
    await here.tab.atelier.simulator.post("/simulator/release", json={})
    await eventually(lambda: reports(here.tab), bool)
    await asyncio.sleep(FIRST)
    assert await told([here.tab]) == [(0, 0)]
    assert await reports(here.tab) == [{"outcomes": [here.key], "device": None}]


@situation
async def hidden(here: Place) -> None:
    await here.tab.page.evaluate(TURN, "hidden")
    await here.ends()
    worker = await worker_of(here.tab)
    [message] = await eventually(lambda: standing(worker, here.project), bool, PAINTED / 1000)
    assert message["title"] == READY
    assert message["body"] == f"a lighthouse {HELD}"
    assert message["tag"] == here.project
    assert f"/api/images/{here.image}/file/thumb" in message["image"]
    assert message["data"] == {"url": f"/p/{here.project}/i/{here.image}", "outcomes": [here.key]}
    await eventually(lambda: reports(here.tab), bool)
    [device] = (await asked(here.tab, "/api/devices"))["items"]
    assert await reports(here.tab) == [{"outcomes": [here.key], "device": device["id"]}]
    # Who comes back was told, and seen it is no longer there to be told.
    await here.tab.page.evaluate(TURN, "visible")
    await eventually(lambda: standing(worker, here.project), lambda found: not found)
    assert await told([here.tab]) == [(0, 1)]


@situation
async def two_hidden(here: Place) -> None:
    other = await sibling(here.tab)
    for tab in (here.tab, other):
        await tab.page.evaluate(TURN, "hidden")
    await here.ends()
    await eventually(lambda: reports(here.tab, other), bool, PAINTED / 1000)
    await asyncio.sleep(FIRST)
    both = await told([here.tab, other])
    assert [toasts for toasts, _ in both] == [0, 0]
    assert sum(shown for _, shown in both) == 1
    assert len(await reports(here.tab, other)) == 1


@situation
async def one_hidden_one_in_front(here: Place) -> None:
    other = await sibling(here.tab)
    await here.tab.page.evaluate(TURN, "hidden")
    await here.ends()
    await expect(other.page.get_by_test_id("toast")).to_be_visible(timeout=PAINTED)
    await asyncio.sleep(FIRST)
    assert await told([here.tab, other]) == [(0, 0), (1, 0)]
    assert await reports(here.tab, other) == [{"outcomes": [here.key], "device": None}]


@situation
async def two_in_front(here: Place) -> None:
    other = await sibling(here.tab)
    await here.ends()
    for tab in (here.tab, other):
        await expect(tab.page.get_by_test_id("toast")).to_be_visible(timeout=PAINTED)
    await asyncio.sleep(FIRST)
    assert await told([here.tab, other]) == [(1, 0), (1, 0)]
    assert await reports(here.tab, other) == [{"outcomes": [here.key], "device": None}], "one word is enough"


@situation
async def closed(here: Place) -> None:
    worker, post = await worker_of(here.tab), await post_office(here.tab)
    await here.tab.page.close()
    sent = await post.deliver(project=here.project, image=here.image, thumb="/api/thumbs/token")
    [message] = await eventually(lambda: standing(worker, here.project), bool)
    assert message["title"] == sent["title"]
    assert message["image"] == f"{here.tab.atelier.address}/api/thumbs/token"
    assert message["data"] == {"url": sent["url"], "outcomes": sent["outcomes"]}
    assert await worker.evaluate(CLICK, here.project) == [sent["url"]]
    assert await standing(worker, here.project) == []
    # Delivered once more, as services do.
    await post.deliver(project=here.project, image=here.image)
    await until_heard(post, worker)
    assert await standing(worker, here.project) == []


@situation
async def pushed_twice_because_a_worker_died(here: Place) -> None:
    """It did between the push service's answer and the row that says so: the message says the same, signed anew."""
    worker, post = await worker_of(here.tab), await post_office(here.tab)
    await here.tab.page.close()
    both = [here.key, f"{uuid4()}:1"]
    await post.deliver(project=here.project, outcomes=both, thumb="/api/thumbs/first")
    await post.deliver(project=here.project, outcomes=both, thumb="/api/thumbs/second")
    await until_heard(post, worker)
    assert [one["image"] for one in await standing(worker, here.project)] == [
        f"{here.tab.atelier.address}/api/thumbs/first"
    ]
    # Read and closed meanwhile, it stays away; what is new beside it does not.
    assert await worker.evaluate(CLICK, here.project)
    await post.deliver(project=here.project, outcomes=both)
    await until_heard(post, worker)
    assert await standing(worker, here.project) == []
    await post.deliver(project=here.project, outcomes=[f"{uuid4()}:1", *both], title="3 pictures are ready")
    [message] = await eventually(lambda: standing(worker, here.project), bool)
    assert message["title"] == "3 pictures are ready"


@situation
async def hidden_and_pushed(here: Place) -> None:
    worker, post = await worker_of(here.tab), await post_office(here.tab)
    await here.tab.page.evaluate(TURN, "hidden")
    await worker.evaluate(NOBODY_LOOKS)
    await here.ends()
    await eventually(lambda: standing(worker, here.project), bool, PAINTED / 1000)
    await post.deliver(project=here.project, image=here.image, title="Told once more")
    await until_heard(post, worker)
    assert [one["title"] for one in await standing(worker, here.project)] == [READY]
    await worker.evaluate(SOMEBODY_MAY_LOOK)


@situation
async def offline_then_back(here: Place) -> None:
    post = await post_office(here.tab)
    await here.tab.page.context.set_offline(True)
    await expect(here.tab.page.get_by_test_id("live-dot")).to_have_attribute("data-state", "offline", timeout=SOON)
    await here.ends()
    await eventually(here.status, lambda status: status == "completed")
    await here.tab.page.context.set_offline(False)
    await expect(here.tab.page.get_by_test_id("toast")).to_contain_text(READY, timeout=PAINTED)
    # What the push service kept meanwhile comes late.
    await post.deliver(project=here.project, image=here.image)
    await asyncio.sleep(FIRST)
    assert await told([here.tab]) == [(1, 0)]
    assert await standing(await worker_of(here.tab), here.project) == []


@situation
async def pushed_before_the_stream_is_back(here: Place) -> None:
    post = await post_office(here.tab)
    await here.tab.page.context.set_offline(True)
    await expect(here.tab.page.get_by_test_id("live-dot")).to_have_attribute("data-state", "offline", timeout=SOON)
    await here.ends()
    await post.deliver(project=here.project, image=here.image)
    await expect(here.tab.page.get_by_test_id("toast")).to_contain_text("A lighthouse at dusk", timeout=SOON)
    await here.tab.page.context.set_offline(False)
    await here.tab.live()
    await expect(cards(here.tab, "completed")).to_have_count(1, timeout=PAINTED)
    assert await told([here.tab]) == [(1, 0)]


@pytest.mark.parametrize("row", SITUATIONS.values(), ids=SITUATIONS)
async def test_each_outcome_is_told_once_where_somebody_is(here: Place, row: Row) -> None:
    await row(here)
    assert here.tab.errors == []
