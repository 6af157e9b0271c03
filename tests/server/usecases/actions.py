"""Examples of actions that change what a person sees; `test_verify_action` proves each of them.

An action prepares what it needs up to its first `yield`; what it does after that is what is proved.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from tests.server.usecases.studio import Studio

Act = Callable[[Studio], AsyncIterator[None]]


@dataclass(frozen=True)
class Action:
    """An example; `covers` are the use cases it proves, `events` how many it must tell."""

    act: Act
    covers: tuple[Callable[..., Any], ...]
    events: int


ACTIONS: list[Action] = []


def action(*covers: Callable[..., Any], events: int) -> Callable[[Act], Act]:
    """Enter an example."""

    def enter(act: Act) -> Act:
        ACTIONS.append(Action(act, covers, events))
        return act

    return enter
