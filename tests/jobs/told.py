"""A person with devices at a push service of the test's own, in a workshop in which nobody works but the test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from jobs.steps import run
from server.core.account import Viewer
from server.core.devices import Device, Language
from server.core.image import Image, Status
from server.core.notices import Choices, NoticeKind
from server.core.stores import Wake
from server.usecases import sign_in
from server.usecases.add_device import Subscription, add_device
from server.usecases.choose_notices import save_choices
from server.usecases.read_devices import read_devices
from tests.jobs.quiet import Quiet, open_quiet
from tests.push_endpoint import PushService, Received, push_service
from tests.server.usecases.studio import Studio
from tests.studio import studio_settings


@dataclass
class Scene:
    """The workshop, its person, and the push service that it knows."""

    quiet: Quiet
    service: PushService

    @property
    def person(self) -> Studio:
        """Ada."""
        return self.quiet.person

    async def device(self, name: str = "ada", viewer: Viewer | None = None, language: str = "en") -> Device:
        """One more device, of Ada's unless told."""
        given = self.service.subscription(name)
        subscription = Subscription(given["endpoint"], given["p256dh"], given["auth"])
        parts = self.quiet.shop.parts
        return await add_device(
            parts.database,
            viewer or self.person.viewer,
            subscription,
            name,
            Language(language),
            parts.push_destinations,
        )

    async def devices(self) -> Sequence[Device]:
        """Ada's, as they stand."""
        return await read_devices(self.quiet.shop.parts.database, self.person.viewer)

    async def choose(self, *kinds: NoticeKind, muted: frozenset[UUID] = frozenset()) -> None:
        """Ada wants to be told of these."""
        await save_choices(self.person.database, self.person.viewer, Choices(frozenset(kinds), muted))

    async def let_due(self) -> None:
        """The moment for which everything is held back, or postponed, has passed."""
        await self.person.sql("UPDATE push SET wake_at = now() WHERE wake_at IS NOT NULL RETURNING id")

    async def tell(self) -> list[Received]:
        """All that waits is sent now; what the service has taken so far."""
        await self.let_due()
        await run(self.quiet.shop, Wake("push"))
        return self.service.received

    async def rows(self) -> list[Any]:
        """The outbox, oldest first."""
        return await self.person.sql("SELECT * FROM push ORDER BY ended_at, id")

    async def pictures(self, status: Status, number: int = 1) -> list[Image]:
        """New generations of Ada's that ended so."""
        return [await self.person.bring(status) for _ in range(number)]

    async def batch(self, number: int) -> list[Image]:
        """Generations of one request, all at the provider."""
        images = await self.person.request(count=number, batch=uuid4())
        return [await self.person.accept(image, task=uuid4().hex) for image in images]

    async def session(self) -> Viewer:
        """Ada with a session, as behind a cookie."""
        database = self.person.database
        token = await sign_in.make_link(database, self.person.viewer.email)
        assert token is not None
        opened = await sign_in.open_session(database, token)
        return replace(self.person.viewer, session=opened.id)


@asynccontextmanager
async def open_scene(
    database_url: str, redis_url: str, simulator_url: str, data: Path, **others: Any
) -> AsyncIterator[Scene]:
    """A push service, and the workshop that may send to it."""
    async with push_service() as service:
        settings = studio_settings(
            database_url, redis_url, simulator_url, data, **{"push_private_origin": service.url, **others}
        )
        async with open_quiet(settings) as quiet:
            yield Scene(quiet, service)
