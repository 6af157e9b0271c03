"""What all workers know of the provider together: why nothing is submitted, until when, and what would change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from server.core.facts import Halt
from server.core.limits import seconds

STOPS = frozenset({Halt.BAD_KEY, Halt.OUT_OF_CREDITS})
"""What no waiting mends: somebody must act, and the balance, which is free to ask for, tells when they have."""

LINGER = 60.0
"""Seconds for which a pause that is over is still told: the one image that goes ahead has not been answered yet."""

ADVICE: Mapping[Halt, str] = {
    Halt.BAD_KEY: (
        "NanoBanana refuses the key, so nothing is submitted: set NANOBANANA_API_KEY to one that works and start again."
    ),
    Halt.OUT_OF_CREDITS: (
        "NanoBanana has no credits left, so nothing is submitted: top up. It goes on by itself within minutes, "
        "at once with `atelier queue resume`."
    ),
    Halt.HELD: "Nothing is submitted, by the operator's own wish: `atelier queue resume` goes on.",
    Halt.RATE_LIMITED: "NanoBanana asks for fewer requests, so nothing is submitted for a while; it passes by itself.",
    Halt.MAINTENANCE: "NanoBanana is under maintenance, so nothing is submitted; it is tried again by itself.",
    Halt.UNREACHABLE: "NanoBanana cannot be reached, so nothing is submitted; it is tried again by itself.",
}
"""A sentence for the operator: what is the matter, and what to do."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Why and until when nothing is submitted. `failures` counts refusals in a row.

    `held`: the operator's wish. `stopped`: the balance must tell well before anything goes ahead; `asks` counts the
    answers that did not, `refused_credits` is the first balance read since. `credits` is the last one of all.
    `since`: when the reason became what it is.
    """

    until: datetime | None = None
    reason: Halt | None = None
    failures: int = 0
    held: bool = False
    stopped: bool = False
    asks: int = 0
    refused_credits: float | None = None
    credits: float | None = None
    credits_at: datetime | None = None
    since: datetime | None = None

    def bars(self, now: datetime) -> bool:
        """Whether nothing may be reserved or submitted at `now`."""
        return self.held or self.stopped or (self.until is not None and self.until > now)

    @property
    def waits(self) -> bool:
        """Whether pending images wait for the provider or the operator, so that they must not expire."""
        return self.held or self.reason is not None

    def told(self, now: datetime) -> tuple[Halt | None, datetime | None]:
        """The reason a person reads, and when it is tried again; no time where somebody must act, or where it is past.

        No reason: the provider takes work, as far as anybody knows.
        """
        if self.held:
            return Halt.HELD, None
        if self.stopped:
            return self.reason, None
        if self.reason is None or self.until is None or self.until + seconds(LINGER) <= now:
            return None, None
        return self.reason, self.until if self.until > now else None

    def mended_by(self, credits: float | None, now: datetime) -> bool:
        """Whether a stop is over by this answer to the question for the balance; None is no answer.

        What tells nothing new (there were credits, yet the submit was refused) counts only once the pause is over.
        """
        if credits is None or (self.reason is Halt.OUT_OF_CREDITS and credits <= 0):
            return False
        before = self.refused_credits
        risen = before is not None and credits > before
        changed = risen if self.reason is Halt.OUT_OF_CREDITS else self.asks > 0
        return changed or self.until is None or self.until <= now


class ProviderState(Protocol):
    """What all workers know of the provider together."""

    async def read(self) -> Pause:
        """The present pause; `until` may lie in the past."""

    async def pause(self, reason: Halt, duration: float, ask_in: float = 0.0) -> bool:
        """Pause for at least `duration` seconds from now. True where the reason is new.

        It counts as one more failure, unless it falls into a pause that was on already. A reason of `STOPS` stops
        everything until the balance, to be asked for in `ask_in` seconds, tells well; no other reason replaces it.
        """

    async def clear(self) -> bool:
        """The provider took something: no failures any more. True where there were; a pause that is on stands."""

    async def hold(self, held: bool) -> bool:
        """The operator's own pause, or its end, at which a stop is looked into at once. True where it was otherwise."""

    async def expect_another_key(self) -> None:
        """Where a refused key stops everything, the balance is to be asked for now. Twice is harmless."""

    async def claim_reading(self, duration: float) -> datetime | None:
        """Take the turn to ask for the balance, for `duration` seconds. The turn; None where nobody is to ask now.

        There is something to ask while all submits are stopped, and where the ledger grew since the last reading.
        """

    async def at_turn(self, turn: datetime) -> Pause | None:
        """The pause, which nobody else changes until the unit ends; None where the turn to ask is lost."""

    async def note_answer(self, credits: float | None, wait: float) -> None:
        """Keep the balance, if it was told; ask again in `wait` seconds at the earliest."""

    async def go_ahead(self) -> None:
        """End a stop. The reason and the failures stay until something is accepted."""
