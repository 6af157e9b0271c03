"""The fair queue: which pending image goes next."""

from __future__ import annotations

from server.core.stores import Wake
from server.usecases.dispatch_images import dispatch_images
from server.wiring import Dependencies


async def dispatch(parts: Dependencies) -> list[Wake]:
    """Reserve whoever goes next and wake a worker for each; those wakes. Raises `Unavailable`."""
    settings = parts.settings
    return await dispatch_images(
        parts.database, settings.workspace_concurrency, settings.total_concurrency, settings.submit_rate
    )
