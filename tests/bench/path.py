"""The path of a picture, measured in two real tabs of one machine: its clock is the only one, so times compare."""

from __future__ import annotations

import asyncio
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from tests.bench.figures import Figure, print_table
from tests.chromium import find_chromium
from tests.e2e.camera import camera_jpeg
from tests.running import Running, running

FLAGS = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]
GENEROUS = {"GENERATION_RATE": "1000", "WRITE_RATE": "1000", "UPLOAD_RATE": "1000"}
# How long the simulated generation takes: long enough that submitting is over.
GENERATION = 1.0

# Writes down when a request's card is first there, completed, and its picture drawn, in epoch milliseconds.
OBSERVER = """
(() => {
  const at = (window.__at = {});
  const now = () => performance.timeOrigin + performance.now();
  const mark = (name) => { if (!(name in at)) at[name] = now(); };
  addEventListener('click', (event) => {
    if (event.target.closest('[data-testid=generate]')) at.click = now();
  }, true);
  addEventListener('change', () => { at.chosen = now(); }, true);
  const look = () => {
    for (const card of document.querySelectorAll('[data-testid=card]')) {
      const { batch, status } = card.dataset;
      if (!batch) continue;
      if (!['provisional', 'uploading'].includes(status)) mark(batch + ' card');
      if (status === 'completed') {
        mark(batch + ' completed');
        const image = card.querySelector('img');
        if (image && image.complete && image.naturalWidth) mark(batch + ' picture');
        else if (image && !image.__heard) {
          image.__heard = true;
          image.addEventListener('load', look);
        }
      }
    }
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
})();
"""


async def main(runs: int) -> None:
    """Measure everything `runs` times and print the table."""
    found = find_chromium()
    if found is None:
        raise SystemExit("Chromium is missing: install it with `apt-get install chromium`, or set CHROMIUM.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(found), args=FLAGS)
        async with running(**GENEROUS) as atelier:
            with_callbacks = await _generations(browser, atelier, runs)
            uploads = await _uploads(browser, atelier, runs)
        async with running(**GENEROUS, CALLBACKS="false") as atelier:
            without = await _generations(browser, atelier, runs)
        await browser.close()
    print_table(
        [
            Figure("click to card in a second tab", with_callbacks["card"], "50"),
            Figure("provider done to picture in a second tab, with callbacks", with_callbacks["done"], "150, p95 400"),
            Figure("provider done to picture in a second tab, without callbacks", without["done"], "none set"),
            Figure("12-megapixel JPEG dropped to completed", uploads["completed"], "900"),
            Figure("12-megapixel JPEG dropped to its thumbnail in a second tab", uploads["picture"], "none set"),
        ]
    )


async def _generations(browser: Browser, atelier: Running, runs: int) -> dict[str, list[float]]:
    await atelier.simulate(duration=GENERATION)
    a, b = await _tab(browser, atelier), await _tab(browser, atelier)
    figures: dict[str, list[float]] = {"card": [], "done": []}
    for run in range(runs + 1):
        prompt = f"bench {run} [[ok]]"
        batch, click = await _generate(a, prompt)
        drawn = await _at(b, f"{batch} picture")
        tasks = (await atelier.simulator.get("/simulator/tasks")).json()["tasks"]
        done = next(task["done_at"] for task in reversed(tasks) if task["prompt"].startswith(f"bench {run} "))
        # The first run warms the parts up and does not count.
        if run:
            figures["card"].append(await _at(b, f"{batch} card") - click)
            figures["done"].append(drawn - done)
    await a.context.close()
    await b.context.close()
    return figures


async def _uploads(browser: Browser, atelier: Running, runs: int) -> dict[str, list[float]]:
    a, b = await _tab(browser, atelier), await _tab(browser, atelier)
    figures: dict[str, list[float]] = {"completed": [], "picture": []}
    photograph = camera_jpeg()
    for run in range(runs + 1):
        async with a.expect_response(lambda answer: "/uploads" in answer.url) as answered:
            await a.get_by_test_id("file-input").set_input_files(
                {"name": f"{run}.jpg", "mimeType": "image/jpeg", "buffer": photograph}
            )
        batch = (await (await answered.value).json())["images"][0]["batch"]
        chosen = float(await a.evaluate("window.__at.chosen"))
        completed, drawn = await _at(a, f"{batch} completed"), await _at(b, f"{batch} picture")
        if run:
            figures["completed"].append(completed - chosen)
            figures["picture"].append(drawn - chosen)
    return figures


async def _tab(browser: Browser, atelier: Running) -> Page:
    context = await browser.new_context(locale="en-US", viewport={"width": 1280, "height": 900})
    page = await context.new_page()
    await page.add_init_script(OBSERVER)
    await page.goto(await atelier.link())
    await page.locator('[data-testid=live-dot][data-state="live"]').wait_for(timeout=20_000)
    return page


async def _generate(page: Page, prompt: str) -> tuple[str, float]:
    await page.get_by_test_id("prompt").fill(prompt)
    async with page.expect_request(lambda request: request.url.endswith("/generations")) as asked:
        await page.get_by_test_id("generate").click()
    sent: Any = (await asked.value).post_data_json
    return str(sent["batch"]), float(await page.evaluate("window.__at.click"))


async def _at(page: Page, name: str) -> float:
    async with asyncio.timeout(30):
        handle = await page.wait_for_function("name => window.__at[name]", arg=name, polling=50)
    return float(await handle.json_value())
