"""How a task can end: its flag, and the error that goes with it."""

from __future__ import annotations

from dataclasses import dataclass

from .choices import Choice
from .timing import Fate

GENERATING, SUCCESS, CREATE_FAILED, GENERATE_FAILED = 0, 1, 2, 3


@dataclass(frozen=True)
class Ending:
    """A successFlag; `code` and `message` are the error's, `callback_code` is what a callback of shape A says."""

    flag: int
    callback_code: int
    code: int | None = None
    message: str | None = None


ENDINGS: dict[str, Ending] = {
    "success": Ending(SUCCESS, 200),
    "flag-2": Ending(CREATE_FAILED, 500, 500, "Failed to create the task."),
    "flag-3": Ending(GENERATE_FAILED, 501, 501, "Image generation failed."),
    "flag-3-policy": Ending(GENERATE_FAILED, 400, 400, "Your prompt was flagged as violating content policies."),
    "flag-3-internal": Ending(GENERATE_FAILED, 500, 500, "Internal error, please try again later."),
    "flag-7": Ending(7, 501),
}
UNREADABLE = Ending(GENERATE_FAILED, 400, 400, "An input image cannot be decoded.")
UNPAINTED = Ending(GENERATE_FAILED, 500, 500, "The painter failed.")


def ending_of(choice: Choice, fate: Fate) -> Ending | None:
    """How the task ends; None is never. What was chosen counts before what chance says."""
    if "never" in choice:
        return None
    code = choice.number("flag-3-code")
    if code is not None:
        return Ending(GENERATE_FAILED, 501, int(code), f"Error {code:g}.")
    for name, ending in ENDINGS.items():
        if name in choice:
            return ending
    return None if fate == "never" else ENDINGS[fate]
