"""The collector, in a process of its own: it would stay quiet in all that follow."""

from __future__ import annotations

import subprocess
import sys

from tests.running import ROOT

LOOK = """
import gc
from server.collector import CALM, keep_collector_quiet
keep_collector_quiet()
print(gc.get_freeze_count() > 1000, gc.get_threshold() == CALM, gc.isenabled())
"""


def test_it_passes_over_what_was_there_and_goes_on_seldom():
    said = subprocess.check_output([sys.executable, "-c", LOOK], cwd=ROOT, text=True, timeout=60)
    assert said.split() == ["True"] * 3
