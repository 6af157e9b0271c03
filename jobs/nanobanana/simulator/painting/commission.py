"""What a painter is asked for, and what it may answer instead.

Without the imaging library: the server reads this, and starts the faster for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Form = Literal["jpg", "png", "webp"]


class UnreadableInput(Exception):
    """An input is not a jpeg, png or webp that can be decoded; the message says which, counted from 1."""


@dataclass(frozen=True)
class Commission:
    """One picture to paint. `inputs` are whole files; `seed` decides everything that the prompt leaves open."""

    prompt: str
    seed: str
    ratio: str = "auto"
    resolution: str = "1K"
    form: Form = "jpg"
    inputs: tuple[bytes, ...] = ()
    watermark: str = ""
    black: bool = False
    small: bool = False
