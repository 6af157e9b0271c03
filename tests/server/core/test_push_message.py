"""What a message holds, and how the push service is asked to treat it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from server.core.devices import Language
from server.core.limits import Policy
from server.core.notices import NoticeKind
from server.core.push_message import (
    MOST_BYTES,
    MOST_OUTCOMES,
    Message,
    batch_message,
    fixed_message,
    outcome_message,
    retry_wait,
    topic,
    ttl,
    urgency,
)
from server.core.pushes import BatchState, Story

NOW = datetime(2031, 1, 1, tzinfo=UTC)
PROJECT = uuid4()
POLICY = Policy()


def sign(image: UUID) -> str:
    return f"/api/thumbs/{image}"


def story(kind: NoticeKind = NoticeKind.READY, prompt: str = "a fox", problem: str | None = None) -> Story:
    return Story(
        id=uuid4(),
        device=uuid4(),
        kind=kind,
        ended_at=NOW,
        deadline_at=NOW + timedelta(days=1),
        tries=0,
        sent=False,
        stands=True,
        project=PROJECT,
        project_name="Kittens",
        image=uuid4(),
        attempt=1,
        prompt=prompt,
        problem=problem,
        has_thumb=kind is NoticeKind.READY,
    )


def said(*stories: Story) -> Message:
    return outcome_message(Language.EN, stories, 7, sign)


def test_one_picture_leads_to_itself_and_several_to_their_project() -> None:
    one, other = story(), story()
    assert said(one).url == f"/p/{PROJECT}/i/{one.image}"
    both = said(one, other)
    assert (both.url, both.tag, both.unread) == (f"/p/{PROJECT}", str(PROJECT), 7)
    assert both.thumb == sign(one.image or uuid4())
    assert both.outcomes == (f"{one.image}:1", f"{other.image}:1")


def test_the_body_says_what_all_have_in_common() -> None:
    rejected = "NanoBanana did not accept this prompt."
    failed = story(NoticeKind.FAILED, problem="prompt_rejected")
    assert said(failed).body == f"{rejected} “a fox”"
    assert said(failed, replace(failed, id=uuid4(), prompt="a hen")).body == rejected
    assert said(story(), story(prompt="a hen")).body == "Kittens"
    assert said(failed, story(prompt="a hen")).body == "Kittens"


def test_a_picture_among_failures_is_shown_and_gives_the_kind() -> None:
    good, bad = story(), story(NoticeKind.FAILED, problem="expired")
    mixed = said(bad, good)
    assert (mixed.kind, mixed.thumb) == (NoticeKind.READY, sign(good.image or uuid4()))
    assert (said(bad).kind, said(bad).thumb) == (NoticeKind.FAILED, None)


def test_two_requests_that_end_together_are_told_as_one() -> None:
    first = BatchState(0, 2, 0, ["a:1", "b:1"], "a fox", uuid4())
    second = BatchState(0, 3, 1, ["c:1"], "a hen")
    both = batch_message(Language.EN, PROJECT, "Trip", first.beside(second), 0, sign)
    assert both.title == "All 6 pictures are done"
    assert both.body == "5 pictures are ready, 1 failed."
    assert both.outcomes == ("a:1", "b:1", "c:1")
    assert (first.complete, BatchState(1, 2, 0, []).complete, BatchState(0, 1, 0, []).complete) == (True, False, False)


def test_what_is_of_no_project_leads_home() -> None:
    low = fixed_message(Language.FR, NoticeKind.CREDITS_LOW, 3)
    assert (low.tag, low.url, low.outcomes, low.unread) == ("credits", "/", (), 3)
    assert fixed_message(Language.FR, NoticeKind.CREDITS_LOW, 3, "credits:1").outcomes == ("credits:1",)
    assert fixed_message(Language.EN, NoticeKind.TEST, 0).tag == "test"


@given(st.text(max_size=120), st.integers(0, 120))
def test_a_payload_is_never_too_large_and_names_the_latest(text: str, number: int) -> None:
    message = Message(NoticeKind.READY, str(PROJECT), text, text, f"/p/{PROJECT}", "/api/thumbs/" + "x" * 90)
    outcomes = tuple(f"{uuid4()}:{place}" for place in range(number))
    data = replace(message, outcomes=outcomes).encode()
    assert len(data) <= MOST_BYTES
    payload = json.loads(data)
    assert payload["v"] == 1
    assert payload["title"] == text
    assert payload["outcomes"] == list(outcomes)[: len(payload["outcomes"])]
    assert len(said(*(story() for _ in range(60))).outcomes) == MOST_OUTCOMES


def test_a_push_service_keeps_it_no_longer_than_it_is_news() -> None:
    assert ttl(NoticeKind.READY, NOW + timedelta(hours=24), NOW) == 86_400
    assert ttl(NoticeKind.READY, NOW, NOW) == 1
    assert ttl(NoticeKind.TEST, NOW + timedelta(hours=24), NOW) == 120
    assert {kind: urgency(kind) for kind in NoticeKind} == {
        NoticeKind.READY: "normal",
        NoticeKind.FAILED: "normal",
        NoticeKind.BATCH: "normal",
        NoticeKind.CREDITS_LOW: "high",
        NoticeKind.TEST: "high",
    }


def test_a_topic_is_one_of_a_device_and_a_tag_and_says_nothing() -> None:
    device, other = uuid4(), uuid4()
    assert re.fullmatch(r"[\w-]{32}", topic(device, str(PROJECT)))
    assert topic(device, "a") == topic(device, "a")
    assert len({topic(device, "a"), topic(device, "b"), topic(other, "a")}) == 3


def test_tries_come_slower_and_never_before_they_are_asked_for() -> None:
    waits = [retry_wait(tries, None, POLICY, lambda: 0.5) for tries in range(10)]
    assert waits[:4] == [10.0, 20.0, 40.0, 80.0]
    assert waits[-1] == POLICY.push_retry_cap
    assert retry_wait(0, 600.0, POLICY, lambda: 0.5) == 600.0
    assert retry_wait(9, 1.0, POLICY, lambda: 0.5) == POLICY.push_retry_cap
    assert {retry_wait(0, None, POLICY, lambda dice=dice: dice) for dice in (0.0, 0.99)} != {10.0}
