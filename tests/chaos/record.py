"""What was asked for, as its askers remember it: against this the witness's ledger is held."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID


@dataclass
class Asked:
    """One request for pictures. `answered`: we were told of its rows, `ids`. `retries`: more tries, asked for by us."""

    prompt: str
    count: int
    answered: bool = False
    ids: list[UUID] = field(default_factory=list)
    retries: int = 0


@dataclass
class Record:
    """Every request, by its prompt, which no other request has."""

    asked: dict[str, Asked] = field(default_factory=dict)

    def ask(self, prompt: str, count: int) -> Asked:
        """Note a request before it is sent."""
        assert prompt not in self.asked
        self.asked[prompt] = Asked(prompt, count)
        return self.asked[prompt]

    def allowed(self, prompt: str) -> int:
        """How often that prompt may have been charged by now."""
        asked = self.asked.get(prompt)
        return asked.count + asked.retries if asked else 0

    def told(self) -> Iterable[Asked]:
        """The requests that were answered."""
        return (asked for asked in self.asked.values() if asked.answered)
