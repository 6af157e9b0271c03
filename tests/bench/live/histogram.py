"""How long messages were on their way, as the load program counts it: 32 buckets for each power of two nanoseconds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

FINE = 32


class Histogram:
    """Counts by bucket; a bucket is 3 % wide."""

    def __init__(self, pairs: Iterable[tuple[int, int]] = ()) -> None:
        self._counts: Counter[int] = Counter(dict(pairs))

    def __len__(self) -> int:
        return self._counts.total()

    def quantile(self, share: float) -> float:
        """Seconds within which that share of the messages came; the middle of the bucket. NaN where there are none."""
        left = share * len(self)
        for index, count in sorted(self._counts.items()):
            left -= count
            if left <= 0:
                start, width = bucket(index)
                return (start + width / 2) / 1e9
        return float("nan")


def bucket(index: int) -> tuple[int, int]:
    """Where a bucket begins and how wide it is, in nanoseconds."""
    if index < FINE:
        return index, 1
    shift = index // FINE - 1
    return (FINE + index % FINE) << shift, 1 << shift
