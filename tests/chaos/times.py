"""How long things take here: every wait of the product, shortened by one factor."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Times:
    """Durations in seconds. `factor` shortens the product's; the two long deadlines are shortened further."""

    factor: float = 0.2

    @property
    def submit_timeout(self) -> float:
        """How long a submit's answer is waited for."""
        return 20 * self.factor

    @property
    def turn(self) -> float:
        """How long a worker that died keeps others from its row."""
        return 10 * self.factor

    @property
    def push_turn(self) -> float:
        """How long whoever died with a push keeps others from it."""
        return 30 * self.factor

    @property
    def unknown(self) -> float:
        """How long an ambiguous submit is looked into."""
        return 40 * self.factor

    @property
    def processing(self) -> float:
        """The longest generation."""
        return 90 * self.factor

    @property
    def live_check(self) -> float:
        """How often the rooms are compared with PostgreSQL."""
        return 10 * self.factor

    @property
    def environment(self) -> dict[str, str]:
        """The settings that make it so. Those of an image's waits are multiplied by TIME_FACTOR in the product."""
        return {
            "TIME_FACTOR": str(self.factor),
            "SUBMIT_TIMEOUT": "20",
            "UNKNOWN_DEADLINE": "40",
            "PROCESSING_DEADLINE": "90",
            "RESCUE_INTERVAL": str(max(0.2, 5 * self.factor)),
            "LIVE_CHECK": str(self.live_check),
            "LIVE_BEAT": str(25 * self.factor),
            "RESULT_TIMEOUT": str(30 * self.factor),
            "RESULT_MAX_BYTES": str(3 * 1024 * 1024),
            "GENERATION_RATE": "100",
            "WRITE_RATE": "100",
            "NANOBANANA_SIMULATOR_SPEED": "25",
        }
