"""Who is told of what: outcomes of generations, to their authors, as far as these want it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from server.core.image import Image, Kind, Status
from server.core.notices import CHOSEN, DEFAULT, Choices, NoticeKind, outcome_key, outcome_of

NOW = datetime(2031, 1, 1, tzinfo=UTC)
IMAGE = Image(uuid4(), uuid4(), uuid4(), Kind.GENERATION, Status.COMPLETED, 1, NOW, NOW, author=uuid4())


@pytest.mark.parametrize("status", Status)
def test_only_a_good_and_a_bad_end_are_outcomes(status: Status) -> None:
    known = {Status.COMPLETED: NoticeKind.READY, Status.FAILED: NoticeKind.FAILED}
    assert outcome_of(replace(IMAGE, status=status)) is known.get(status)


def test_nobody_is_told_of_uploads_of_the_trash_or_where_there_is_nobody() -> None:
    for changes in ({"kind": Kind.UPLOAD}, {"trashed_at": NOW}, {"author": None}):
        assert outcome_of(replace(IMAGE, **changes)) is None


def test_batches_are_off_until_somebody_wants_them_and_a_test_is_never_off() -> None:
    assert {NoticeKind.READY, NoticeKind.FAILED, NoticeKind.CREDITS_LOW} == DEFAULT
    assert {NoticeKind.BATCH} == CHOSEN - DEFAULT
    nothing = Choices(frozenset(), frozenset())
    assert [kind for kind in NoticeKind if nothing.wants(kind, None, CHOSEN)] == [NoticeKind.TEST]


def test_a_person_a_device_and_a_project_can_each_say_no() -> None:
    project, other = uuid4(), uuid4()
    choices = Choices(muted=frozenset({other}))
    assert choices.wants(NoticeKind.READY, project, ())
    assert not choices.wants(NoticeKind.READY, other, ())
    assert not choices.wants(NoticeKind.READY, project, {NoticeKind.READY})
    assert not choices.wants(NoticeKind.BATCH, project, ())
    assert choices.wants(NoticeKind.CREDITS_LOW, None, {NoticeKind.READY})


def test_a_device_knows_an_outcome_by_its_picture_and_attempt() -> None:
    assert outcome_key(IMAGE.id, 2) == f"{IMAGE.id}:2"
