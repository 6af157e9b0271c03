"""What the simulator is set to: from the environment at its start, over the control interface after that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isfinite

from .choices import Choice, UnknownBehaviour, chosen
from .timing import FailureRates

START_BALANCE = 100_000
OUTAGES = ("cut", "no-answer", "html-502", "code-401", "code-402", "code-429", "code-455", "code-500")


class BadSettings(Exception):
    """A setting that is unknown or out of bounds; the message is a sentence."""


@dataclass(frozen=True)
class Outage:
    """Every request to the provider fails in one way until a time (epoch seconds)."""

    kind: str
    until: float


@dataclass(frozen=True)
class Settings:
    """`speed` divides every time; `duration` (real seconds) replaces it; `following` submits get `next_choice`."""

    speed: float = 8.0
    seed: int = 1
    rates: FailureRates = field(default_factory=FailureRates)
    duration: float | None = None
    choice: Choice = field(default_factory=Choice)
    next_choice: Choice = field(default_factory=Choice)
    following: int = 0
    outage: Outage | None = None

    def as_dict(self) -> dict[str, object]:
        """As the control interface shows it."""
        outage = {"kind": self.outage.kind, "until": round(self.outage.until * 1000)} if self.outage else None
        return {
            "speed": self.speed,
            "seed": self.seed,
            "failure_rates": self.rates.as_dict(),
            "duration": self.duration,
            "behaviours": self.choice.texts(),
            "next": {"count": self.following, "behaviours": self.next_choice.texts()},
            "outage": outage,
        }


def changed(settings: Settings, wishes: Mapping[str, object], now: float) -> Settings:
    """The settings with some replaced, all or none; raises BadSettings. `now` is epoch seconds."""
    for name, wish in wishes.items():
        setter = _SETTERS.get(name)
        if setter is None:
            raise BadSettings(f"There is no setting named {name!r}.")
        settings = setter(settings, wish, now)
    return settings


def _speed(settings: Settings, wish: object, now: float) -> Settings:
    return replace(settings, speed=number("speed", wish, least=0.001, most=1e6))


def _seed(settings: Settings, wish: object, now: float) -> Settings:
    return replace(settings, seed=whole("seed", wish))


def _rates(settings: Settings, wish: object, now: float) -> Settings:
    names = settings.rates.as_dict()
    if not isinstance(wish, dict) or not set(wish) <= set(names):
        raise BadSettings(f"failure_rates is an object of {', '.join(names)}.")
    rates = names | {name: number(name, share, least=0, most=1) for name, share in wish.items()}
    if sum(rates.values()) > 1:
        raise BadSettings("failure_rates add up to more than 1.")
    return replace(settings, rates=FailureRates(**rates))


def _duration(settings: Settings, wish: object, now: float) -> Settings:
    return replace(settings, duration=None if wish is None else number("duration", wish, least=0, most=86_400))


def _behaviours(settings: Settings, wish: object, now: float) -> Settings:
    return replace(settings, choice=_choice(wish))


def _next(settings: Settings, wish: object, now: float) -> Settings:
    if wish is None:
        return replace(settings, following=0, next_choice=Choice())
    if not isinstance(wish, dict) or set(wish) != {"count", "behaviours"}:
        raise BadSettings("next is null, or an object of count and behaviours.")
    count = whole("next.count", wish["count"])
    if not 0 <= count <= 1_000_000:
        raise BadSettings("next.count lies between 0 and 1000000.")
    return replace(settings, following=count, next_choice=_choice(wish["behaviours"]))


def _outage(settings: Settings, wish: object, now: float) -> Settings:
    if wish is None:
        return replace(settings, outage=None)
    if not isinstance(wish, dict) or set(wish) != {"kind", "seconds"} or wish["kind"] not in OUTAGES:
        raise BadSettings(f"outage is null, or an object of seconds and kind, one of {', '.join(OUTAGES)}.")
    until = now + number("outage.seconds", wish["seconds"], least=0, most=86_400)
    return replace(settings, outage=Outage(str(wish["kind"]), until))


def _choice(wish: object) -> Choice:
    if not isinstance(wish, list) or not all(isinstance(text, str) for text in wish):
        raise BadSettings("behaviours is a list of texts such as 'slow' or 'code-429:2:30'.")
    try:
        return chosen(wish)
    except UnknownBehaviour as error:
        raise BadSettings(str(error)) from error


def number(name: str, wish: object, least: float, most: float) -> float:
    """The wish as a number within bounds; raises BadSettings."""
    if isinstance(wish, bool) or not isinstance(wish, int | float) or not isfinite(wish) or not least <= wish <= most:
        raise BadSettings(f"{name} is a number from {least:g} to {most:g}.")
    return float(wish)


def whole(name: str, wish: object) -> int:
    """The wish as a whole number; raises BadSettings."""
    if isinstance(wish, bool) or not isinstance(wish, int):
        raise BadSettings(f"{name} is a whole number.")
    return wish


_SETTERS = {
    "speed": _speed,
    "seed": _seed,
    "failure_rates": _rates,
    "duration": _duration,
    "behaviours": _behaviours,
    "next": _next,
    "outage": _outage,
}
