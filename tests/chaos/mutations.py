"""What is broken, in a copy of the code, to show that each kind of fault can fail. Never a switch in the product."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace a text that occurs exactly once in a file; the path is relative to the root."""

    path: str
    old: str
    new: str

    def apply(self, root: Path) -> None:
        """Edit the file. AssertionError where the code has moved on: then this table must follow."""
        file = root / self.path
        text = file.read_text()
        assert text.count(self.old) == 1, f"{self.path}: {text.count(self.old)} times {self.old!r}"
        file.write_text(text.replace(self.old, self.new))


@dataclass(frozen=True, slots=True)
class Mutation:
    """A bug that somebody might make, and the kinds of fault that must find it."""

    bug: str
    kinds: tuple[str, ...]
    edits: tuple[Edit, ...]


def bug(words: str, kinds: str, *edits: tuple[str, str, str]) -> Mutation:
    """A bug in words, the kinds that must find it, and what is replaced by what in which file."""
    return Mutation(words, tuple(kinds.split()), tuple(Edit(*edit) for edit in edits))
