"""Lighthouse on the signed-in page with many pictures, as a desktop and as a phone."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.audit.packages import FOLDER
from tests.audit.scene import Scene
from tests.running import Running

WANTED = {"performance": 95, "accessibility": 100, "best-practices": 100}
LIMIT = 240.0
RUNS = 3
FORMS = {"desktop": ["--preset=desktop"], "mobile": []}


@dataclass(frozen=True)
class Marks:
    """The scores of one form, 0 to 100, the layout shift, and what cost points."""

    form: str
    scores: Mapping[str, int]
    shift: float
    lost: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether every score is what is wanted, and nothing jumped."""
        return self.shift == 0 and all(self.scores[name] >= least for name, least in WANTED.items())

    def __str__(self) -> str:
        scores = ", ".join(f"{name} {score}" for name, score in self.scores.items())
        return "\n  ".join([f"{self.form}: {scores}, layout shift {self.shift:.3f}", *self.lost])


async def measure(atelier: Running, scene: Scene, port: int, environment: Mapping[str, str]) -> list[Marks]:
    """In the browser that listens on that port for its tools, and is signed in: the median of three, by performance."""
    address = f"{atelier.address}/p/{scene.pictures}"
    marks = []
    for form, options in FORMS.items():
        runs = [await _run(address, port, options, environment) for _ in range(RUNS)]
        runs.sort(key=lambda report: report["categories"]["performance"]["score"])
        marks.append(_marks(form, runs[RUNS // 2]))
    return marks


async def _run(address: str, port: int, options: list[str], environment: Mapping[str, str]) -> Any:
    process = await asyncio.create_subprocess_exec(
        str(Path("node_modules") / ".bin" / "lighthouse"),
        address,
        f"--port={port}",
        "--disable-storage-reset",
        "--quiet",
        "--output=json",
        f"--only-categories={','.join(WANTED)}",
        *options,
        cwd=FOLDER,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(LIMIT):
        out, _ = await process.communicate()
    assert process.returncode == 0, f"lighthouse ended with {process.returncode}"
    return json.loads(out)


def _marks(form: str, report: Mapping[str, Any]) -> Marks:
    audits = report["audits"]
    scores = {name: round(100 * report["categories"][name]["score"]) for name in WANTED}
    lost = [
        f"{audit['title']} {audit.get('displayValue', '')}".strip()
        for name in WANTED
        for reference in report["categories"][name]["auditRefs"]
        if reference["weight"] and (audit := audits[reference["id"]])["score"] not in (None, 1)
    ]
    return Marks(form, scores, audits["cumulative-layout-shift"]["numericValue"], tuple(lost))
