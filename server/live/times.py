"""How long anything on the live stream may take."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True)
class LiveTimes:
    """Durations in seconds; tests shorten them.

    `gap` is how long a missing number is waited for before PostgreSQL is asked, `check` the time between two
    comparisons of all rooms, `recheck` of all sessions, `silence` what a subscription may take to bring back our own
    `probe`, `stall` how long one frame may wait for a reader, `linger` how long an empty room is kept for tabs that
    reload, `join` how long an answer to a hello may take, `retry` the pause after PostgreSQL or the bus was away,
    `queue` the time between two readings of the queue, `ping` that between two pings of a socket that sleeps.
    """

    hello: float = 10.0
    join: float = 15.0
    beat: float = 25.0
    gap: float = 0.020
    check: float = 10.0
    recheck: float = 60.0
    probe: float = 3.0
    silence: float = 12.0
    bus: float = 2.0
    stall: float = 20.0
    linger: float = 30.0
    retry: float = 1.0
    queue: float = 1.0
    farewell: float = 2.0
    ping: float = 20.0

    def scaled(self, factor: float) -> LiveTimes:
        """The same with every duration multiplied by `factor`."""
        return replace(self, **{field.name: getattr(self, field.name) * factor for field in fields(self)})
