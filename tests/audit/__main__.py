"""`python -m tests.audit`: Lighthouse, axe and the weight of the page; `screenshots` draws every view instead."""

from __future__ import annotations

import argparse
import asyncio
import gzip
import re
import sys
import tempfile

from playwright.async_api import Playwright, async_playwright

from server.api.page import DIST
from tests.audit import axe, lighthouse, shots
from tests.audit.packages import install
from tests.audit.scene import Scene, fill
from tests.audit.views import live
from tests.chromium import find_chromium
from tests.running import Running, running
from tests.studio import free_port

FLAGS = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--force-color-profile=srgb"]
GENEROUS = {"GENERATION_RATE": "1000", "WRITE_RATE": "1000", "NANOBANANA_SIMULATOR_SPEED": "12"}
CALM = {"failure_rates": {"never": 0, "flag_3": 0, "flag_2": 0}, "duration": 0.2}
MOST_SCRIPT = 70_000
FEW, MANY = 24, 200


def main() -> int:
    """Returns 0 where everything is as it should be."""
    parser = argparse.ArgumentParser(prog="tests.audit", description=__doc__)
    parser.add_argument("what", nargs="*", default=["axe", "lighthouse"], help="axe, lighthouse, screenshots")
    return asyncio.run(_audit(parser.parse_args().what))


async def _audit(what: list[str]) -> int:
    browser_path = find_chromium()
    if browser_path is None:
        raise SystemExit("Chromium is missing: install it with `apt-get install chromium`, or set CHROMIUM.")
    environment = install() if {"axe", "lighthouse"} & set(what) else {}
    wrong: list[str] = []
    async with running(**GENEROUS) as atelier, async_playwright() as playwright:
        await atelier.simulate(**CALM)
        browser = await playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        if {"axe", "screenshots"} & set(what):
            scene = await fill(atelier, "ada@example.org", FEW)
            if "screenshots" in what:
                print(f"{await shots.draw(browser, atelier, scene)} pictures in {shots.FOLDER}")
            if "axe" in what:
                wrong += await axe.check(browser, atelier, scene)
        await browser.close()
        if "lighthouse" in what:
            wrong += _weigh()
            many = await fill(atelier, "bob@example.org", MANY)
            for marks in await _lighthouse(playwright, browser_path, atelier, many, environment):
                print(marks, flush=True)
                wrong += [] if marks.good else [f"Lighthouse, {marks.form}: less than wanted"]
    print("\n".join(wrong) or "Nothing is wrong.")
    return 1 if wrong else 0


def _weigh() -> list[str]:
    """The scripts that the page loads before it is there, compressed, in bytes."""
    html = (DIST / "index.html").read_text()
    names = set(re.findall(r'(?:src|href)="/?([^"?]+\.js)[?"]', html))
    weight = sum(len(gzip.compress((DIST / name).read_bytes(), 9)) for name in names)
    print(f"initial JavaScript: {weight / 1000:.1f} kB compressed, in {len(names)} files", flush=True)
    return [] if weight <= MOST_SCRIPT else [f"initial JavaScript: {weight} bytes, of {MOST_SCRIPT}"]


async def _lighthouse(
    playwright: Playwright, browser: str, atelier: Running, scene: Scene, environment: object
) -> list[lighthouse.Marks]:
    """It looks through a browser's own profile, so the signing in is done in that one."""
    assert isinstance(environment, dict)
    port = free_port()
    with tempfile.TemporaryDirectory() as profile:
        context = await playwright.chromium.launch_persistent_context(
            profile, executable_path=browser, args=[*FLAGS, f"--remote-debugging-port={port}"]
        )
        page = await context.new_page()
        await page.goto(await atelier.link(scene.email))
        await live(page)
        await page.close()
        try:
            return await lighthouse.measure(atelier, scene, port, environment)
        finally:
            await context.close()


if __name__ == "__main__":
    sys.exit(main())
