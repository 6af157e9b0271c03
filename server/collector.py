"""The garbage collector, kept quiet in a process that runs for long."""

from __future__ import annotations

import gc

CALM = (20_000, 10, 10)
"""Its thresholds: at its own, thousands of sockets that stay make it walk all of them every second."""


def keep_collector_quiet() -> None:
    """Once, when a process is set up: what is there now stays for good, and need not be walked again and again.

    A walk over the modules of a process alone takes 30 ms, in which nothing else is done.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*CALM)
