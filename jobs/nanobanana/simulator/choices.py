"""Behaviours as they are chosen: read from a prompt or from the control interface, asked for by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import isfinite

from .behaviours import BEHAVIOURS, CODE, COUNT, URL

# Whole numbers, from and to; anything else is a number that is not negative.
_BOUNDS = {COUNT: (1, 1e6), CODE: (100, 999)}
_NAMES = {COUNT: "count", CODE: "code"}
_TAG = re.compile(r"\[\[([^\[\]]{1,500})\]\]")


class UnknownBehaviour(Exception):
    """A name that the table does not hold, or arguments that it does not take; the message is a sentence."""


@dataclass(frozen=True)
class Choice:
    """The behaviours of one task: names, each with the arguments it was given."""

    arguments: Mapping[str, tuple[float | str, ...]] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.arguments

    def __bool__(self) -> bool:
        return bool(self.arguments)

    def number(self, name: str, place: int = 0) -> float | None:
        """The argument at a place as a number; None if the behaviour or that argument was not given."""
        given = self.arguments.get(name, ())
        return float(given[place]) if place < len(given) else None

    def text(self, name: str) -> str | None:
        """The argument as text; None if there is none."""
        given = self.arguments.get(name, ())
        return str(given[0]) if given else None

    def lasts(self, name: str, count: int, place: int = 0) -> bool:
        """Whether the behaviour still applies the `count`-th time, from 1: its n reaches that far, or it has none."""
        limit = self.number(name, place)
        return name in self and (limit is None or count <= limit)

    def over(self, other: Choice) -> Choice:
        """Both choices together; where both name a behaviour, this one's arguments count."""
        return Choice({**other.arguments, **self.arguments})

    def texts(self) -> list[str]:
        """As they are written in tags: `code-429:2:30`."""
        return [":".join([name, *(_plain(a) for a in given)]) for name, given in self.arguments.items()]


def in_prompt(prompt: str) -> tuple[Choice, str]:
    """The behaviours a prompt asks for, and the prompt without their tags.

    Brackets around anything that is not a name in the table are words like any other. Raises UnknownBehaviour where
    the name is known and its arguments are wrong.
    """
    found = [tag for tag in _TAG.findall(prompt) if tag.partition(":")[0] in BEHAVIOURS]
    bare = _TAG.sub(lambda tag: "" if tag[1].partition(":")[0] in BEHAVIOURS else tag[0], prompt)
    return chosen(found), " ".join(bare.split())


def chosen(texts: Iterable[str]) -> Choice:
    """The behaviours written as in tags, without the brackets; raises UnknownBehaviour."""
    return Choice(dict(_parsed(text) for text in texts))


def _parsed(text: str) -> tuple[str, tuple[float | str, ...]]:
    name, _, rest = text.partition(":")
    behaviour = BEHAVIOURS.get(name)
    if behaviour is None:
        raise UnknownBehaviour(f"There is no behaviour named {name!r}.")
    kinds = behaviour.required + behaviour.optional
    given = [rest] if URL in kinds and rest else [part for part in rest.split(":") if part]
    if not len(behaviour.required) <= len(given) <= len(kinds):
        raise UnknownBehaviour(f"Behaviour {text!r} is written {behaviour.signature}.")
    return name, tuple(_argument(text, kind, part) for kind, part in zip(kinds, given, strict=False))


def _argument(text: str, kind: str, part: str) -> float | str:
    if kind == URL:
        return part
    try:
        number = float(part)
    except ValueError:
        number = -1.0
    least, most = _BOUNDS.get(kind, (0, 1e6))
    if not isfinite(number) or not least <= number <= most or (kind in _BOUNDS and number != int(number)):
        raise UnknownBehaviour(f"Behaviour {text!r}: {part!r} is not a {_NAMES.get(kind, 'number')}.")
    return number


def _plain(argument: float | str) -> str:
    return f"{argument:g}" if isinstance(argument, float) else argument
