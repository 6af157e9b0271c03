"""One message to one device: what it holds, and how the push service is asked to treat it.

It speaks for all outcomes of one project: those that are due, and those told before and not read yet, since a push
service that could not deliver yet replaces a message by the next one of the same topic.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from server.core.backoff import Rng, exponential
from server.core.devices import Language
from server.core.limits import Policy
from server.core.notices import NoticeKind
from server.core.push_words import Count, batch_body, batch_title, failure, fixed, outcome_title, quoted
from server.core.pushes import BatchState, Story

VERSION = 1
MOST_OUTCOMES = 50
MOST_BYTES = 3_000
"""Bytes of a payload: services take 4,096 of what it is sealed in."""

TEST_TTL = 120
"""Seconds after which a test is of no use to whoever waits for it."""

_URGENT = frozenset({NoticeKind.TEST, NoticeKind.CREDITS_LOW})

SignThumb = Callable[[UUID], str]
"""The address at which the thumb of an image may be fetched for a while."""


@dataclass(frozen=True, slots=True)
class Message:
    """The payload. `tag` replaces what was shown under the same; `outcomes` lets a device drop what it has shown."""

    kind: NoticeKind
    tag: str
    title: str
    body: str
    url: str
    thumb: str | None = None
    outcomes: tuple[str, ...] = ()
    unread: int = 0

    def encode(self) -> bytes:
        """As JSON of at most `MOST_BYTES`: where it would be more, the oldest outcomes are not named."""
        message = self
        while len(data := _json(message)) > MOST_BYTES and message.outcomes:
            message = replace(message, outcomes=message.outcomes[:-1])
        return data


def public_message(message: Message) -> dict[str, Any]:
    """What a browser shows, and what it speaks for: by a push, or where a hidden tab has asked."""
    return {
        "kind": str(message.kind),
        "tag": message.tag,
        "title": message.title,
        "body": message.body,
        "url": message.url,
        "thumb": message.thumb,
        "outcomes": list(message.outcomes),
    }


def _json(message: Message) -> bytes:
    content = {"v": VERSION, **public_message(message), "unread": message.unread}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


# What is said


def fixed_message(language: Language, kind: NoticeKind, unread: int, outcome: str | None = None) -> Message:
    """A test, or that credits are low: by `outcome` a device knows that stop again."""
    title, body = fixed(language, str(kind))
    tag = "credits" if kind is NoticeKind.CREDITS_LOW else str(kind)
    return Message(kind, tag, title, body, "/", outcomes=(outcome,) if outcome else (), unread=unread)


def outcome_message(language: Language, stories: Sequence[Story], unread: int, sign: SignThumb) -> Message:
    """Of one project's outcomes, last ended first: at least one."""
    newest = stories[0]
    count = Count(
        ready=sum(story.kind is NoticeKind.READY for story in stories),
        failed=sum(story.kind is NoticeKind.FAILED for story in stories),
    )
    shown = next((story.image for story in stories if story.has_thumb), None)
    return Message(
        NoticeKind.READY if count.ready else NoticeKind.FAILED,
        str(newest.project),
        outcome_title(language, count),
        _body(language, stories),
        f"/p/{newest.project}" + (f"/i/{newest.image}" if len(stories) == 1 else ""),
        sign(shown) if shown else None,
        tuple(story.outcome for story in stories if story.outcome)[:MOST_OUTCOMES],
        unread,
    )


def _body(language: Language, stories: Sequence[Story]) -> str:
    prompts, problems = {story.prompt for story in stories}, {story.problem for story in stories}
    # What several have in common is said; else the name of the project, which all of them have.
    sentence = failure(language, problem) if len(problems) == 1 and (problem := problems.pop()) else ""
    prompt = quoted(language, prompts.pop()) if len(prompts) == 1 else ""
    return " ".join(filter(None, (sentence, prompt))) or stories[0].project_name


def batch_message(
    language: Language, project: UUID, project_name: str, batch: BatchState, unread: int, sign: SignThumb
) -> Message:
    """All pictures of a request, or of several of one project, have ended."""
    count = Count(batch.ready, batch.failed)
    words = (batch_body(language, count), quoted(language, batch.prompt))
    return Message(
        NoticeKind.BATCH,
        str(project),
        batch_title(language, count),
        " ".join(filter(None, words)) or project_name,
        f"/p/{project}",
        sign(batch.thumb) if batch.thumb else None,
        tuple(batch.outcomes)[:MOST_OUTCOMES],
        unread,
    )


# How it is sent


def ttl(kind: NoticeKind, deadline_at: datetime, now: datetime) -> int:
    """Seconds for which a push service keeps it for a device that is away."""
    left = max(1, int((deadline_at - now).total_seconds()))
    return min(TEST_TTL, left) if kind is NoticeKind.TEST else left


def urgency(kind: NoticeKind) -> str:
    """RFC 8030, 5.3: `high` wakes a device that saves its battery; a picture can wait until that wakes by itself."""
    return "high" if kind in _URGENT else "normal"


def topic(device: UUID, tag: str) -> str:
    """RFC 8030, 5.4: 32 characters of base64url. Not the tag itself: that is nothing to the push service."""
    return urlsafe_b64encode(hashlib.sha256(f"{device}:{tag}".encode()).digest()[:24]).decode()


def retry_wait(tries: int, retry_after: float | None, policy: Policy, rng: Rng) -> float:
    """Seconds until the next try, after `tries` that failed before this one; not before the service asks for it."""
    wait = exponential(tries, policy.push_retry_base, policy.push_retry_cap, rng)
    return max(wait, retry_after or 0.0)
