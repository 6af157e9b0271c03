"""Several tabs: what is everybody's is the same in all, what is a tab's own stays there, offline too."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from playwright.async_api import Locator, expect

from tests.e2e.conftest import OpenTab
from tests.e2e.hands import PAINTED, QUICK, SOON, cards, chosen, new_project, picture, visit
from tests.e2e.watched_page import WatchedPage, watch
from tests.running import Running

# Milliseconds that a picture is looked at before it is seen.
SEEN_AFTER = 1_500
# Long enough to look elsewhere before it is there.
MEANWHILE = "[[small]] [[ok]] [[duration:2]]"
READY, READY_FR = "3 pictures are ready.", "3 images sont prêtes."
LOW: dict[str, Any] = {"viewport": {"width": 900, "height": 460}}
# What a browser tells a page whose tab is put behind another one, or before it again.
TURN = """
(state) => {
  Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state })
  // Before the page hears of it: from here on it counts.
  const at = performance.now()
  document.dispatchEvent(new Event('visibilitychange'))
  return at
}
"""


async def sibling(tab: WatchedPage) -> WatchedPage:
    """A second tab of the same browser, at the same address."""
    other = await watch(await tab.page.context.new_page(), tab.atelier)
    await visit(other, tab.page.url)
    return other


def id_of(address: str) -> str:
    """The project of an address."""
    return address.rsplit("/", 1)[-1]


def link(tab: WatchedPage, address: str) -> Locator:
    """The project's line at the side."""
    return tab.page.locator(f'[data-testid=project-link][data-id="{id_of(address)}"]')


def count(tab: WatchedPage, address: str) -> Locator:
    """How many of the project's pictures are new, by its line at the side."""
    return link(tab, address).get_by_test_id("unread-count")


def marked_new(tab: WatchedPage) -> Locator:
    """The dots on cards."""
    return tab.page.get_by_test_id("new")


async def asked(tab: WatchedPage, path: str) -> Any:
    """What the API says to the person of this tab, over a road of its own: a tab may be offline."""
    answer = await tab.page.request.get(tab.atelier.address + path)
    assert answer.ok, await answer.text()
    return await answer.json()


async def unread(tab: WatchedPage) -> set[str]:
    """The ids that the API calls unread."""
    return {image["id"] for image in (await asked(tab, "/api/unread"))["images"]}


async def mark(tab: WatchedPage, address: str) -> datetime | None:
    """The person's mark of the project, as it stands in the database."""
    account = (await asked(tab, "/api/me"))["account"]["id"]
    database = await asyncpg.connect(tab.atelier.run.database_url)
    try:
        query = "SELECT seen_at FROM read_mark WHERE account = $1 AND project = $2"
        found: datetime | None = await database.fetchval(query, account, id_of(address))
        return found
    finally:
        await database.close()


async def pictures_in(tab: WatchedPage, address: str) -> list[dict[str, Any]]:
    """The project's pictures, newest first, by the API."""
    return list((await asked(tab, f"/api/projects/{id_of(address)}/images"))["items"])


async def home_of(tab: WatchedPage) -> str:
    """The address of the project that the person began with."""
    return f"{tab.atelier.address}/p/{(await asked(tab, '/api/projects'))['items'][0]['id']}"


async def ask_and_leave(tab: WatchedPage, prompt: str) -> str:
    """Ask for pictures here and go home at once, so that nobody looks when they come; the home's address."""
    await tab.generate(f"{prompt} {MEANWHILE}")
    home = await home_of(tab)
    await link(tab, home).click()
    return home


def marks_sent(tab: WatchedPage) -> int:
    """How often the tab has told that something was seen."""
    return sum(request.method == "PUT" and request.url.endswith("/read-mark") for request in tab.requests)


async def test_what_is_new_is_new_on_every_device_until_it_is_seen_on_one(open_tab: OpenTab) -> None:
    desk, phone = await open_tab(), await open_tab()
    address = await new_project(desk)
    await expect(link(phone, address)).to_be_visible()
    await ask_and_leave(desk, "new on every device")
    for tab in (desk, phone):
        await expect(count(tab, address)).to_have_attribute("data-count", "1", timeout=PAINTED)
    await expect(link(phone, address)).to_have_accessible_name("Untitled 1 new picture")
    [image] = await pictures_in(desk, address)
    assert await unread(desk) == {image["id"]}
    assert await mark(desk, address) is None

    await link(phone, address).click()
    for tab in (desk, phone):
        await expect(count(tab, address)).to_have_count(0)
    await expect(marked_new(phone)).to_have_count(0)
    assert await unread(phone) == set()
    assert await mark(phone, address) == datetime.fromisoformat(image["finished_at"])
    assert (marks_sent(desk), marks_sent(phone)) == (0, 1)
    late = await open_tab()
    await link(late, address).click()
    await expect(cards(late, "completed")).to_have_count(1)
    await expect(marked_new(late)).to_have_count(0)
    assert (desk.errors, phone.errors) == ([], [])


async def test_a_picture_is_seen_where_somebody_looks_and_only_there(open_tab: OpenTab) -> None:
    """Not in a tab behind another one, and not below the edge of the window."""
    hidden = await open_tab()
    address = await new_project(hidden)
    await chosen(hidden, *(picture(f"{number}.jpg", 64 + number) for number in range(9)))
    low = await open_tab(at=address, **LOW)
    await expect(cards(low, "completed")).to_have_count(9, timeout=PAINTED)
    await cards(low).last.scroll_into_view_if_needed()
    await hidden.page.evaluate(TURN, "hidden")
    await hidden.generate(f"where nobody looks {QUICK}")
    await expect(low.page.get_by_test_id("toast")).to_be_visible(timeout=PAINTED)
    for tab in (hidden, low):
        await expect(marked_new(tab)).to_have_text("New")
        await expect(count(tab, address)).to_have_attribute("data-count", "1")
    # However long it was there before: it is seen so long after somebody came.
    shown_at = await hidden.page.evaluate(TURN, "visible")
    for tab in (hidden, low):
        await expect(marked_new(tab)).to_have_count(0)
    [at] = await hidden.marked_at()
    assert at >= shown_at + SEEN_AFTER
    assert await low.marked_at() == []

    await hidden.page.evaluate(TURN, "hidden")
    await hidden.generate(f"below the edge {QUICK}")
    await expect(count(low, address)).to_have_attribute("data-count", "1", timeout=PAINTED)
    await low.page.evaluate("scrollTo({ top: 0 })")
    await expect(count(low, address)).to_have_count(0)
    await expect(marked_new(hidden)).to_have_count(0)
    assert (len(await low.marked_at()), len(await hidden.marked_at())) == (1, 1)
    assert await unread(low) == set()


async def test_one_word_tells_of_many_and_the_large_view_sees_too(open_tab: OpenTab) -> None:
    tab, other = await open_tab(), await open_tab()
    address = await new_project(tab)
    await tab.page.get_by_test_id("options").click()
    for _ in range(2):
        await tab.page.get_by_test_id("count-more").click()
    await tab.page.keyboard.press("Escape")
    home = await ask_and_leave(tab, "three at once")
    await expect(count(tab, address)).to_have_attribute("data-count", "3", timeout=PAINTED)
    await link(tab, address).click()
    for one in (tab, other):
        await expect(count(one, address)).to_have_count(0)
    await expect(marked_new(tab)).to_have_count(0)
    await expect(cards(tab, "completed")).to_have_count(3)
    assert await unread(tab) == set()
    assert (marks_sent(tab), marks_sent(other)) == (1, 0)

    await ask_and_leave(tab, "and one that is looked at alone")
    await expect(count(other, address)).to_have_attribute("data-count", "3", timeout=PAINTED)
    # The numbers at the side may be drawn before the message: until it speaks of all, it leads to an earlier one.
    told = other.page.get_by_test_id("toast").filter(has_text="and one that is looked at alone")
    await expect(told).to_contain_text(READY)
    await told.get_by_test_id("toast-view").click()
    await expect(other.page.get_by_test_id("lightbox")).to_be_visible()
    await expect(count(tab, address)).to_have_count(0)
    await expect(other.page.get_by_test_id("lightbox")).to_be_visible()
    await expect(tab.page).to_have_url(home)
    assert await unread(tab) == set()
    assert (marks_sent(tab), marks_sent(other)) == (1, 1)


async def test_what_is_moved_into_an_older_project_is_not_new_there(open_tab: OpenTab) -> None:
    tab, other = await open_tab(), await open_tab()
    older = await new_project(tab)
    await tab.completed(await tab.generate(f"the mark of the older one {QUICK}"))
    await expect(marked_new(tab)).to_have_count(0)
    old_mark = await mark(tab, older)
    address = await new_project(tab)
    await tab.completed(await tab.generate(f"moved {QUICK}"))
    await expect(marked_new(tab)).to_have_count(0)
    assert await unread(tab) == set()

    await cards(tab).first.hover()
    await tab.page.get_by_test_id("check").first.click()
    await tab.page.keyboard.press("m")
    await tab.page.locator(f'[data-testid=move-to][data-id="{id_of(older)}"]').click()
    await expect(cards(tab)).to_have_count(0)
    for one in (tab, other):
        await link(one, older).click()
        await expect(cards(one, "completed")).to_have_count(2)
        await expect(marked_new(one)).to_have_count(0)
        for place in (older, address):
            await expect(count(one, place)).to_have_count(0)
    assert await unread(tab) == set()
    assert await mark(tab, older) == old_mark, "nobody had to look at it once more"
    assert [image["moved_at"] is not None for image in await pictures_in(tab, older)] == [True, False]
    # What is made from it there is news as ever.
    await tab.page.get_by_test_id("trash-link").click()
    await link(tab, address).click()
    await link(other, address).click()
    await ask_elsewhere(tab, older, f"news in the older one {QUICK}")
    for one in (tab, other):
        await expect(count(one, older)).to_have_attribute("data-count", "1", timeout=PAINTED)


async def ask_elsewhere(tab: WatchedPage, address: str, prompt: str) -> str:
    """Ask for a picture in a project that no tab shows; its id."""
    answer = await tab.page.request.post(
        f"{tab.atelier.address}/api/projects/{id_of(address)}/generations",
        data={"prompt": prompt},
        headers={"origin": tab.atelier.address, "Idempotency-Key": str(uuid4())},
    )
    assert answer.status == 202, await answer.text()
    return str((await answer.json())["images"][0]["id"])


# The old stream has ended, as after a restored backup: every tab has to start afresh.
ANOTHER_EPOCH = """
    UPDATE stream SET epoch = gen_random_uuid() FROM membership
    WHERE membership.workspace = stream.workspace AND membership.account = $1
"""


async def begin_afresh(witness: WatchedPage) -> None:
    """Reset the stream of the person's workspace; once this tab has started afresh, every other one must."""
    account = (await asked(witness, "/api/me"))["account"]["id"]
    database = await asyncpg.connect(witness.atelier.run.database_url)
    try:
        async with witness.page.expect_request("**/api/projects", timeout=PAINTED):
            await database.execute(ANOTHER_EPOCH, account)
    finally:
        await database.close()
    await witness.live()


@pytest.mark.parametrize(("locale", "told"), [("en-US", READY), ("fr-FR", READY_FR)], ids=["english", "french"])
async def test_after_a_reset_one_message_sums_up_what_ended_in_every_project(
    atelier: Running, open_tab: OpenTab, locale: str, told: str
) -> None:
    tab, witness = await open_tab(locale=locale), await open_tab()
    home = await home_of(tab)
    first, second = await new_project(tab), await new_project(tab)
    for address in (first, second):
        await link(tab, address).click()
        await tab.generate("ended meanwhile [[small]] [[never]]")
        await expect(cards(tab, "processing")).to_have_count(1, timeout=PAINTED)
    await link(tab, home).click()
    await tab.generate("ended meanwhile as well [[small]] [[never]]")
    await expect(cards(tab, "processing")).to_have_count(1, timeout=PAINTED)
    await tab.page.context.set_offline(True)
    await expect(tab.page.get_by_test_id("live-dot")).to_have_attribute("data-state", "offline", timeout=SOON)
    await atelier.simulator.post("/simulator/release", json={})
    for address in (first, second):
        await expect(count(witness, address)).to_have_attribute("data-count", "1", timeout=PAINTED)
    await expect(cards(witness, "completed")).to_have_count(1, timeout=PAINTED)
    await begin_afresh(witness)

    assert await tab.toasts() == []
    tab.forget()
    await tab.page.context.set_offline(False)
    await expect(tab.page.get_by_test_id("toast")).to_contain_text(told, timeout=PAINTED)
    await tab.live()
    await expect(cards(tab, "completed")).to_have_count(1)
    assert len(await tab.toasts()) == 1, "each is told once"
    assert len(await unread(tab)) >= 2
    assert "GET /api/projects" in tab.asked(), "it did start afresh"
    assert (tab.errors, witness.errors) == ([], [])


async def test_data_and_preferences_are_one_and_each_tab_has_its_own_way(open_tab: OpenTab) -> None:
    one = await open_tab(**LOW)
    address = await new_project(one)
    await chosen(one, *(picture(f"{number}.jpg", 64 + number) for number in range(9)))
    await expect(cards(one, "completed")).to_have_count(9, timeout=PAINTED)
    other = await sibling(one)
    await expect(cards(other, "completed")).to_have_count(9)

    # In sync: preferences at once, and the data.
    await one.page.get_by_test_id("theme-switch").click()
    theme = await one.page.locator("html").get_attribute("data-theme")
    assert theme in ("light", "dark")
    await expect(other.page.locator("html")).to_have_attribute("data-theme", str(theme))
    await other.page.get_by_test_id("lang-switch").click()
    for tab in (one, other):
        await expect(tab.page.locator("html")).to_have_attribute("lang", "fr")
        await expect(tab.page.get_by_test_id("generate")).to_have_text("Générer")
    await other.page.get_by_test_id("lang-switch").click()
    await cards(one).first.focus()
    await one.page.keyboard.press("f")
    for tab in (one, other):
        await expect(tab.page.get_by_test_id("heart")).to_have_count(1)
    assert [image["favorite"] for image in await pictures_in(other, address)] == [True] + [False] * 8

    # Each tab's own: what is selected, let through, scrolled to and written.
    await one.page.get_by_test_id("prompt").fill("written here")
    await other.page.get_by_test_id("prompt").fill("written there")
    await one.page.get_by_test_id("only-favorites").click()
    await expect(cards(one)).to_have_count(1)
    # The hand that clicks may have scrolled a little, where a message lay over the button.
    here = await one.page.evaluate("scrollY")
    await cards(other).last.scroll_into_view_if_needed()
    await cards(other).last.hover()
    await other.page.get_by_test_id("check").last.click()
    await expect(other.page.locator("[data-testid=card][data-selected]")).to_have_count(1)
    await expect(one.page.locator("[data-testid=card][data-selected]")).to_have_count(0)
    await expect(cards(other)).to_have_count(9)
    assert await other.page.evaluate("scrollY") > here
    assert await one.page.evaluate("scrollY") == here
    # A reload keeps what was this tab's, and brings nothing of the other's.
    for tab, written, shown in ((one, "written here", 1), (other, "written there", 9)):
        await tab.page.reload()
        await tab.live()
        await expect(tab.page.get_by_test_id("prompt")).to_have_value(written)
        await expect(cards(tab)).to_have_count(shown)
        await expect(tab.page.locator("html")).to_have_attribute("data-theme", str(theme))
    assert (one.errors, other.errors) == ([], [])


async def test_offline_the_page_keeps_what_it_shows_sends_nothing_later_and_is_whole_again(
    atelier: Running, open_tab: OpenTab
) -> None:
    away = await open_tab()
    address = await new_project(away)
    await chosen(away, picture("kept.jpg"), picture("gone.jpg", 80))
    await expect(cards(away, "completed")).to_have_count(2, timeout=PAINTED)
    chips = away.page.get_by_test_id("input-chip")
    for left in (1, 0):
        await chips.first.get_by_role("button").last.click()
        await expect(chips).to_have_count(left)
    await ask_and_leave(away, "new before the network went")
    await expect(count(away, address)).to_have_attribute("data-count", "1", timeout=PAINTED)
    before, loads = len(await atelier.charges()), away.loads

    # It says so, and what it knows can be looked at.
    await away.page.context.set_offline(True)
    await expect(away.page.get_by_test_id("live-dot")).to_have_text("Offline")
    await link(away, address).click()
    await expect(cards(away, "completed")).to_have_count(3)
    await expect(marked_new(away)).to_have_count(1)

    # What cannot be sent is refused at once, and is not sent behind one's back.
    away.forget()
    await away.page.get_by_test_id("prompt").fill(f"never sent {QUICK}")
    await away.page.get_by_test_id("generate").click()
    refused = away.page.locator("[data-testid=card][data-refused]")
    await expect(refused).to_contain_text("could not be reached", timeout=SOON)
    await expect(refused.get_by_test_id("retry")).to_be_enabled()
    await expect(away.page.get_by_test_id("prompt")).to_have_value(f"never sent {QUICK}")

    # Meanwhile, elsewhere, in a tab that is behind another one: one picture less, and one more.
    there = await open_tab(at=address)
    await there.page.evaluate(TURN, "hidden")
    await cards(there, "completed").last.hover()
    await cards(there, "completed").last.get_by_test_id("delete").click()
    await expect(cards(there)).to_have_count(2)
    batch = await there.generate(f"made meanwhile {QUICK}")
    await there.completed(batch)
    await expect(marked_new(there)).to_have_count(2)
    await expect(cards(away, "completed")).to_have_count(3)

    back_at = await away.page.evaluate("performance.now()")
    assert marks_sent(away) == 0, "seen, but not told while nobody could hear it"
    await away.page.context.set_offline(False)
    await away.live()
    await away.completed(batch)
    await expect(cards(away, "completed")).to_have_count(3)
    await expect(refused).to_have_count(1)
    # Both, in one word or in two.
    for tab in (away, there):
        await expect(marked_new(tab)).to_have_count(0)
    assert all(at > back_at for at in await away.marked_at())
    assert await unread(away) == set()
    assert [line for line in away.asked() if line.startswith("POST")] == [
        f"POST /api/projects/{id_of(address)}/generations"
    ]
    shown = await cards(away, "completed").evaluate_all("(all) => all.map((card) => card.dataset.id)")
    kept = await pictures_in(there, address)
    assert sorted(shown) == sorted(image["id"] for image in kept)
    assert await mark(away, address) == datetime.fromisoformat(kept[0]["finished_at"])
    assert "never sent" not in str(kept)
    assert len(await atelier.charges()) == before + 1
    # Asked for once more, by hand, it goes.
    await refused.get_by_test_id("retry").click()
    await expect(cards(away, "completed")).to_have_count(4, timeout=PAINTED)
    assert away.loads == loads, "whole again by itself"
