"""Every status and every fact, against a table that is written out here by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from server.core import facts as f
from server.core.errors import Problem, ProblemCode
from server.core.events import EventKind
from server.core.image import FINISHED, Image, Kind, Status
from server.core.lifecycle import TRANSITIONS, advance, is_past
from server.core.limits import Policy
from server.core.projection import public_image
from tests.server.core.reachable_images import PICTURE, facts_about, generation, observations, reachable_images, upload

ABBREVIATIONS = {
    "pen": "pending",
    "sub": "submitting",
    "pro": "processing",
    "sav": "saving",
    "com": "completed",
    "fai": "failed",
    "can": "canceled",
    "unk": "unknown",
    ".": ".",
}
# What each fact makes of an image in each status: where it may go. A dot is an image that stays exactly as it is; a
# status in its own column is one that stays where it is, to be looked at again or with a wish noted.
TABLE = """
                  | pen     | sub         | pro         | sav         | com | fai   | can   | unk
IngestStarted     | sav .   | .           | .           | .           | .   | .     | .     | .
SubmitIntended    | sub .   | .           | .           | .           | .   | .     | .     | .
Stored            | .       | .           | .           | com can     | .   | .     | .     | .
SaveFailed        | .       | .           | .           | sav         | .   | .     | .     | .
ResultRejected    | .       | .           | .           | fai can     | .   | .     | .     | .
ResultMissing     | .       | .           | .           | sav fai can | .   | .     | .     | .
InputFailed       | fai     | .           | .           | .           | .   | .     | .     | .
Refused           | pen     | pen can .   | .           | .           | .   | .     | .     | pen can .
Rejected          | .       | pen fai can | .           | .           | .   | .     | .     | pen fai can .
Ambiguous         | .       | unk         | .           | .           | .   | .     | .     | .
Accepted          | .       | pro         | .           | .           | .   | .     | .     | pro
Generating        | .       | pro         | pro         | .           | .   | .     | .     | pro
TaskMissing       | .       | sub         | pro fai can | .           | .   | .     | .     | unk
PollFailed        | .       | sub         | pro         | .           | .   | .     | .     | unk
Generated         | .       | sav         | sav         | .           | .   | .     | .     | sav
NoOutput          | .       | pro         | pro fai can | .           | .   | .     | .     | pro
GenerationFailed  | .       | pen fai can | pen fai can | .           | .   | .     | .     | pen fai can
CancelRequested   | can     | sub .       | pro .       | sav .       | .   | .     | .     | unk .
RetryRequested    | .       | .           | .           | .           | .   | pen . | pen . | .
RefreshRequested  | .       | sub         | pro         | sav         | .   | .     | .     | unk
DeadlinePassed    | fai     | unk         | fai can     | fai can     | .   | .     | .     | fai can
"""


def read_table() -> Mapping[tuple[Status, str], frozenset[str]]:
    heading, *rows = TABLE.strip("\n").splitlines()
    statuses = [Status(ABBREVIATIONS[word.strip()]) for word in heading.split("|")[1:]]
    table = {}
    for row in rows:
        name, *cells = row.split("|")
        for status, cell in zip(statuses, cells, strict=True):
            table[status, name.strip()] = frozenset(ABBREVIATIONS[word] for word in cell.split())
    return table


EXPECTED = read_table()
PAIRS = [(status, fact) for status in Status for fact in f.FACTS]


def test_the_table_has_a_cell_for_every_status_and_fact() -> None:
    assert len(PAIRS) == 8 * 21
    assert set(EXPECTED) == {(status, fact.__name__) for status, fact in PAIRS}
    assert {type(fact) for fact in facts_about(1)} == set(f.FACTS)
    assert set(f.FACTS) == {thing for thing in vars(f).values() if _is_fact(thing)}


def _is_fact(thing: object) -> bool:
    return isinstance(thing, type) and issubclass(thing, f.Fact) and thing is not f.Fact


OUTCOMES: dict[tuple[Status, str], set[str]] = defaultdict(set)
for _one in observations():
    OUTCOMES[_one.before.status, type(_one.fact).__name__].add(_one.outcome)


@pytest.mark.parametrize(("status", "fact"), PAIRS, ids=lambda value: getattr(value, "__name__", str(value)))
def test_a_fact_leads_exactly_where_the_table_says(status: Status, fact: type[f.Fact]) -> None:
    """Every target is reached by at least one image that can really come about, and no other is."""
    assert OUTCOMES[status, fact.__name__] == EXPECTED[status, fact.__name__]


@pytest.mark.parametrize(("status", "fact"), PAIRS, ids=lambda value: getattr(value, "__name__", str(value)))
def test_transitions_name_the_same_moves(status: Status, fact: type[f.Fact]) -> None:
    cell = EXPECTED[status, fact.__name__]
    transition = TRANSITIONS.get((status, fact))
    assert (transition is None) == (cell == {"."})
    if transition is not None:
        assert {str(target) for target in transition.to} == {str(status) if word == "." else word for word in cell}


def test_finished_pictures_move_only_because_somebody_wants_another_try() -> None:
    leaving = {type(o.fact) for o in observations() if o.before.status in FINISHED and o.outcome != "."}
    assert leaving == {f.RetryRequested}


def test_a_fact_of_another_attempt_changes_nothing() -> None:
    for image in reachable_images():
        for other in {image.attempt - 1, image.attempt + 1, image.attempt + 7} - {0, -1}:
            for fact in facts_about(other):
                if not isinstance(fact, f.SubmitIntended):
                    assert is_past(image, fact)
                    assert advance(image, fact, image.phase_started_at, lambda: 0.5).image is image


def test_an_intent_opens_the_next_attempt_and_no_other() -> None:
    image = replace(generation(), attempt=2)
    opened = {number: _after(image, f.SubmitIntended(number)).attempt for number in range(6)}
    assert opened == {0: 2, 1: 2, 2: 2, 3: 3, 4: 2, 5: 2}


def test_an_event_is_told_exactly_when_a_person_can_see_a_change() -> None:
    for one in observations():
        seen = public_image(one.before) != public_image(one.step.image)
        assert one.step.events == ((EventKind.IMAGE_CHANGED,) if seen else ()), one


def test_every_unfinished_picture_ends_if_only_its_deadlines_pass() -> None:
    for image in reachable_images():
        after = _after(_after(image, f.DeadlinePassed()), f.DeadlinePassed())
        assert after.finished
        if image.cancel_requested_at is not None:
            assert after.status is Status.CANCELED


def test_an_upload_never_goes_to_the_provider() -> None:
    seen = {image.status for image in reachable_images() if image.kind is Kind.UPLOAD}
    assert seen == {Status.PENDING, Status.SAVING, Status.COMPLETED, Status.FAILED, Status.CANCELED}


# What the rules are about


def _after(image: Image, *facts: f.Fact, policy: Policy | None = None, delay: float = 1.0) -> Image:
    for fact in facts:
        now = image.phase_started_at + timedelta(seconds=delay)
        image = advance(image, fact, now, lambda: 0.5, policy or Policy()).image
    return image


PROCESSING = (f.SubmitIntended(1), f.Accepted(1, "t1"))
SAVING = (*PROCESSING, f.Generated(1, "t1", "https://files.example/x"))


def test_a_task_once_seen_may_be_missing_for_as_long_as_it_likes() -> None:
    seen = _after(generation(), *PROCESSING, f.Generating(1, "t1"))
    assert _after(seen, f.TaskMissing(1), delay=800).status is Status.PROCESSING


def test_a_task_never_seen_has_a_minute_and_four_looks() -> None:
    """The first look may come later than that, and it alone must not give up what is paid."""
    unseen = _after(generation(), *PROCESSING)
    assert _after(unseen, f.TaskMissing(1), delay=59).status is Status.PROCESSING
    assert _after(unseen, *[f.TaskMissing(1)] * 3, delay=61).status is Status.PROCESSING
    gone = _after(unseen, *[f.TaskMissing(1)] * 4, delay=61)
    assert gone.status is Status.FAILED
    assert gone.error == {"code": "task_unknown", "detail": None, "charged": True}


@pytest.mark.parametrize(
    ("before", "fact", "code"),
    [
        (PROCESSING, f.NoOutput(1, "t1"), "provider_no_output"),
        (SAVING, f.ResultMissing(1), "result_gone"),
    ],
)
def test_an_answer_without_substance_is_asked_for_three_times_more(
    before: tuple[f.Fact, ...], fact: f.Fact, code: str
) -> None:
    image = _after(generation(), *before)
    for _ in range(3):
        image = _after(image, fact)
        assert not image.finished
    image = _after(image, fact)
    assert image.error is not None
    assert image.error["code"] == code


def test_a_task_that_was_missing_at_first_may_be_without_output_as_often_as_any() -> None:
    image = _after(generation(), *PROCESSING, *[f.TaskMissing(1)] * 3)
    image = _after(image, *[f.NoOutput(1, "t1")] * 3)
    assert image.status is Status.PROCESSING
    assert _after(image, f.NoOutput(1, "t1")).status is Status.FAILED


def test_an_input_that_cannot_be_fetched_is_signed_anew_once() -> None:
    unreachable = f.Rejected(0, Problem(ProblemCode.INPUT_UNREACHABLE))
    second = _after(generation(), f.SubmitIntended(1), unreachable)
    assert (second.status, second.dispatched_at) == (Status.PENDING, None)
    assert _after(second, f.SubmitIntended(2), f.Refused(2)).status is Status.PENDING
    ended = _after(second, f.SubmitIntended(2), f.Refused(2), f.SubmitIntended(3), unreachable)
    assert ended.status is Status.FAILED


def test_a_picture_is_repeated_once_after_a_confirmed_failure() -> None:
    repeat = Policy(retry_confirmed_failure=True)
    failed = f.GenerationFailed(0, "t1", confirmed=True)
    second = _after(generation(), *PROCESSING, failed, policy=repeat)
    assert second.status is Status.PENDING
    assert _after(second, f.SubmitIntended(2), failed, policy=repeat).status is Status.FAILED
    assert _after(generation(), *PROCESSING, failed).status is Status.FAILED
    unconfirmed = replace(failed, confirmed=False)
    assert _after(generation(), *PROCESSING, unconfirmed, policy=repeat).status is Status.FAILED
    asked_for = _after(second, f.SubmitIntended(2), failed, f.RetryRequested(), f.SubmitIntended(3), policy=repeat)
    assert _after(asked_for, failed, policy=repeat).status is Status.FAILED


def test_a_refused_submit_is_no_attempt_that_was_paid() -> None:
    repeat = Policy(retry_confirmed_failure=True)
    failed = f.GenerationFailed(0, "t1", confirmed=True)
    refused = _after(generation(), f.SubmitIntended(1), f.Refused(1, f.Halt.RATE_LIMITED), policy=repeat)
    second = _after(refused, f.SubmitIntended(2), f.Accepted(2, "t1"), failed, policy=repeat)
    assert (second.status, second.attempt) == (Status.PENDING, 2)
    assert _after(second, f.SubmitIntended(3), failed, policy=repeat).status is Status.FAILED


def test_a_canceled_picture_that_was_paid_is_kept_in_the_trash() -> None:
    ended = _after(generation(), *SAVING, f.CancelRequested(), f.Stored(1, PICTURE))
    assert ended.status is Status.CANCELED
    assert ended.renditions == PICTURE
    assert ended.trashed_at == ended.finished_at


def test_a_retry_starts_afresh() -> None:
    failed = _after(generation(), *PROCESSING, f.CancelRequested(), f.DeadlinePassed(1))
    again = _after(replace(failed, trashed_at=failed.finished_at), f.RetryRequested())
    assert (again.status, again.attempt) == (Status.PENDING, 1)
    assert (again.error, again.finished_at, again.cancel_requested_at, again.trashed_at) == (None,) * 4
    assert (again.dispatched_at, again.metadata) == (None, {})


def test_what_is_stored_cannot_be_tried_again() -> None:
    kept = _after(generation(), *SAVING, f.CancelRequested(), f.Stored(1, PICTURE))
    assert _after(kept, f.RetryRequested()) is kept
    bad = _after(upload(), f.IngestStarted(), f.ResultRejected())
    assert _after(bad, f.RetryRequested()) is bad


def test_the_answer_of_an_ambiguous_submit_is_kept() -> None:
    doubtful = _after(generation(), f.SubmitIntended(1), f.Ambiguous(1, "not JSON", "x" * 5_000))
    assert doubtful.metadata["submit_answer"] == {"reason": "not JSON", "body": "x" * 2_048}
