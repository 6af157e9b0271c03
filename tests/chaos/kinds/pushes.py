"""The browsers' push services, which are nobody's."""

from __future__ import annotations

from collections.abc import AsyncIterator

from tests.chaos.kinds.registry import kind
from tests.chaos.stage import Stage

AWAY = ("503 Service Unavailable", "")
_UNSENT = "SELECT 1 FROM push WHERE image = ANY($1) AND sent_at IS NULL"


@kind("F17")
async def push_service_away(stage: Stage) -> AsyncIterator[None]:
    """A push service answers 503 for a while: its devices are told late, and once."""
    service = stage.house.post.service
    service.always = AWAY
    try:
        victim = await stage.quiet.ask("duration:0.2")
        await stage.completes(victim)
        await service.refusals(len(service.refused) + 1)
    finally:
        service.always = None
    yield
    await stage.told(victim)

    async def written_down() -> list[bool]:
        return [] if await stage.house.fetch(_UNSENT, victim.ids) else [True]

    await stage.some(written_down)
