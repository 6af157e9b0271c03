"""How pushes stand, as Prometheus reads it: the workers count in PostgreSQL, so every web process tells the same."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from server.core.pushes import Fate, Tally

FAILURES = (Fate.REFUSED, Fate.UNREACHABLE, Fate.GIVEN_UP)


def push_metrics(tally: Tally) -> bytes:
    """Prometheus text; a push is one outcome at one device."""
    registry = CollectorRegistry()
    registry.register(_Pushes(tally))
    return generate_latest(registry)


class _Pushes(Collector):
    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def collect(self) -> Iterator[Metric]:
        fates = self._tally.fates
        yield CounterMetricFamily("atelier_pushes_sent", "Pushes that a push service took.", fates[Fate.SENT])
        failed = CounterMetricFamily("atelier_pushes_failed", "Tries that came to nothing.", labels=["reason"])
        for fate in FAILURES:
            failed.add_metric([str(fate)], fates[fate])
        yield failed
        yield CounterMetricFamily("atelier_pushes_gone", "Devices that had unsubscribed.", fates[Fate.GONE])
        yield CounterMetricFamily(
            "atelier_pushes_held_back", "Pushes that were shown, read or no news in time.", fates[Fate.HELD_BACK]
        )
        yield GaugeMetricFamily("atelier_pushes_waiting", "Pushes that are to be sent.", self._tally.waiting)
        yield GaugeMetricFamily(
            "atelier_pushes_oldest_waiting_seconds", "Since the outcome of the oldest of these.", self._tally.oldest
        )
