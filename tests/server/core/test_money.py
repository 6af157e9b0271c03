"""How the provider's balance goes with the ledger."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from server.core.money import Reading

AT = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fallen", "grown", "credit_usd", "drift"),
    [(20.0, 0.1, 0.005, 0.0), (24.0, 0.1, 0.005, 0.02), (0.0, 0.07, 0.005, -0.07), (20.0, 0.1, 0.01, 0.1)],
)
def test_the_drift_is_what_the_balance_fell_by_more(
    fallen: float, grown: float, credit_usd: float, drift: float
) -> None:
    assert Reading(AT, 100.0, fallen, grown).drift_usd(credit_usd) == drift


def test_one_reading_tells_nothing() -> None:
    assert Reading(AT, 100.0).drift_usd(0.005) is None
