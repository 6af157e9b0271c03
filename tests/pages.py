"""The project's pages, and how to read them."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
FOLDERS = ("docs", "server", "jobs", "web", "tests", "migrations")
PASSED_OVER = {"node_modules", "dist"}


def _pages() -> Iterator[Path]:
    yield from sorted(ROOT.glob("*.md"))
    for name in FOLDERS:
        for folder, folders, files in os.walk(ROOT / name):
            folders[:] = sorted(inner for inner in folders if inner not in PASSED_OVER)
            yield from (Path(folder) / file for file in sorted(files) if file.endswith(".md"))


PAGES = list(_pages())
READMES = (ROOT / "README.md", ROOT / "README.fr.md")
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def prose(text: str) -> str:
    """The page without its code blocks."""
    return FENCE.sub("", text)


def blocks(text: str, language: str) -> list[str]:
    return [body for name, body in FENCE.findall(text) if name == language]


def headings(text: str) -> list[tuple[int, str]]:
    found = re.findall(r"^(#+) (.+)$", prose(text), re.MULTILINE)
    return [(len(marks), title) for marks, title in found]


def anchors(page: Path) -> set[str]:
    """The names that a page's headings can be linked by, as code hosts make them."""
    seen: Counter[str] = Counter()
    found = set()
    for _, title in headings(page.read_text()):
        name = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        found.add(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return found


def spans(text: str) -> set[str]:
    return set(re.findall(r"`([^`\n]+)`", prose(text)))


def typed(text: str) -> str:
    return "\n".join([*blocks(text, "sh"), *spans(text)])


def commands(text: str) -> set[str]:
    """The commands of `atelier` that a page names."""
    return set(re.findall(r"(?:^|[ /])atelier ((?:user|key|queue|stream) [a-z]+|[a-z]+)", typed(text), re.MULTILINE))
