"""Prolongs the turns of all images that this process is working on: one statement for however many."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from uuid import UUID

from server.core.image import Image
from server.core.limits import Policy
from server.core.ports import Database, Unavailable
from server.ending import end
from server.usecases.claim_turn import renew_turns

LOG = logging.getLogger(__name__)


@dataclass(eq=False)
class _Kept:
    """An image in hand, as its row is now; `since` is the loop's time of the last renewal."""

    image: Image
    since: float


class Keeper:
    """One a process, running while work is done."""

    def __init__(self, database: Database, policy: Policy) -> None:
        self._database = database
        self._policy = policy
        self._kept: dict[UUID, _Kept] = {}

    @property
    def held(self) -> int:
        """How many images are in hand."""
        return len(self._kept)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Renew from now on."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            await end(task)

    @contextmanager
    def keep(self, image: Image) -> Iterator[None]:
        """Keep the turn that was claimed for as long as this lasts, or until the row has moved on."""
        kept = self._kept[image.id] = _Kept(image, asyncio.get_running_loop().time())
        try:
            yield
        finally:
            self._let_go(kept)

    def latest(self, image: Image) -> Image:
        """The image with the end of its turn as it is now."""
        kept = self._kept.get(image.id)
        return kept.image if kept is not None else image

    def _let_go(self, kept: _Kept) -> None:
        """Whoever lost a turn may hold the same image a second time: the later one stays."""
        if self._kept.get(kept.image.id) is kept:
            del self._kept[kept.image.id]

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._policy.renewal / 3)
            try:
                await self._renew()
            except Unavailable as error:
                LOG.warning("turns could not be prolonged: %s", error)
            except Exception:
                # Without this loop every step that lasts would be done twice: no bug of one round may end it.
                LOG.exception("prolonging turns stumbled")

    async def _renew(self) -> None:
        now = asyncio.get_running_loop().time()
        old = [kept for kept in self._kept.values() if now - kept.since >= self._policy.renewal]
        if not old:
            return
        renewed = await renew_turns(self._database, [kept.image for kept in old], self._policy)
        for kept in old:
            if kept.image.id in renewed:
                kept.image = replace(kept.image, wake_at=renewed[kept.image.id])
                kept.since = now
            else:
                self._let_go(kept)
