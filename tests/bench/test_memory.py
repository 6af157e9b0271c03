"""Whether memory grows: the line through the samples, and where it counts as flat."""

from __future__ import annotations

import statistics

import pytest

from tests.bench.memory import MB, WARM, Sample, growth


def samples(*heaps: int, every: int = 200) -> list[Sample]:
    return [
        Sample(every * turn, heap, nodes=0, listeners=0, process=None, fetched=0) for turn, heap in enumerate(heaps)
    ]


def test_what_grows_before_the_tab_is_warm_does_not_count() -> None:
    found = growth(samples(1 * MB, 5 * MB, 9 * MB, 9 * MB, 9 * MB))
    assert found.events == 800 - WARM
    assert found.bytes == pytest.approx(0)
    assert found.flat


def test_a_leak_is_as_large_as_it_is_whatever_the_noise() -> None:
    per_event = 2_000
    heaps = [10 * MB + per_event * 200 * turn + (50_000 if turn % 2 else -50_000) for turn in range(11)]
    found = growth(samples(*heaps))
    assert found.slope == pytest.approx(per_event, rel=0.05)
    assert found.bytes == pytest.approx(1600 * per_event, rel=0.05)
    assert found.share == pytest.approx(0.3, abs=0.02)
    assert not found.flat


@pytest.mark.parametrize(
    ("first", "last", "flat"),
    [
        (100 * MB, 104 * MB, True),
        (100 * MB, 106 * MB, False),
        (4 * MB, int(4.9 * MB), True),
        (4 * MB, int(5.1 * MB), False),
        (9 * MB, 5 * MB, True),
    ],
)
def test_flat_is_a_twentieth_or_a_megabyte(first: int, last: int, flat: bool) -> None:
    assert growth(samples(0, 0, first, last)).flat is flat


def test_one_sample_is_no_line() -> None:
    with pytest.raises(statistics.StatisticsError):
        growth(samples(MB, MB, MB))
