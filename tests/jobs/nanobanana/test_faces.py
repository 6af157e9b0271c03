"""The table of faces: it is whole, people can read it, and the protocol takes every face for what the table says."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from typing import Any

import httpx
import pytest

from jobs.nanobanana.client import NanoBanana
from jobs.nanobanana.codes import MEANINGS
from jobs.nanobanana.faces import AFTER_HALT, AFTER_PROBLEM, FACES, Face, Remedy, Side
from jobs.nanobanana.protocol import Submission
from jobs.nanobanana.simulator.behaviours import BEHAVIOURS
from server.core import facts as f
from server.core.errors import ProblemCode
from server.core.facts import Halt
from server.core.image import Status
from tests.pages import DOCS, ROOT
from tests.studio import free_port

# How the simulator works, not what the provider looks like.
OF_THE_SIMULATOR = {"duration", "small"}
REMEDIES = (ROOT / "web/src/remedies.ts").read_text()
LANGUAGES = ("en", "fr")


def of(*sides: Side) -> list[Face]:
    """The faces of some sides that the simulator shows."""
    return [face for face in FACES if face.side in sides and face.shown_by]


def prompt(face: Face) -> str:
    """What to ask the simulator for, to see it."""
    return " ".join(["a boat [[small]]", *(f"[[{behaviour}]]" for behaviour in face.shown_by.split())])


# The table is whole


def test_every_behaviour_of_the_simulator_is_a_face() -> None:
    shown = {behaviour.partition(":")[0] for face in FACES for behaviour in face.shown_by.split()}
    assert shown == set(BEHAVIOURS) - OF_THE_SIMULATOR


def test_every_face_is_named_once() -> None:
    names = [(face.side, face.name) for face in FACES]
    assert len(names) == len(set(names)) > 90


def test_every_code_has_a_face_on_submit_and_on_record_info() -> None:
    def codes(side: Side) -> set[int]:
        return {int(code) for face in FACES if face.side is side for code in re.findall(r"\b\d{3}\b", face.sign)}

    assert set(MEANINGS) <= codes(Side.SUBMIT)
    assert set(MEANINGS) <= codes(Side.RECORD)


def test_every_halt_and_every_problem_of_the_provider_has_a_face() -> None:
    assert {face.halt for face in FACES if face.halt} == set(Halt) - {Halt.HELD}
    ours = {ProblemCode.BAD_IMAGE, ProblemCode.INPUT_FAILED, ProblemCode.SAVE_TIMED_OUT, ProblemCode.EXPIRED}
    assert {face.problem for face in FACES if face.problem} == set(ProblemCode) - ours


def test_what_fails_has_a_problem_what_waits_a_reason_and_nothing_paid_fails_untold() -> None:
    for face in FACES:
        assert (face.status is Status.FAILED) == (face.problem is not None), face
        assert (face.status is Status.PENDING) == (face.halt is not None), face
        assert face.status in (Status.COMPLETED, Status.FAILED, Status.PENDING), face
        if face.tasks and face.status is Status.FAILED:
            assert face.charged, face
        if face.tasks and face.charged and face.status is Status.COMPLETED:
            pytest.fail(f"{face} is there: nobody asks whether it was paid for")


# People can read it


def row(face: Face) -> tuple[str, ...]:
    """A line of the page."""
    shown = " ".join(f"`{behaviour}`" for behaviour in face.shown_by.split()) or "nobody listening"
    ends = f"`{face.problem or face.halt}`" if face.problem or face.halt else str(face.status)
    return face.name, face.sign, shown, face.fact.__name__, ends, "maybe" if face.charged else "", str(face.remedy)


def test_the_page_holds_the_table() -> None:
    page = (DOCS / "nanobanana.md").read_text()
    for side in Side:
        [table] = re.findall(
            rf"^### Faces of {side}\n\n\|.*\n\|[-|]*\n((?:\|.*\n)+)", page, re.MULTILINE | re.IGNORECASE
        )
        told = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in table.splitlines()]
        assert told == [row(face) for face in FACES if face.side is side]


def test_every_problem_and_every_halt_has_one_remedy() -> None:
    assert set(AFTER_PROBLEM) == set(ProblemCode)
    assert set(AFTER_HALT) == set(Halt)
    assert Remedy.WAIT not in AFTER_PROBLEM.values()
    assert set(AFTER_HALT.values()) == {Remedy.WAIT, Remedy.OPERATOR}


def test_the_pages_buttons_are_those_of_the_table() -> None:
    [body] = re.findall(r"^export const AFTER_PROBLEM\b.*?\{\n(.*?)^\}", REMEDIES, re.MULTILINE | re.DOTALL)
    buttons = re.findall(r"^  (\w+): (?:'(\w+)'|null),$", body, re.MULTILINE)
    assert len(buttons) == len(body.splitlines())
    assert {code: button or "nothing" for code, button in buttons} == {
        str(code): str(remedy) for code, remedy in AFTER_PROBLEM.items()
    }


def sentences(language: str, table: str = "problems") -> dict[str, str]:
    """The page's sentences in a language: by code, or the words of its cards."""
    source = (ROOT / "web/src/i18n" / f"{language}.ts").read_text()
    start = rf"^const {table}: .*?\{{\n(.*?)^\}}" if table == "problems" else rf"^  {table}: \{{\n(.*?)^  \}}"
    [body] = re.findall(start, source, re.MULTILINE | re.DOTALL)
    return {key: words for key, _, words in re.findall(r"^ +(\w+): ?\n? *(['\"`])(.*?)\2,$", body, re.MULTILINE)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_has_a_sentence_of_its_own(language: str) -> None:
    told = sentences(language)
    assert set(told) >= {str(code) for code in ProblemCode}
    assert len(set(told.values())) >= len(told) - 1


@pytest.mark.parametrize(("language", "paid", "again"), [("en", "paid for", "again"), ("fr", "payée", "à nouveau")])
def test_what_may_have_been_paid_for_says_so_and_that_a_retry_costs_again(language: str, paid: str, again: str) -> None:
    """The card adds one sentence to whatever was charged, except where the problem is that very doubt."""
    added = sentences(language, "card")["charged"]
    doubt = sentences(language)[ProblemCode.MAY_HAVE_BEEN_CHARGED]
    for sentence in (added, doubt):
        assert paid in sentence and again in sentence, sentence
    card = "".join(path.read_text() for path in (ROOT / "web/src/view").glob("*.tsx"))
    assert "error?.charged" in card and "card.charged" in card


# The protocol takes every face for what the table says


async def no_intent() -> None:
    """Nothing has to be committed first."""


async def submitted(client: NanoBanana, face: Face) -> Any:
    return await client.submit(1, Submission("nano-banana-2", prompt(face)), no_intent)


def told(fact: Any) -> tuple[str, Any, Any]:
    """A fact's class, its halt, its problem."""
    problem = getattr(fact, "problem", None)
    return type(fact).__name__, getattr(fact, "halt", None), problem and (problem.code, problem.charged)


def foreseen(face: Face) -> tuple[str, Any, Any]:
    """What the table says of that."""
    speaks = face.fact in (f.Rejected, f.GenerationFailed)
    problem = (face.problem or ProblemCode.INPUT_UNREACHABLE, face.charged) if speaks else None
    return face.fact.__name__, face.halt, problem


async def compare(faces: Iterable[Face], look: Any) -> None:
    chosen = list(faces)
    assert chosen
    found = await asyncio.gather(*(look(face) for face in chosen))
    names = [face.name for face in chosen]
    assert dict(zip(names, map(told, found), strict=True)) == dict(zip(names, map(foreseen, chosen), strict=True))


async def test_the_answer_to_a_submit_is_taken_for_what_the_table_says(simulator_url: str) -> None:
    client = NanoBanana(simulator_url, "key", submit_timeout=4.0)
    others = [face for face in of(Side.SUBMIT) if face.halt is not Halt.MAINTENANCE]
    await compare(others, lambda face: submitted(client, face))
    # While it lasts, nobody else is taken.
    await compare([face for face in of(Side.SUBMIT) if face not in others], lambda face: submitted(client, face))
    await client.aclose()


async def test_where_nobody_listens_nothing_was_sent() -> None:
    client = NanoBanana(f"http://127.0.0.1:{free_port()}", "key")
    await compare([face for face in FACES if not face.shown_by], lambda face: submitted(client, face))
    await client.aclose()


async def test_the_record_is_taken_for_what_the_table_says(simulator_url: str) -> None:
    client = NanoBanana(simulator_url, "key")
    async with httpx.AsyncClient(base_url=simulator_url, timeout=30) as control:

        async def look(face: Face) -> Any:
            accepted = await submitted(client, face)
            assert isinstance(accepted, f.Accepted), (face, accepted)
            if face.fact is not f.Generating:
                await control.get(f"/simulator/tasks/{accepted.task_id}?until=done&timeout=20")
            return (await client.ask(1, accepted.task_id)).fact

        await compare(of(Side.RECORD, Side.CALLBACK), look)
    await client.aclose()
