"""The buckets of the load program, read back."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from tests.bench.live.histogram import Histogram, bucket


def index_of(nanoseconds: int) -> int:
    """As tally.c counts."""
    if nanoseconds < 32:
        return nanoseconds
    shift = nanoseconds.bit_length() - 6
    return (shift + 1) * 32 + ((nanoseconds >> shift) & 31)


@pytest.mark.parametrize("nanoseconds", [0, 1, 31, 32, 33, 63, 64, 999, 1_000_000, 123_456_789, 2**40 + 1])
def test_a_value_lies_in_its_bucket_which_is_three_percent_wide(nanoseconds: int) -> None:
    start, width = bucket(index_of(nanoseconds))
    assert start <= nanoseconds < start + width
    assert width == 1 or width <= nanoseconds / 32


def test_buckets_touch() -> None:
    edges = [bucket(index) for index in range(1_000)]
    assert all(start + width == following for (start, width), (following, _) in pairwise(edges))


def test_a_quantile_is_where_that_share_has_come() -> None:
    waits = Histogram([(index_of(1_000_000), 98), (index_of(50_000_000), 1), (index_of(900_000_000), 1)])
    assert len(waits) == 100
    assert waits.quantile(0.5) == pytest.approx(0.001, rel=0.03)
    assert waits.quantile(0.98) == pytest.approx(0.001, rel=0.03)
    assert waits.quantile(0.99) == pytest.approx(0.05, rel=0.03)
    assert waits.quantile(1.0) == pytest.approx(0.9, rel=0.03)


def test_nothing_has_no_quantile() -> None:
    assert math.isnan(Histogram().quantile(0.5))
