"""What must hold after every fault, whatever it was. Pure: a history goes in, complaints come out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from tests.chaos.history import History, Pushed, Row, Task, Told

GRACE = timedelta(seconds=12)
"""How late rescue may be on a loaded machine: its round, a turn, and a step."""

HONEST = frozenset({"may_have_been_charged", "timed_out", "task_unknown"})
"""How a paid picture may end that was never brought home: shown as such, and with the money said to be gone."""


class Harm(StrEnum):
    """What a complaint is about."""

    LOST = "lost"
    DOUBLE = "double-charged"
    STUCK = "stuck"
    SCREEN = "screen"
    STORE = "store"
    BROKEN = "broken"
    UNTOLD = "untold"
    TOLD_TWICE = "told twice"


@dataclass(frozen=True, slots=True)
class Complaint:
    """A promise that was broken, in a sentence."""

    harm: Harm
    sentence: str


def complaints(history: History) -> list[Complaint]:
    """Everything that is wrong at this moment; none on a good day."""
    return [
        *_charged_too_often(history),
        *_wrong_number_of_rows(history),
        *_stuck(history),
        *_lost(history),
        *_screens(history),
        *_files(history),
        *_untold(history),
        *_told_twice(history),
    ]


def _charged_too_often(history: History) -> Iterator[Complaint]:
    for prompt, charges in Counter(history.charges).items():
        allowed = history.record.allowed(prompt)
        if charges > allowed:
            yield Complaint(Harm.DOUBLE, f"{charges} charges where {allowed} were asked for: {prompt!r}")


def _wrong_number_of_rows(history: History) -> Iterator[Complaint]:
    """A request sent again under its key is one request; what was answered is there."""
    rows = Counter(row.prompt for row in history.rows.values() if row.kind == "generation" and not row.late)
    for prompt, asked in history.record.asked.items():
        if rows[prompt] > asked.count:
            yield Complaint(Harm.DOUBLE, f"{rows[prompt]} rows where {asked.count} were asked for: {prompt!r}")
    for id, prompt in history.promised.items():
        if id not in history.rows:
            yield Complaint(Harm.LOST, f"image {id} was promised and is not there: {prompt!r}")


def _stuck(history: History) -> Iterator[Complaint]:
    late = history.now - GRACE
    for row in history.rows.values():
        if row.finished:
            continue
        waits = row.status == "pending" and history.paused
        if row.wake_at is None or row.deadline_at is None:
            yield Complaint(Harm.STUCK, f"{_name(row)} is watched by nobody")
        elif row.deadline_at < late and not waits:
            yield Complaint(Harm.STUCK, f"{_name(row)} is {history.now - row.deadline_at} past its deadline")
        elif row.wake_at < late:
            yield Complaint(Harm.STUCK, f"{_name(row)} was to be looked at {history.now - row.wake_at} ago")
        elif history.calm and not waits:
            yield Complaint(Harm.STUCK, f"{_name(row)} has not ended")


def _lost(history: History) -> Iterator[Complaint]:
    """Every paid picture that can be had is there, is on its way, or is honestly said to be gone."""
    owners: dict[str, list[UUID]] = defaultdict(list)
    unsettled: set[str] = set()
    for one in history.tries:
        if one.task is not None:
            owners[one.task].append(one.image)
            if not one.settled and one.wake_at is not None:
                # It will be asked for: that is a promise too, and it is kept slowly.
                unsettled.add(one.task)
    nameless: dict[str, list[Task]] = defaultdict(list)
    for task in history.tasks:
        if not task.done or not task.good:
            continue
        if task.id not in owners:
            nameless[task.prompt].append(task)
        elif task.id not in unsettled and not any(_kept(history.rows.get(id)) for id in owners[task.id]):
            yield Complaint(Harm.LOST, f"task {task.id} was paid, is known, and has no picture: {task.prompt!r}")
    yield from _nameless(history, nameless)


def _kept(row: Row | None) -> bool:
    return row is not None and (bool(row.renditions) or not row.finished)


def _nameless(history: History, nameless: dict[str, list[Task]]) -> Iterator[Complaint]:
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in history.rows.values():
        rows[row.prompt].append(row)
    for prompt, tasks in nameless.items():
        # An explicit retry makes a row live again, and its first attempt stays told in the ledger only.
        asked = history.record.asked.get(prompt)
        honest = sum(_honest(row) or not row.finished for row in rows[prompt]) + (asked.retries if asked else 0)
        if honest < len(tasks):
            ends = ", ".join(f"{row.status} {row.code or ''}".strip() for row in rows[prompt])
            yield Complaint(
                Harm.LOST, f"{len(tasks)} paid tasks that nobody knows, and their rows are {ends}: {prompt!r}"
            )


def _honest(row: Row) -> bool:
    """Said to be paid and not there; who asked to cancel is shown it as canceled."""
    charged = bool(row.error and row.error["charged"])
    return (row.status == "failed" and row.code in HONEST and charged) or (row.status == "canceled" and charged)


def _screens(history: History) -> Iterator[Complaint]:
    for tab in history.tabs:
        for fault in tab.faults:
            yield Complaint(Harm.SCREEN, f"tab {tab.name}: {fault}")
        top = history.tops[tab.workspace]
        if tab.seq is None or tab.seq < top:
            yield Complaint(Harm.SCREEN, f"tab {tab.name} is at {tab.seq}, its workspace at {top}")
        else:
            yield from _pictures(history, tab)


def _pictures(history: History, tab: Told) -> Iterator[Complaint]:
    for row in history.rows.values():
        if row.workspace != tab.workspace:
            continue
        shown = tab.images.get(row.id)
        if shown is None:
            # What was in the trash at a fresh start is not on the page.
            if row.trashed_at is None:
                yield Complaint(Harm.SCREEN, f"tab {tab.name} does not show {_name(row)}")
        elif shown[0] < row.version or (shown[0] == row.version and shown[1] != row.status):
            yield Complaint(Harm.SCREEN, f"tab {tab.name} shows {shown[1]} v{shown[0]} for {_name(row)}")


def _files(history: History) -> Iterator[Complaint]:
    for key in history.missing:
        yield Complaint(Harm.STORE, f"a row names a file that is not there: {key}")
    for row in history.rows.values():
        if row.status == "completed" and not row.renditions:
            yield Complaint(Harm.STORE, f"{_name(row)} has no picture")


def _untold(history: History) -> Iterator[Complaint]:
    """Whoever has a device, and no tab that shows anything, was told there of every outcome by the end."""
    if not history.calm:
        return
    named = {(push.device, key) for push in history.pushes for key in push.outcomes}
    for row in history.rows.values():
        device = history.devices.get(row.workspace)
        if device is not None and row.told and (device, row.key) not in named:
            yield Complaint(Harm.UNTOLD, f"{_name(row)} was never told at {device}")


def _told_twice(history: History) -> Iterator[Complaint]:
    """A message tells something new. One that does not takes the place of the one before, and is there for a reason."""
    known: dict[tuple[str, str], set[str]] = defaultdict(set)
    topics: dict[tuple[str, str], str] = {}
    for push in history.pushes:
        place = (push.device, push.tag)
        if topics.setdefault(place, push.topic) != push.topic:
            yield Complaint(Harm.TOLD_TWICE, f"a message to {push.device} does not take the place of the one before")
        if known[place].issuperset(push.outcomes) and not push.excused and not _tried_again(history, push):
            yield Complaint(Harm.TOLD_TWICE, f"a message to {push.device} tells nothing new: {push.outcomes[:3]}")
        known[place].update(push.outcomes)


def _tried_again(history: History, push: Pushed) -> bool:
    """What fails twice before an attempt begins is two outcomes to the server, and one to a device: it says nothing."""
    newest = push.outcomes[0].partition(":")[0] if push.outcomes else None
    prompts = [row.prompt for id, row in history.rows.items() if str(id) == newest]
    return any(asked.retries > 0 for prompt in prompts if (asked := history.record.asked.get(prompt)))


def _name(row: Row) -> str:
    return f"image {row.id} ({row.status} v{row.version}, {row.prompt!r})"
