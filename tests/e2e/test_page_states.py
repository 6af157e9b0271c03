"""What one person meets on the page: the first minute, waits, refusals, bad files, other tabs, French."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import FilePayload, Locator, expect

from tests.e2e.conftest import OpenTab
from tests.e2e.hands import (
    PAINTED,
    QUICK,
    SOON,
    cards,
    chosen,
    edited,
    new_project,
    picture,
    slow_uplink,
)

# A tab that nobody touches is opened beside these tests: test_two_tabs looks whether it asked for anything.
pytestmark = pytest.mark.usefixtures("idle_tab")

# As fast as only a machine clicks, so that the limit is met well before it lets the next one pass; and again in the
# moment the countdown, which is short, is there.
CLICKS = """
(button) => new Promise((done) => {
  const click = () => { for (let times = 0; times < 14; times += 1) button.click() }
  new MutationObserver((_, observer) => {
    if (!button.querySelector('[data-testid=rate-countdown]')) return
    observer.disconnect()
    click()
    done()
  }).observe(button, { childList: true, subtree: true })
  click()
})
"""


def one_button(card: Locator) -> Locator:
    """The buttons of a card that are not the sign in its corner."""
    return card.locator(".button")


async def test_the_first_minute_takes_one_click(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await new_project(tab)
    await tab.page.get_by_test_id("sample").click()
    await expect(cards(tab)).to_have_count(2)
    await expect(cards(tab, "completed")).to_have_count(2, timeout=PAINTED)
    await expect(tab.page.get_by_test_id("toast")).to_have_count(1)
    await tab.page.get_by_test_id("toast-view").click()
    await expect(tab.page.get_by_test_id("compare")).to_be_visible()


async def test_the_first_prompt_stands_in_the_quotation_marks_of_its_language(open_tab: OpenTab) -> None:
    english = await open_tab()
    french = await open_tab(at=await new_project(english), locale="fr-FR")
    for tab, words in (
        (english, "“Turn this into a starry night”"),
        (french, "«\u202fTransforme ce paysage en nuit étoilée\u202f»"),
    ):
        assert await tab.page.locator(".first-prompt").text_content() == words


async def test_a_refusal_is_a_sentence_with_one_button_and_the_prompt_is_kept(open_tab: OpenTab) -> None:
    a = await open_tab()
    address = await new_project(a)
    await chosen(a, picture("input.jpg"))
    await expect(a.page.locator('[data-testid=input-chip][data-state="ready"]')).to_have_count(1, timeout=SOON)
    b = await open_tab(at=address)
    await cards(b, "completed").hover()
    await b.page.get_by_test_id("delete").click()
    await expect(a.page.locator('[data-testid=input-chip][data-state="failed"]')).to_have_count(1, timeout=SOON)
    await a.generate("of a picture that is gone")
    refused = a.page.locator("[data-testid=card][data-refused]")
    await expect(refused).to_contain_text("One of the pictures cannot be used any more.", timeout=SOON)
    await expect(one_button(refused)).to_have_count(1)
    await expect(a.page.get_by_test_id("prompt")).to_have_value("of a picture that is gone")
    await a.page.get_by_test_id("prompt").fill("something else")
    await one_button(refused).click()
    await expect(a.page.get_by_test_id("prompt")).to_have_value("of a picture that is gone")
    await expect(a.page.get_by_test_id("prompt")).to_be_focused()


async def test_what_the_provider_refuses_says_so_and_leads_back_to_the_prompt(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await new_project(tab)
    batch = await tab.generate("not this [[refuse]]")
    failed = tab.card(batch, "failed")
    await expect(failed).to_contain_text("NanoBanana did not accept this prompt.", timeout=PAINTED)
    await expect(one_button(failed)).to_have_text(["Edit the prompt"])
    await expect(tab.page.get_by_test_id("toast")).to_have_count(1)


async def test_a_rate_limit_counts_down_and_sends_nothing_meanwhile(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await new_project(tab)
    await tab.page.get_by_test_id("prompt").fill("again [[small]] [[ok]]")
    countdown = tab.page.get_by_test_id("rate-countdown")
    tab.forget()
    async with asyncio.timeout(SOON / 1000):
        await tab.page.get_by_test_id("generate").evaluate(CLICKS)
    await expect(tab.page.locator('[data-refused="rate_limited"]')).to_have_count(4, timeout=SOON)
    await expect(countdown).to_have_count(0, timeout=SOON)
    await expect(tab.page.locator('[data-refused="rate_limited"]').first).not_to_contain_text("second")
    await expect(tab.page.get_by_test_id("retry").first).to_be_enabled()
    await expect(tab.page.get_by_test_id("prompt")).to_have_value("again [[small]] [[ok]]")
    assert [line.rsplit("/", 1)[-1] for line in tab.asked()] == ["generations"] * 14


async def test_files_go_up_each_with_its_own_bar_and_a_bad_one_says_why(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await new_project(tab)
    await slow_uplink(tab, 200_000)
    photographs = [picture(f"{side}.jpg", side) for side in (900, 901)]
    text: FilePayload = {"name": "letter.gif", "mimeType": "image/gif", "buffer": b"GIF89a no picture"}
    disguised: FilePayload = {"name": "letter.png", "mimeType": "image/png", "buffer": b"no picture"}
    await chosen(tab, *photographs, text, disguised)
    await expect(cards(tab, "uploading").get_by_role("progressbar")).to_have_count(2, timeout=SOON)
    refused = tab.page.locator('[data-refused="unsupported_picture"]')
    await expect(refused).to_have_count(2, timeout=SOON)
    await expect(refused.filter(has_text="letter.gif")).to_contain_text("Only JPEG, PNG and WebP pictures can be used.")
    await expect(cards(tab, "completed")).to_have_count(2, timeout=PAINTED)
    # What can never be an input is not in the way of the others.
    await expect(tab.page.locator('[data-testid=input-chip][data-state="ready"]')).to_have_count(2)
    await expect(tab.page.get_by_test_id("input-chip")).to_have_count(2)
    by_card: dict[str, set[int]] = {}
    for card, share, _, state in (await tab.seen())["progress"]:
        if state == "uploading":
            by_card.setdefault(card, set()).add(share)
    assert len([shares for shares in by_card.values() if len(shares) > 2]) == 2, by_card


async def test_generate_works_while_an_input_goes_up(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await new_project(tab)
    await slow_uplink(tab, 50_000)
    await chosen(tab, picture("photo.jpg", 900))
    await expect(cards(tab, "uploading")).to_have_count(1)
    await tab.page.get_by_test_id("prompt").fill(f"in sepia {QUICK}")
    await tab.page.get_by_test_id("generate").click()
    await expect(cards(tab, "provisional")).to_contain_text("Waiting for the upload")
    await expect(cards(tab, "completed")).to_have_count(2, timeout=PAINTED)


async def test_what_waits_can_be_canceled_in_every_tab(open_tab: OpenTab) -> None:
    a = await open_tab()
    b = await open_tab(at=await new_project(a))
    batch = await a.generate("never mind [[duration:20]]")
    await expect(a.card(batch, "processing")).to_be_visible(timeout=SOON)
    await a.page.get_by_test_id("cancel").click()
    for tab in (a, b):
        await expect(tab.card(batch, "canceled")).to_contain_text("Canceled", timeout=SOON)
    assert await a.toasts() == []


async def test_a_deletion_is_seen_in_the_other_tab_and_can_be_undone(open_tab: OpenTab) -> None:
    a = await open_tab()
    address = await new_project(a)
    await chosen(a, picture("only.jpg"))
    b = await open_tab(at=address)
    for tab in (a, b):
        await expect(cards(tab, "completed")).to_have_count(1, timeout=SOON)
    await a.page.get_by_test_id("view").hover()
    await a.page.get_by_test_id("delete").click()
    for tab in (a, b):
        await expect(cards(tab)).to_have_count(0, timeout=SOON)
    await a.page.get_by_test_id("undo").click()
    for tab in (a, b):
        await expect(cards(tab, "completed")).to_have_count(1, timeout=SOON)


async def test_the_draft_outlives_a_reload(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await new_project(tab)
    await chosen(tab, picture("kept.jpg"))
    await tab.page.get_by_test_id("prompt").fill("kept")
    await tab.page.get_by_test_id("options").click()
    await tab.page.get_by_test_id("count-more").click()
    await expect(tab.page.locator('[data-testid=input-chip][data-state="ready"]')).to_have_count(1, timeout=SOON)
    await tab.page.reload()
    await tab.live()
    await expect(tab.page.get_by_test_id("prompt")).to_have_value("kept")
    await expect(tab.page.locator('[data-testid=input-chip][data-state="ready"] img')).to_be_visible()
    await expect(tab.page.get_by_test_id("options")).to_contain_text("×2")


async def test_the_language_is_the_browsers_until_it_is_chosen(open_tab: OpenTab) -> None:
    tab = await open_tab(locale="fr-FR")
    await expect(tab.page.locator("html")).to_have_attribute("lang", "fr")
    await expect(tab.page.get_by_test_id("generate")).to_have_text("Générer")
    other = await tab.page.context.new_page()
    await other.goto(tab.page.url)
    await tab.page.get_by_test_id("lang-switch").click()
    for page in (tab.page, other):
        await expect(page.get_by_test_id("generate")).to_have_text("Generate")
    await tab.page.reload()
    await expect(tab.page.get_by_test_id("generate")).to_have_text("Generate")
    await expect(tab.page.locator("html")).to_have_attribute("lang", "en")


async def test_signing_out_reaches_the_other_tab(open_tab: OpenTab) -> None:
    tab, stranger = await open_tab(), await open_tab()
    other = await tab.page.context.new_page()
    await other.goto(tab.page.url)
    await expect(other.get_by_test_id("composer")).to_be_visible(timeout=SOON)
    await tab.page.get_by_test_id("sign-out").click()
    for page in (tab.page, other):
        await expect(page.get_by_test_id("door")).to_be_visible(timeout=SOON)
    await stranger.live()


async def test_without_a_network_the_dot_says_so_and_comes_back_by_itself(open_tab: OpenTab) -> None:
    a = await open_tab()
    b = await open_tab(at=await new_project(a))
    dot = b.page.get_by_test_id("live-dot")
    await b.page.context.set_offline(True)
    await expect(dot).to_have_attribute("data-state", "offline", timeout=3_000)
    batch = await a.generate(f"unseen {QUICK}")
    await a.completed(batch)
    await expect(b.card(batch, "completed")).to_have_count(0)
    await b.page.context.set_offline(False)
    await b.completed(batch)
    await expect(dot).to_have_attribute("data-state", "live")
    assert b.loads == 1, "the link"


async def test_the_large_view_is_left_for_the_prompt_and_keeps_its_keys(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await new_project(tab)
    await edited(tab)
    newest = tab.page.get_by_test_id("view").first
    await newest.click()
    large = tab.page.get_by_test_id("lightbox")
    first = str(await large.get_attribute("data-id"))
    # The button that has the focus goes with its picture; the keys must not go with it.
    await tab.page.get_by_test_id("compare").click()
    await tab.page.get_by_test_id("compare").focus()
    await tab.page.keyboard.press("ArrowRight")
    await expect(large).not_to_have_attribute("data-id", first)
    await tab.page.keyboard.press("ArrowLeft")
    await expect(large).to_have_attribute("data-id", first)
    await tab.page.get_by_test_id("reuse").click()
    await expect(large).to_have_count(0)
    await expect(tab.page.get_by_test_id("prompt")).to_be_focused()
    assert tab.errors == []


async def test_pictures_of_one_request_share_one_message(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await new_project(tab)
    await tab.page.get_by_test_id("options").click()
    await tab.page.get_by_test_id("count-more").click()
    await tab.page.keyboard.press("Escape")
    batch = await tab.generate(f"two of them {QUICK}")
    await expect(tab.card(batch, "completed")).to_have_count(2, timeout=PAINTED)
    await expect(tab.page.get_by_test_id("toast")).to_have_count(1)
    await expect(tab.page.get_by_test_id("toast")).to_contain_text("2 pictures are ready.")
