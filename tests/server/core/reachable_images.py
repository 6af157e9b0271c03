"""Every image that the machine can produce, found by trying every fact on every image until nothing new comes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import UUID

from server.core import facts as f
from server.core.errors import Problem, ProblemCode
from server.core.image import Image, Kind, Options, Rendition, Status
from server.core.lifecycle import Step, advance
from server.core.limits import Policy

START = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
PICTURE = {
    name: Rendition(f"workspace/image/{name}-ab.png", "ab" * 32, "image/png", 640, 480, 1234)
    for name in ("original", "preview", "thumb")
}
# Within the grace of a task that is not known yet, and after it.
SOON, LATE = 1.0, 90.0
MOST_ATTEMPTS = 3


@dataclass(frozen=True)
class Observation:
    """One fact tried on one image."""

    before: Image
    fact: f.Fact
    step: Step

    @property
    def outcome(self) -> str:
        """The status it led to, or `.` where it changed nothing at all."""
        return "." if self.step.image is self.before else str(self.step.image.status)


def upload() -> Image:
    """A fresh upload."""
    return _fresh(Kind.UPLOAD, name="holiday.jpg", options=Options(aspect_ratio=None))


def generation() -> Image:
    """A fresh wish."""
    return _fresh(Kind.GENERATION, prompt="a fox", model="nano-banana-2")


def late_picture() -> Image:
    """What a late result becomes: a picture of its own that is saved into the trash."""
    return replace(
        generation(),
        status=Status.SAVING,
        attempt=1,
        trashed_at=START,
        metadata={"nanobanana_task_id": "t1", "late_of": str(UUID(int=9))},
    )


def _fresh(kind: Kind, **fields: object) -> Image:
    return Image(
        id=UUID(int=1),
        workspace=UUID(int=2),
        project=UUID(int=3),
        kind=kind,
        status=Status.PENDING,
        version=1,
        created_at=START,
        phase_started_at=START,
        wake_at=START,
        deadline_at=START + timedelta(days=7),
        **fields,  # type: ignore[arg-type]
    )


def facts_about(attempt: int) -> list[f.Fact]:
    """At least one example of every fact, about that attempt (the intent: to open the one after it)."""
    return [
        f.IngestStarted(attempt),
        f.SubmitIntended(attempt + 1, aspect_ratio="16:9"),
        f.Stored(attempt, renditions=PICTURE),
        f.Stored(attempt, renditions=PICTURE, flat=True),
        f.SaveFailed(attempt, "disk full"),
        f.ResultRejected(attempt, Problem(ProblemCode.BAD_RESULT, charged=True)),
        f.ResultRejected(attempt),
        f.ResultMissing(attempt),
        f.InputFailed(attempt),
        f.Refused(attempt, f.Halt.RATE_LIMITED, retry_after=30.0),
        f.Refused(attempt, f.Halt.UNREACHABLE),
        f.Rejected(attempt, Problem(ProblemCode.PROMPT_REJECTED)),
        f.Rejected(attempt, Problem(ProblemCode.INPUT_UNREACHABLE)),
        f.Ambiguous(attempt, "no answer", "<html>"),
        f.Accepted(attempt, "t1"),
        f.Generating(attempt, "t1"),
        f.TaskMissing(attempt),
        f.PollFailed(attempt, "HTTP 500"),
        f.PollFailed(attempt, "HTTP 429", retry_after=3_600.0),
        f.Generated(attempt, "t1", "https://files.example/x.png", {"operationType": "nano-banana-2_1k"}),
        f.NoOutput(attempt, "t1"),
        f.GenerationFailed(attempt, "t1", Problem(ProblemCode.GENERATION_FAILED)),
        f.GenerationFailed(attempt, "t1", Problem(ProblemCode.GENERATION_FAILED), confirmed=True),
        f.CancelRequested(attempt),
        f.RetryRequested(attempt),
        f.RefreshRequested(attempt),
        f.DeadlinePassed(attempt),
    ]


@cache
def observations() -> tuple[Observation, ...]:
    """Every fact about the current attempt (by its number and by 0), tried on every image that can be reached."""
    seen: dict[tuple[object, ...], Image] = {}
    waiting = [upload(), generation(), late_picture()]
    found: list[Observation] = []
    while waiting:
        image = waiting.pop()
        if _key(image) in seen:
            continue
        seen[_key(image)] = image
        for observation in _tried(image):
            found.append(observation)
            waiting.append(observation.step.image)
        waiting.append(replace(image, trashed_at=None if image.trashed_at else image.phase_started_at))
    return tuple(found)


def reachable_images() -> list[Image]:
    """One of each kind of image there can be."""
    images: dict[tuple[object, ...], Image] = {}
    for observation in observations():
        images.setdefault(_key(observation.before), observation.before)
    return list(images.values())


def _tried(image: Image) -> Iterator[Observation]:
    facts = facts_about(image.attempt)
    if image.attempt >= MOST_ATTEMPTS:
        facts = [fact for fact in facts if not isinstance(fact, f.SubmitIntended)]
    anybodys = [replace(fact, attempt=0) for fact in facts if not isinstance(fact, f.SubmitIntended)]
    plain, repeating = Policy(), Policy(retry_confirmed_failure=True)
    for policy, delay, tried in (
        (plain, SOON, facts),
        (plain, LATE, facts),
        (repeating, SOON, facts),
        (plain, SOON, anybodys),
    ):
        now = image.phase_started_at + timedelta(seconds=delay)
        for fact in tried:
            yield Observation(image, fact, advance(image, fact, now, lambda: 0.5, policy))


def _key(image: Image) -> tuple[object, ...]:
    """What of an image decides how it moves; not its times."""
    return (
        image.kind,
        image.status,
        image.attempt,
        image.misses,
        image.task_seen,
        bool(image.renditions),
        image.cancel_requested_at is None,
        image.trashed_at is None,
        image.error is None,
        "submit_answer" in image.metadata,
    )
