"""The queue and the money on the page: places that fall, pauses, order, banners that come and go, what was spent."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator

import httpx
import pytest
from playwright.async_api import Locator, expect

from tests.e2e.conftest import OpenTab
from tests.e2e.hands import PAINTED, QUICK, SOON, cards, new_project
from tests.e2e.test_page_reach import BEYOND, NAMELESS, OVERFLOW, PHONE, TARGETS
from tests.e2e.watched_page import WatchedPage
from tests.running import ROOT, Running

# At the provider until it is released, then a plain picture at once.
HELD = "[[small]] [[never]]"
CONCURRENCY = 8


@pytest.fixture(autouse=True)
async def as_before(atelier: Running) -> AsyncIterator[None]:
    """What a test did to the provider or to its own rate is over when it ends."""
    yield
    await atelier.simulate(outage=None, balance=100_000)
    await release(atelier)
    async with httpx.AsyncClient(base_url=atelier.address) as http:
        if (await http.get("/readyz")).json()["provider"] is not None:
            await operate(atelier, "resume")


async def release(atelier: Running, task: str | None = None) -> None:
    """End one waiting task of the provider, or all."""
    body = {"task_id": task} if task else {}
    (await atelier.simulator.post("/simulator/release", json=body)).raise_for_status()


async def operate(atelier: Running, what: str) -> None:
    """`atelier queue …`, as the operator types it."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server.cli", "queue", what),
        cwd=ROOT,
        env={**inherited, "ATELIER_DATA": str(atelier.data), "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.DEVNULL,
    )
    assert await process.wait() == 0


async def many(tab: WatchedPage, count: int) -> None:
    """So many pictures a request from now on."""
    await tab.page.get_by_test_id("options").click()
    shown = tab.page.get_by_test_id("count")
    while (now := int(await shown.inner_text())) != count:
        await tab.page.get_by_test_id("count-more" if now < count else "count-less").click()
    await tab.page.keyboard.press("Escape")


async def paused(tab: WatchedPage) -> None:
    """Pause the workspace from the panel; there must be something in the queue."""
    await tab.page.get_by_test_id("queue-chip").click()
    await tab.page.get_by_test_id("pause").click()
    await expect(notice(tab)).to_have_attribute("data-kind", "paused", timeout=SOON)


def notice(tab: WatchedPage) -> Locator:
    return tab.page.get_by_test_id("notice")


def rows(tab: WatchedPage) -> Locator:
    return tab.page.get_by_test_id("queue-row")


def toast(tab: WatchedPage, text: str) -> Locator:
    return tab.page.get_by_test_id("toast").filter(has_text=text)


async def two_tabs(open_tab: OpenTab) -> tuple[WatchedPage, WatchedPage]:
    """Two browsers of one person, on one new project."""
    a = await open_tab()
    b = await open_tab(at=await new_project(a))
    return a, b


async def test_places_fall_in_every_tab(atelier: Running, open_tab: OpenTab) -> None:
    a, b = await two_tabs(open_tab)
    await many(a, CONCURRENCY)
    first = await a.generate(f"in flight {HELD}")
    await expect(b.card(first, "processing")).to_have_count(CONCURRENCY, timeout=PAINTED)
    second = await a.generate(f"the second {HELD}")
    for tab in (a, b):
        waiting = tab.card(second, "pending")
        for position in range(CONCURRENCY):
            await expect(waiting.and_(tab.page.locator(f'[data-position="{position}"]'))).to_contain_text(
                f"Waiting (no. {position + 1})", timeout=SOON
            )
        await expect(tab.page.get_by_test_id("queue-chip")).to_have_text(re.compile("8.waiting · 8.running"))
    tasks = (await atelier.simulator.get("/simulator/tasks")).json()["tasks"]
    await release(atelier, next(task["task_id"] for task in tasks if task["prompt"].startswith("in flight")))
    for tab in (a, b):
        last = tab.page.locator(f'[data-batch="{second}"][data-position="7"]')
        await expect(last).to_contain_text("Waiting (no. 7)", timeout=PAINTED)
        await expect(tab.card(second, "pending")).to_have_count(CONCURRENCY - 1)
        await expect(tab.page.get_by_test_id("queue-chip")).to_have_text(re.compile("7.waiting · 8.running"))
    await expect(b.card(second, "processing")).to_have_count(1, timeout=PAINTED)
    b.forget()
    await release(atelier)
    await expect(b.card(second, "processing")).to_have_count(CONCURRENCY - 1, timeout=PAINTED)
    await release(atelier)
    await expect(cards(b, "completed")).to_have_count(2 * CONCURRENCY, timeout=PAINTED)
    await expect(b.page.get_by_test_id("queue-chip")).to_have_count(0, timeout=SOON)
    assert b.asked() == [], "it was told, it did not ask"
    assert (a.errors, b.errors) == ([], [])


async def test_a_workspace_is_paused_and_resumed_in_every_tab(atelier: Running, open_tab: OpenTab) -> None:
    a, b = await two_tabs(open_tab)
    running = await a.generate(f"goes on {HELD}")
    await expect(a.card(running, "processing")).to_be_visible(timeout=PAINTED)
    await paused(a)
    await a.page.keyboard.press("Escape")
    await expect(a.page.get_by_test_id("queue-chip")).to_be_focused()
    batch = await a.generate(f"waits {QUICK}")
    for tab in (a, b):
        await expect(notice(tab)).to_contain_text("Paused by one of you.", timeout=SOON)
        await expect(notice(tab)).to_contain_text(re.compile("1.picture waits"), timeout=SOON)
        await expect(tab.card(batch, "pending")).to_contain_text("Waiting (no. 1)", timeout=SOON)
    await release(atelier)
    await a.completed(running)
    await expect(b.card(batch, "pending")).to_be_visible()
    await b.page.get_by_test_id("notice-resume").click()
    for tab in (a, b):
        await tab.completed(batch)
        await expect(notice(tab)).to_have_count(0, timeout=SOON)


async def test_what_waits_is_ordered_by_hand(atelier: Running, open_tab: OpenTab) -> None:
    a, b = await two_tabs(open_tab)
    await a.generate(f"running {HELD}")
    await expect(cards(b, "processing")).to_have_count(1, timeout=PAINTED)
    await paused(a)
    await a.page.get_by_test_id("queue-close").click()
    for name in ("one", "two", "three", "four"):
        await a.generate(f"{name} {QUICK}")
        await expect(b.page.get_by_text(f"{name} {QUICK}")).to_be_visible(timeout=SOON)
    for tab in (a, b):
        await tab.page.get_by_test_id("queue-chip").click()
        await expect(rows(tab)).to_contain_text(["one", "two", "three", "four"], timeout=SOON)
    await rows(a).nth(2).get_by_test_id("queue-front").click()
    await expect(rows(b)).to_contain_text(["three", "one", "two", "four"], timeout=SOON)
    # The row that moves keeps the focus, so that the same key moves it on.
    await rows(a).nth(3).get_by_test_id("queue-up").focus()
    await a.page.keyboard.press("Enter")
    await a.page.keyboard.press("Enter")
    await expect(rows(b)).to_contain_text(["three", "four", "one", "two"], timeout=SOON)
    await rows(a).nth(0).drag_to(rows(a).nth(2))
    for tab in (a, b):
        await expect(rows(tab)).to_contain_text(["four", "one", "three", "two"], timeout=SOON)
        await expect(tab.page.get_by_test_id("queue-place")).to_have_text(["1", "2", "3", "4"])
    await expect(a.page.locator("[data-testid=queue-row][data-provisional]")).to_have_count(0, timeout=SOON)
    before = len(await atelier.charges())
    await b.page.get_by_test_id("resume").click()
    await expect(cards(b, "completed")).to_have_count(4, timeout=PAINTED)
    charged = [str(charge["prompt"]).split()[0] for charge in (await atelier.charges())[before:]]
    assert sorted(charged) == ["four", "one", "three", "two"]
    assert (a.errors, b.errors) == ([], [])


async def test_canceling_many_says_what_is_free_and_what_is_not(atelier: Running, open_tab: OpenTab) -> None:
    a, b = await two_tabs(open_tab)
    running = await a.generate(f"paid already {HELD}")
    await expect(b.card(running, "processing")).to_be_visible(timeout=PAINTED)
    before = len(await atelier.charges())
    await paused(a)
    await a.page.get_by_test_id("queue-close").click()
    await many(a, 3)
    batch = await a.generate("never mind")
    await many(a, 1)
    single = await a.generate("nor this")
    await a.page.get_by_test_id("queue-chip").click()
    await a.page.get_by_test_id("cancel-batch").click()
    await expect(toast(a, "3 canceled, free of charge.")).to_be_visible(timeout=SOON)
    await expect(b.card(batch, "canceled")).to_have_count(3, timeout=SOON)
    await expect(b.card(single, "pending")).to_be_visible()
    await a.page.get_by_test_id("cancel-mine").click()
    await expect(a.page.locator("dialog.confirm")).to_contain_text("What NanoBanana already has will still be charged.")
    await a.page.get_by_test_id("confirm-yes").click()
    told = "1 canceled, free of charge. 1 canceled that will still be charged."
    await expect(toast(a, told)).to_be_visible(timeout=SOON)
    await expect(b.card(single, "canceled")).to_be_visible(timeout=SOON)
    await expect(b.card(running, "canceled")).to_contain_text("may still be charged", timeout=SOON)
    assert len(await atelier.charges()) == before, "what waited was not paid for"


@pytest.mark.parametrize(
    ("outage", "kind", "words", "mended"),
    [
        ("code-429", "rate_limited", "NanoBanana asks for a pause.", None),
        ("code-402", "out_of_credits", "The operator has to top up.", "resume"),
    ],
)
async def test_a_provider_that_stops_is_told_until_it_goes_on(
    atelier: Running, open_tab: OpenTab, outage: str, kind: str, words: str, mended: str | None
) -> None:
    a, b = await two_tabs(open_tab)
    await many(a, 2)
    await atelier.simulate(outage={"kind": outage, "seconds": 600})
    batch = await a.generate(f"later {QUICK}")
    for tab in (a, b):
        await expect(notice(tab)).to_have_attribute("data-kind", kind, timeout=SOON)
        await expect(notice(tab)).to_contain_text(words)
        await expect(notice(tab)).to_contain_text(re.compile("2.pictures wait"), timeout=SOON)
    left = a.page.get_by_test_id("notice-left")
    if kind == "rate_limited":
        await expect(left).to_have_text(re.compile(r"\d:\d\d"), timeout=SOON)
    else:
        await expect(left).to_have_count(0)
    await atelier.simulate(outage=None)
    if mended:
        await operate(atelier, mended)
    for tab in (a, b):
        await expect(tab.card(batch, "completed")).to_have_count(2, timeout=PAINTED)
        await expect(notice(tab)).to_have_count(0, timeout=SOON)
    assert (a.errors, b.errors) == ([], [])


async def test_the_operators_own_pause_is_told_in_french(atelier: Running, open_tab: OpenTab) -> None:
    tab = await open_tab(locale="fr-FR")
    await new_project(tab)
    await operate(atelier, "pause")
    await expect(notice(tab)).to_have_attribute("data-kind", "held", timeout=SOON)
    batch = await tab.generate(f"plus tard {QUICK}")
    await expect(tab.card(batch, "pending")).to_contain_text("En attente (n°1)", timeout=SOON)
    await expect(notice(tab)).to_contain_text("1\u00a0image attend. Rien n’est perdu.", timeout=SOON)
    await operate(atelier, "resume")
    await tab.completed(batch)
    await expect(notice(tab)).to_have_count(0, timeout=SOON)


async def test_a_cap_that_is_reached_is_told_at_the_form(atelier: Running, open_tab: OpenTab) -> None:
    tab = await open_tab()
    page = tab.page
    await new_project(tab)
    await expect(page.get_by_test_id("price")).to_contain_text("$0.04")
    await tab.completed(await tab.generate(f"the first {QUICK}"))
    await page.get_by_test_id("open-spending").click()
    await expect(page.get_by_test_id("spent-today")).to_have_text("$0.04", timeout=SOON)
    await expect(page.get_by_test_id("ledger-entry")).to_have_count(1)
    await page.get_by_test_id("cap").fill("a little")
    await page.get_by_test_id("cap-save").click()
    await expect(page.locator(".cap-wrong")).to_have_text("Type an amount such as 5.00.")
    await page.get_by_test_id("cap").fill("0.05")
    await page.get_by_test_id("cap-save").click()
    await expect(page.get_by_test_id("of-cap")).to_have_text("$0.04 of $0.05 today", timeout=SOON)
    await page.get_by_test_id("spending-close").click()
    before = len(await atelier.charges())
    await tab.generate(f"one too many {QUICK}")
    told = "The limit for today is $0.05: $0.04 is spent or on its way, and this costs $0.04."
    await expect(page.get_by_test_id("cap-hint")).to_contain_text(told, timeout=SOON)
    await expect(page.locator('[data-refused="daily_cap_reached"]')).to_contain_text(told)
    assert len(await atelier.charges()) == before
    await page.get_by_test_id("cap-hint").get_by_role("button").click()
    await page.get_by_test_id("cap-clear").click()
    await expect(page.get_by_test_id("of-cap")).to_have_count(0, timeout=SOON)
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("cap-hint")).to_have_count(0)
    await tab.completed(await tab.generate(f"one more {QUICK}"))


async def test_all_that_failed_is_tried_again_and_a_second_charge_is_asked_for(
    atelier: Running, open_tab: OpenTab
) -> None:
    a, b = await two_tabs(open_tab)
    charged = await a.generate("[[flag-3]]")
    await many(a, 2)
    free = await a.generate("[[code-422:2]] [[small]] [[duration:0.1]]")
    await expect(b.card(free, "failed")).to_have_count(2, timeout=PAINTED)
    await expect(b.card(charged, "failed")).to_be_visible(timeout=PAINTED)
    before = len(await atelier.charges())
    await expect(a.page.get_by_test_id("retry-all")).to_contain_text("Retry all failed (3)", timeout=SOON)
    await a.page.get_by_test_id("retry-all").click()
    question = a.page.get_by_test_id("retry-question")
    await expect(question).to_contain_text("2 failed without being paid for.")
    await expect(a.page.get_by_test_id("retry-charged")).not_to_be_checked()
    await expect(a.page.get_by_test_id("retry-yes")).to_have_text("Try 2 again$0.08")
    await a.page.get_by_test_id("retry-yes").click()
    await expect(b.card(free, "completed")).to_have_count(2, timeout=PAINTED)
    await expect(b.card(charged, "failed")).to_be_visible()
    await expect(a.page.get_by_test_id("failed-all")).to_have_count(0)
    assert len(await atelier.charges()) == before + 2


async def test_the_queue_and_the_money_fit_under_a_thumb_and_have_words(atelier: Running, open_tab: OpenTab) -> None:
    wide = await open_tab()
    await new_project(wide)
    await wide.generate("[[flag-3]]")
    await wide.generate("[[code-422:1]]")
    await expect(cards(wide, "failed")).to_have_count(2, timeout=PAINTED)
    await wide.generate(f"running {HELD}")
    await expect(cards(wide, "processing")).to_have_count(1, timeout=PAINTED)
    await paused(wide)
    await wide.page.get_by_test_id("queue-close").click()
    phone = await open_tab(at=wide.page.url, **PHONE)
    page = phone.page
    await expect(notice(phone)).to_be_visible(timeout=SOON)
    await expect(page.get_by_test_id("queue-chip")).to_have_text(re.compile("1\\srunning"), timeout=SOON)
    await in_reach(phone)
    await many(wide, 2)
    await wide.generate("A picture with quite a long description, so that it does not fit into one line of a phone")
    await expect(page.get_by_test_id("queue-chip")).to_contain_text("waiting", timeout=SOON)
    await in_reach(phone)
    await page.get_by_test_id("queue-chip").tap()
    await expect(rows(phone)).to_have_count(2)
    await in_reach(phone)
    await page.get_by_test_id("cancel-mine").tap()
    await in_reach(phone)
    await page.keyboard.press("Escape")
    await page.get_by_test_id("queue-close").tap()
    await page.get_by_test_id("retry-all").tap()
    await in_reach(phone)
    await page.keyboard.press("Escape")
    await page.get_by_test_id("menu").tap()
    await page.get_by_test_id("open-spending").tap()
    await expect(page.get_by_test_id("ledger-entry").first).to_be_visible(timeout=SOON)
    await in_reach(phone)


async def in_reach(phone: WatchedPage) -> None:
    """Nothing is too small to touch, nothing without words, and the page does not scroll sideways."""
    for look in (TARGETS, NAMELESS):
        assert await phone.page.evaluate(look) == []
    assert await phone.page.evaluate(OVERFLOW) == 0, await phone.page.evaluate(BEYOND)
