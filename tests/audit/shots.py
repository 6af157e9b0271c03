"""Draws every view in every look into small files."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser

from tests.audit.scene import Scene
from tests.audit.views import LOOKS, VIEWS, drawn, signed_in
from tests.running import ROOT, Running

FOLDER = ROOT / "docs" / "screenshots"
WIDEST = 960
QUALITY = 60


async def draw(browser: Browser, atelier: Running, scene: Scene) -> int:
    """All of them, in place of those that are there; how many."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.webp"):
        old.unlink()
    for look in LOOKS:
        async with signed_in(browser, atelier, scene, look) as page:
            for name, visit in VIEWS.items():
                await visit(page, scene)
                await drawn(page)
                keep(await page.screenshot(animations="disabled"), FOLDER / f"{name}-{look}.webp")
        print(f"{look}: {len(VIEWS)} views", flush=True)
    return len(LOOKS) * len(VIEWS)


def keep(png: bytes, path: Path) -> None:
    """Write it small."""
    with Image.open(io.BytesIO(png)) as drawn:
        drawn.thumbnail((WIDEST, 2 * WIDEST))
        drawn.convert("RGB").save(path, "WEBP", quality=QUALITY, method=6)
