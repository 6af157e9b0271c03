"""What holds after any sequence of facts whatever, in any order, of any attempt, at any time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from server.core import facts as f
from server.core.image import AT_PROVIDER, Estimate, Image, Kind, Status
from server.core.lifecycle import TRANSITIONS, advance, is_past
from server.core.limits import Policy
from tests.server.core.reachable_images import facts_about, generation, late_picture, upload

MANY = settings(max_examples=80, deadline=None)
LONGEST = 25


@dataclass
class Walk:
    """An image and what has happened to it."""

    image: Image
    policy: Policy
    steps: list[tuple[Image, f.Fact, Image]] = field(default_factory=list)


POLICIES = st.builds(
    lambda factor, retry: replace(Policy(), retry_confirmed_failure=retry).scaled(factor),
    st.sampled_from([1.0, 0.1, 0.01, 0.001]),
    st.booleans(),
)
ESTIMATES = st.none() | st.floats(0.1, 5_000).map(lambda p50: Estimate(p50, p50 * 2))


@st.composite
def walks(draw: st.DrawFn, policies: st.SearchStrategy[Policy] = POLICIES) -> Walk:
    """A picture, and what happens to it."""
    start = draw(st.sampled_from([upload, generation, generation, generation, late_picture]))()
    walk = Walk(replace(start, estimate=draw(ESTIMATES)), draw(policies))
    now = start.phase_started_at
    for _ in range(draw(st.integers(0, LONGEST))):
        now += timedelta(seconds=draw(st.floats(0, 4_000)))
        fact, dice = draw(_facts(walk.image)), draw(st.floats(0, 1, exclude_max=True))
        after = advance(walk.image, fact, now, lambda dice=dice: dice, walk.policy).image
        walk.steps.append((walk.image, fact, after))
        walk.image = after
    return walk


def _facts(image: Image) -> st.SearchStrategy[f.Fact]:
    """Any fact of any attempt; more often one that this status knows, else nothing would ever get far."""
    own = facts_about(image.attempt)
    foreign = facts_about(image.attempt + 1) + facts_about(max(0, image.attempt - 1))
    moving = [fact for fact in own if (image.status, type(fact)) in TRANSITIONS]
    return st.sampled_from(moving or own) | st.sampled_from(moving or own) | st.sampled_from(own + foreign)


@MANY
@given(walks())
def test_what_is_unfinished_is_watched_and_what_is_finished_is_not(walk: Walk) -> None:
    for _, _, image in walk.steps:
        if image.finished:
            assert (image.wake_at, image.deadline_at, image.dispatched_at) == (None, None, None)
            assert image.finished_at is not None
        else:
            assert image.wake_at is not None
            assert image.deadline_at is not None
            assert image.wake_at <= image.deadline_at
            assert image.finished_at is None


@MANY
@given(walks())
def test_a_fact_of_a_past_attempt_changes_nothing(walk: Walk) -> None:
    for before, fact, after in walk.steps:
        if is_past(before, fact):
            assert after is before


@MANY
@given(walks())
def test_nothing_leads_from_an_end_but_the_wish_to_try_again(walk: Walk) -> None:
    for before, fact, after in walk.steps:
        if before.finished and after is not before:
            assert isinstance(fact, f.RetryRequested)
            assert after.status is Status.PENDING


@MANY
@given(walks())
def test_there_are_as_many_attempts_as_intents(walk: Walk) -> None:
    intents = walk.steps[0][0].attempt if walk.steps else 0
    for before, fact, after in walk.steps:
        if isinstance(fact, f.SubmitIntended) and after is not before:
            intents += 1
            assert before.status is Status.PENDING
        assert after.attempt == intents


@MANY
@given(walks())
def test_an_attempt_is_opened_again_only_where_that_cannot_pay_twice(walk: Walk) -> None:
    """Back to waiting: because nothing was taken, because somebody asked, or, where that is set, after a code 501."""
    for before, fact, after in walk.steps:
        if after.status is Status.PENDING and before.status is not Status.PENDING:
            if isinstance(fact, f.Refused | f.Rejected):
                overtaken = before.status is Status.UNKNOWN and "submit_answer" not in before.metadata
                assert before.status is Status.SUBMITTING or overtaken
            elif isinstance(fact, f.GenerationFailed):
                assert walk.policy.retry_confirmed_failure
                assert fact.confirmed
                assert "repeated" not in before.metadata and after.metadata["repeated"] == after.attempt
            else:
                assert isinstance(fact, f.RetryRequested)
                assert before.finished


@MANY
@given(walks(policies=st.just(Policy())))
def test_after_an_ambiguous_submit_only_a_person_pays_again(walk: Walk) -> None:
    doubted: set[int] = set()
    for before, fact, after in walk.steps:
        if after is not before and isinstance(fact, f.Ambiguous):
            doubted.add(before.attempt)
        if isinstance(fact, f.RetryRequested) and after is not before:
            doubted.discard(before.attempt)
        if isinstance(fact, f.SubmitIntended) and after is not before:
            assert before.attempt not in doubted


@MANY
@given(walks())
def test_whoever_cancels_sees_it_end_canceled(walk: Walk) -> None:
    for before, fact, after in walk.steps:
        if before.cancel_requested_at is not None and not isinstance(fact, f.RetryRequested):
            assert after.cancel_requested_at == before.cancel_requested_at
            assert after.status is not Status.PENDING
            assert not after.finished or after.status is Status.CANCELED
            assert not after.renditions or after.trashed_at is not None


@MANY
@given(walks())
def test_every_image_is_one_that_the_database_takes(walk: Walk) -> None:
    """The CHECKs of the migration, in Python; the use cases' tests write such images to the real tables."""
    for _, _, image in walk.steps:
        at_provider = image.status in AT_PROVIDER
        assert image.kind is Kind.GENERATION or not at_provider
        assert not at_provider or image.attempt > 0
        assert image.status is not Status.PROCESSING or "nanobanana_task_id" in image.metadata
        assert image.status is not Status.FAILED or image.error is not None
        if image.status is Status.COMPLETED:
            assert "original" in image.renditions
            assert image.sha256
            assert image.width
            assert image.height
            assert image.error is None
