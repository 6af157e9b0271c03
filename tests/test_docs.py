"""What the pages say is what the code does: links, names, queries, lines of the logs, and the machine's diagram."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from server.core.image import Status
from server.core.lifecycle import TRANSITIONS
from server.core.limits import Policy
from server.settings import Settings
from tests.pages import DOCS, LINK, PAGES, ROOT, anchors, blocks, headings, named, prose

LIFE = (DOCS / "life-of-an-image.md").read_text()
DEBUGGING = (DOCS / "debugging.md").read_text()


# Links


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(prose(page.read_text())):
        if re.match(r"[a-z]+:", target):
            assert target.startswith("https://"), target
            continue
        place, _, anchor = target.partition("#")
        there = (page.parent / place).resolve() if place else page
        assert there.exists(), target
        assert there.is_relative_to(ROOT), target
        if anchor:
            assert anchor in anchors(there), target


def test_the_pages_are_found() -> None:
    assert {"README.md", "README.fr.md", "docs/life-of-an-image.md", "server/README.md"} <= {named(p) for p in PAGES}


# The life of an image

REFERENCE = re.compile(r"\[`([\w./-]+):([\w.]+)`\]\(([^)]+)\)")
REFERENCES = REFERENCE.findall(LIFE)


def names_of_python(source: str) -> Iterator[str]:
    """Functions, classes with their methods, and values of a module's top level."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.ClassDef):
            yield node.name
            methods = (part for part in node.body if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef))
            yield from (f"{node.name}.{method.name}" for method in methods)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def names_of_typescript(source: str) -> Iterator[str]:
    yield from re.findall(r"\b(?:function|class|const|interface) (\w+)\b", source)
    yield from re.findall(r"^  (?:private |async )*(\w+)\([^)]*\)[^{\n]*\{$", source, re.MULTILINE)


def names_of_sql(source: str) -> Iterator[str]:
    yield from re.findall(r"CREATE (?:UNLOGGED )?TABLE (\w+)", source)


NAMES = {".py": names_of_python, ".ts": names_of_typescript, ".tsx": names_of_typescript, ".sql": names_of_sql}


@pytest.mark.parametrize(("path", "name", "target"), REFERENCES)
def test_every_function_of_the_road_exists(path: str, name: str, target: str) -> None:
    assert (DOCS / target).resolve() == ROOT / path
    source = (ROOT / path).read_text()
    assert name in set(NAMES[Path(path).suffix](source))


def test_the_road_is_told_from_the_page_to_the_page() -> None:
    roots = [path.split("/")[0] for path, _, _ in REFERENCES]
    assert len(REFERENCES) > 60
    assert roots[0] == "web"
    assert {"web", "server", "jobs", "migrations"} == set(roots)


def test_the_diagram_is_the_table_of_transitions() -> None:
    """Every move with the names of its facts, nothing more, nothing less."""
    moves: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for (status, fact), transition in TRANSITIONS.items():
        for to in transition.to:
            moves[str(status), str(to)].add(fact.__name__)
    (diagram,) = blocks(LIFE, "mermaid")
    head, *lines = diagram.strip().splitlines()
    assert head == "stateDiagram-v2"
    drawn = {}
    for line in lines:
        if "[*]" not in line:
            match = re.fullmatch(r" *(\w+) --> (\w+): ([\w, ]+)", line)
            assert match is not None, line
            assert (match[1], match[2]) not in drawn, line
            drawn[match[1], match[2]] = set(match[3].split(", "))
    assert drawn == moves


def words_of(language: str) -> dict[str, str]:
    """The page's word for each status."""
    source = (ROOT / "web/src/i18n" / f"{language}.ts").read_text()
    (table,) = re.findall(r"^const status: .*?\{\n(.*?)^\}", source, re.MULTILINE | re.DOTALL)
    return dict(re.findall(r"(\w+): '(.*)'", table))


STATUSES = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \| .* \| (.*?) \|$", LIFE, re.MULTILINE)


def test_the_words_of_the_statuses_are_those_of_the_page() -> None:
    assert {status for status, *_ in STATUSES} == set(Status)
    assert {status: word for status, word, _, _ in STATUSES} == words_of("en")
    assert {status: word for status, _, word, _ in STATUSES} == words_of("fr")


def test_the_deadlines_of_the_statuses_are_those_of_the_machine() -> None:
    policy = Policy()
    for name in ("submit_timeout", "unknown_deadline", "processing_deadline"):
        assert getattr(policy, name) == Settings.model_fields[name].default
    units = {"s": 1, "min": 60, "h": 3600, "days": 86_400}
    told = {status: re.match(r"after (\d+) (\w+) as ", ends) for status, *_, ends in STATUSES}
    assert {status: int(m[1]) * units[m[2]] for status, m in told.items() if m} == {
        "pending": policy.pending_deadline,
        "submitting": policy.submit_timeout + policy.turn,
        "processing": policy.processing_deadline,
        "saving": policy.saving_deadline,
        "unknown": policy.unknown_deadline,
    }


def test_every_word_in_italics_stands_in_the_glossary() -> None:
    glossary = {word.lower() for word in re.findall(r"\*\*([^*]+)\*\*", (DOCS / "glossary.md").read_text())}
    for page in (LIFE, DEBUGGING):
        used = set(re.findall(r"(?<!\*)\*(\w[\w ]*)\*(?!\*)", prose(page))) - {"italics"}
        assert {word for word in used if not {word.lower(), word.lower().removesuffix("s")} & glossary} == set()


# Debugging


QUERIES = blocks(DEBUGGING, "sql")


@pytest.mark.parametrize("query", QUERIES, ids=[str(number) for number in range(1, len(QUERIES) + 1)])
async def test_every_query_to_paste_runs_and_only_reads(database_url: str, query: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction(readonly=True):
            await connection.fetch(query.replace(":'image'", "'7dde4fb5-30a7-462f-8976-bd3ba558971c'"))
    finally:
        await connection.close()


def test_every_status_has_its_part() -> None:
    parts = {title for level, title in headings(DEBUGGING) if level == 3}
    waiting = {"pending", "submitting", "unknown", "processing", "saving", "failed"}
    assert waiting <= parts


def test_every_line_of_the_logs_is_in_the_code() -> None:
    written = "\n".join(
        re.sub(r"%\w", "…", node.value)
        for folder in ("server", "jobs")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    (table,) = re.findall(r"^\| line \| process .*?\n\n", DEBUGGING, re.MULTILINE | re.DOTALL)
    lines = re.findall(r"^\| `(.+?)` \|", table, re.MULTILINE)
    assert len(lines) >= 10
    assert [line for line in lines if line not in written] == []


# The pages beside


DECISIONS = sorted((DOCS / "decisions").glob("[0-9]*.md"))


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_has_its_four_parts(page: Path) -> None:
    (_, title), *parts = headings(page.read_text())
    assert title.startswith(f"{int(page.stem[:4])}. ")
    assert [part for _, part in parts] == ["Context", "Decision", "Consequences", "Alternatives"]


def test_the_decisions_are_numbered_and_listed_with_their_titles() -> None:
    assert [int(page.stem[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    listed = re.findall(r"^\d+\. \[(.+)\]\((.+)\)$", (DOCS / "decisions" / "README.md").read_text(), re.MULTILINE)
    titles = [headings(page.read_text())[0][1].split(". ", 1)[1] for page in DECISIONS]
    assert listed == [(title, page.name) for title, page in zip(titles, DECISIONS, strict=True)]


def test_the_changelog_knows_the_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    titles = [title for level, title in headings((ROOT / "CHANGELOG.md").read_text()) if level == 2]
    assert titles[:2] == ["[Unreleased]", f"[{version}]"]
