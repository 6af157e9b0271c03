"""What a kind of fault is, and the table of all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from tests.chaos.stage import Stage

Course = Callable[[Stage], AsyncIterator[None]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind. `faults`: its numbers in the table of faults.

    `course` brings the outage about and ends it; then it yields, once, and the recovery is measured; what it does
    after that is to look whether its own promise held (`Broken` where not), beside what the checker looks at.
    """

    name: str
    faults: str
    course: Course

    @property
    def hurts(self) -> bool:
        """Whether processes of ours die of it, stand still, or cannot write: what they have sent is sent once more."""
        return self.course.__module__.rpartition(".")[2] in _HURTING

    @property
    def sentence(self) -> str:
        """What happens, from the course's documentation."""
        return (self.course.__doc__ or "").strip().partition("\n")[0]


_HURTING = frozenset({"crashes", "machine", "stores"})
KINDS: dict[str, Kind] = {}


def kind(faults: str) -> Callable[[Course], Course]:
    """Enter a course into the table, under its function's name."""

    def enter(course: Course) -> Course:
        name = course.__name__.replace("_", "-")
        assert name not in KINDS
        KINDS[name] = Kind(name, faults, course)
        return course

    return enter
