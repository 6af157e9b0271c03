"""Every kind of fault, by name."""

from __future__ import annotations

from tests.chaos.kinds import callbacks, crashes, machine, provider, pushes, results, stores
from tests.chaos.kinds.registry import KINDS, Kind

__all__ = ["KINDS", "Kind", "callbacks", "crashes", "machine", "provider", "pushes", "results", "stores"]
