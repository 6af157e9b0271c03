"""The checker, fed with histories that went wrong: it says so of each, and nothing of a good one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.chaos.checker import GRACE, Harm, complaints
from tests.chaos.history import History, Pushed, Row, Task, Told, Try
from tests.chaos.record import Record

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SPACE, ID = UUID(int=1), UUID(int=2)
ASKED = "a cat"
STORED = {"original": {"key": "1/2/original-ab.jpg", "size": 9}}
TASK = Task("t1", ASKED, done=True, good=True)


def row(**fields: Any) -> Row:
    done = {"status": "completed", "version": 5, "renditions": STORED}
    return Row(**{"id": ID, "workspace": SPACE, "kind": "generation", "prompt": ASKED, **done, **fields})


def unfinished(status: str = "processing", **fields: Any) -> Row:
    soon = {"wake_at": NOW + timedelta(seconds=1), "deadline_at": NOW + timedelta(seconds=9), "renditions": {}}
    return row(status=status, **{**soon, **fields})


def failed(code: str, charged: bool = True) -> Row:
    return row(status="failed", renditions={}, error={"code": code, "charged": charged})


def told(row: Row, **fields: Any) -> Told:
    return Told(**{"name": "a", "workspace": SPACE, "seq": 7, "images": {ID: (row.version, row.status)}, **fields})


def history(row: Row, **fields: Any) -> History:
    """One picture that was asked for, paid, and is as `row` says."""
    record = Record()
    asked = record.ask(ASKED, 1)
    asked.answered, asked.ids = True, [ID]
    good: dict[str, Any] = {
        "now": NOW,
        "rows": {ID: row},
        "tries": (Try(ID, "t1", settled=True),),
        "tops": {SPACE: 7},
        "tabs": (told(row),),
        "charges": (ASKED,),
        "tasks": (TASK,),
        "record": record,
        "promised": {ID: ASKED},
    }
    return History(**{**good, **fields})


def harms(history: History) -> list[Harm]:
    return [complaint.harm for complaint in complaints(history)]


@pytest.mark.parametrize(
    "good",
    [
        history(row()),
        history(unfinished()),
        history(failed("may_have_been_charged"), tries=(Try(ID, None, settled=False),)),
        history(unfinished("unknown"), tries=(Try(ID, None, settled=False),)),
        history(failed("timed_out"), tries=(Try(ID, "t1", settled=False, wake_at=NOW),)),
        history(failed("bad_result"), tasks=(replace(TASK, good=False),)),
        history(unfinished("pending", deadline_at=NOW - GRACE * 2), paused=True, tasks=(), charges=()),
        history(row(trashed_at=NOW), tabs=(told(row(), images={}),)),
        history(row(), tabs=(told(row(), images={ID: (6, "completed")}),)),
    ],
    ids=lambda given: next(iter(given.rows.values())).status,
)
def test_a_good_day_has_no_complaint(good: History) -> None:
    assert complaints(good) == []


def test_a_charge_too_many() -> None:
    assert harms(history(row(), charges=(ASKED, ASKED))) == [Harm.DOUBLE]


def test_an_explicit_retry_may_be_charged() -> None:
    twice = history(row(), charges=(ASKED, ASKED))
    twice.record.asked[ASKED].retries = 1
    assert harms(twice) == []


def test_a_charge_that_nobody_asked_for() -> None:
    assert harms(history(row(), charges=(ASKED, "a dog"))) == [Harm.DOUBLE]


def test_a_row_too_many() -> None:
    second = row(id=UUID(int=3))
    images = {ID: (5, "completed"), second.id: (5, "completed")}
    twice = history(row(), rows={ID: row(), second.id: second}, tabs=(told(row(), images=images),))
    assert harms(twice) == [Harm.DOUBLE]
    assert harms(replace(twice, rows={ID: row(), second.id: replace(second, late=True)})) == []


def test_a_row_that_was_promised_and_is_gone() -> None:
    assert Harm.LOST in harms(history(row(), rows={}))


@pytest.mark.parametrize(
    "stuck",
    [
        unfinished(wake_at=None),
        unfinished(deadline_at=None),
        unfinished(deadline_at=NOW - GRACE * 2),
        unfinished(wake_at=NOW - GRACE * 2),
        unfinished("pending", wake_at=NOW - GRACE * 2),
    ],
)
def test_a_row_that_nobody_looks_after(stuck: Row) -> None:
    assert harms(history(stuck)) == [Harm.STUCK]


def test_a_row_that_has_not_ended_when_all_is_calm() -> None:
    assert harms(history(unfinished(), calm=True)) == [Harm.STUCK]


@pytest.mark.parametrize("end", [failed("generation_failed"), failed("may_have_been_charged")])
def test_a_paid_picture_whose_task_is_known_and_that_nobody_asks_for(end: Row) -> None:
    assert harms(history(end)) == [Harm.LOST]
    assert harms(history(end, tries=(Try(ID, "t1", settled=False),))) == [Harm.LOST]


@pytest.mark.parametrize(
    "end", [failed("generation_failed"), failed("may_have_been_charged", charged=False), failed("input_failed")]
)
def test_a_paid_picture_that_is_not_honestly_said_to_be_gone(end: Row) -> None:
    assert harms(history(end, tries=(Try(ID, None, settled=False),))) == [Harm.LOST]


@pytest.mark.parametrize(
    "tab",
    [
        {"seq": 6},
        {"seq": None},
        {"images": {}},
        {"images": {ID: (4, "processing")}},
        {"images": {ID: (5, "processing")}},
        {"faults": ("an event begins at 9 and we are at 7",)},
    ],
    ids=str,
)
def test_a_tab_that_is_wrong(tab: dict[str, Any]) -> None:
    assert harms(history(row(), tabs=(told(row(), **tab),))) == [Harm.SCREEN]


def test_a_file_that_is_not_there() -> None:
    assert harms(history(row(), missing=("1/2/original-ab.jpg",))) == [Harm.STORE]


def test_a_completed_picture_without_files() -> None:
    assert Harm.STORE in harms(history(row(renditions={})))


PLACE = {SPACE: "ada"}
TELLING = Pushed("ada", "p", "t", (f"{ID}:1",))
OTHER = f"{UUID(int=4)}:1"


@pytest.mark.parametrize(
    "good",
    [
        history(row(), devices=PLACE),
        history(row(), calm=True),
        history(row(), devices=PLACE, pushes=(TELLING,), calm=True),
        history(row(trashed_at=NOW), devices=PLACE, calm=True),
        history(row(attempt=2), devices=PLACE, pushes=(TELLING, replace(TELLING, outcomes=(f"{ID}:2", f"{ID}:1")))),
        history(row(), devices=PLACE, pushes=(TELLING, replace(TELLING, excused=True)), calm=True),
        history(row(), devices=PLACE, pushes=(TELLING, replace(TELLING, device="quiet"), replace(TELLING, tag="q"))),
    ],
    ids=["not-yet", "no-device", "told", "in-the-trash", "another-try", "somebody-died", "elsewhere"],
)
def test_what_was_told_as_it_should_be(good: History) -> None:
    assert complaints(good) == []


@pytest.mark.parametrize(
    "pushes",
    [(), (replace(TELLING, device="quiet"),), (replace(TELLING, outcomes=(f"{ID}:2", OTHER)),)],
    ids=["nothing", "elsewhere", "of-another-try"],
)
def test_an_outcome_that_a_device_was_never_told(pushes: tuple[Pushed, ...]) -> None:
    assert harms(history(row(), devices=PLACE, pushes=pushes, calm=True)) == [Harm.UNTOLD]


@pytest.mark.parametrize(
    "again",
    [
        TELLING,
        replace(TELLING, outcomes=(OTHER,), topic="u"),
        replace(TELLING, topic="u", excused=True),
        replace(TELLING, outcomes=()),
    ],
    ids=["without-a-reason", "beside-the-first", "beside-it-though-somebody-died", "of-nothing"],
)
def test_a_device_that_is_told_twice(again: Pushed) -> None:
    assert harms(history(row(), devices=PLACE, pushes=(TELLING, again))) == [Harm.TOLD_TWICE]


def test_what_failed_twice_before_an_attempt_began_is_one_outcome_to_a_device() -> None:
    twice = history(
        failed("input_failed", charged=False), tasks=(), charges=(), devices=PLACE, pushes=(TELLING, TELLING)
    )
    assert harms(twice) == [Harm.TOLD_TWICE]
    twice.record.asked[ASKED].retries = 1
    assert harms(twice) == []
