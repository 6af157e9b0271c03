"""What a person does on the page, in a word each."""

from __future__ import annotations

from playwright.async_api import FilePayload, Locator, expect

from tests.e2e.watched_page import WatchedPage
from tests.pictures import camera_jpeg, scene

SOON = 10_000
PAINTED = 30_000
# A plain picture at once, and nothing goes wrong.
QUICK = "[[small]] [[ok]] [[duration:0.1]]"


def picture(name: str, side: int = 64) -> FilePayload:
    """A JPEG; one of 900 pixels a side has some 200 kB."""
    return {"name": name, "mimeType": "image/jpeg", "buffer": camera_jpeg(scene(side, side))}


async def new_project(tab: WatchedPage) -> str:
    """Make a project and open it; answers its address."""
    await tab.page.get_by_test_id("new-project").click()
    await tab.page.get_by_test_id("project-name").press("Enter")
    await expect(tab.page.get_by_test_id("sample")).to_be_visible(timeout=SOON)
    return tab.page.url


async def visit(tab: WatchedPage, address: str) -> None:
    """Go there by the address bar."""
    await tab.page.goto(address)
    await tab.live()


async def chosen(tab: WatchedPage, *files: FilePayload) -> None:
    """Choose files with the button."""
    await tab.page.get_by_test_id("file-input").set_input_files(list(files))


async def edited(tab: WatchedPage) -> None:
    """Make a picture from another one."""
    await chosen(tab, picture("before.jpg"))
    await tab.generate(f"after {QUICK}")
    await expect(cards(tab, "completed")).to_have_count(2, timeout=PAINTED)


async def slow_uplink(tab: WatchedPage, bytes_a_second: int) -> None:
    """What goes up goes slowly from now on."""
    session = await tab.page.context.new_cdp_session(tab.page)
    await session.send("Network.enable")
    conditions = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_a_second}
    await session.send("Network.emulateNetworkConditions", conditions)


def cards(tab: WatchedPage, status: str | None = None) -> Locator:
    """The cards on the page, or those in that state."""
    return tab.page.locator(f"[data-testid=card]{f'[data-status={status}]' if status else ''}")
