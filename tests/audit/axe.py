"""What axe finds wrong for people who hear, zoom or cannot tell colours apart, in every view and look."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page

from tests.audit.scene import Scene
from tests.audit.views import LOOKS, VIEWS, signed_in
from tests.running import Running

SCRIPT = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def check(browser: Browser, atelier: Running, scene: Scene) -> list[str]:
    """A line for each violation; none is what is wanted."""
    found: list[str] = []
    for look in LOOKS:
        async with signed_in(browser, atelier, scene, look) as page:
            for name, visit in VIEWS.items():
                await visit(page, scene)
                found += [f"{name}-{look}: {line}" for line in await violations(page)]
        print(f"axe {look}: {len(found)} violations so far", flush=True)
    return found


async def violations(page: Page) -> list[str]:
    """What axe says of the page as it is now."""
    # As a browser's own tool and not as a script of the page, whose policy would not let it in.
    await page.evaluate(SCRIPT.read_text())
    answer: dict[str, Any] = await page.evaluate(
        "(tags) => axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] })", RULES
    )
    return [
        f"{violation['id']} ({violation['impact']}): {node['target'][0]} {node['html'][:140]}"
        for violation in answer["violations"]
        for node in violation["nodes"]
    ]
