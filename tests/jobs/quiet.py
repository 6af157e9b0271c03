"""A workshop in which nobody works but the test: no web, no worker, no rescue, the real parts all the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from jobs.rescue import watch
from jobs.steps import run
from jobs.workshop import Workshop, open_workshop
from server.core.image import Image
from server.core.stores import Wake
from server.settings import Settings
from server.usecases.dispatch_images import dispatch_images
from server.usecases.upload_image import staging_key
from tests.server.usecases.studio import Studio, Told, open_studio


@dataclass
class Quiet:
    """The workshop, and a person who asks for pictures by the use cases."""

    shop: Workshop
    person: Studio

    async def row(self, id: UUID) -> Image:
        """The image as it stands."""
        return await self.person.load(id)

    async def upload(self, data: bytes) -> Image:
        """An upload whose bytes are staged."""
        [image] = await self.person.upload()
        await self.shop.parts.blobs.put(staging_key(image.id), data, "image/jpeg")
        return image

    async def reserved(self, prompt: str) -> Wake:
        """A generation whose turn it is; the wake that dispatch would send."""
        await self.person.request(prompt=prompt)
        [wake] = await dispatch_images(self.shop.parts.database, 100, 100)
        return wake

    async def do_what_is_due(self, id: UUID) -> Image:
        """The image's next step, now; the image after it."""
        await self.person.sql(
            "UPDATE image SET wake_at = now() WHERE id = :id AND wake_at IS NOT NULL RETURNING id", id=id
        )
        await run(self.shop, Wake("image", id))
        return await self.row(id)


@asynccontextmanager
async def open_quiet(settings: Settings) -> AsyncIterator[Quiet]:
    """Open the parts, and add a person."""
    async with open_workshop(settings) as shop:
        yield Quiet(shop, await open_studio(shop.parts.database, Told()))


@asynccontextmanager
async def rescuing(quiet: Quiet) -> AsyncIterator[None]:
    """Rescue at its rounds, and no worker."""
    stop = asyncio.Event()
    watching = asyncio.create_task(watch(quiet.shop, stop))
    try:
        yield
    finally:
        stop.set()
        async with asyncio.timeout(10):
            await watching
