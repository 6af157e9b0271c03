"""Waiting pictures in an order of one's own: within the workspace, and for what still waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID, uuid4

from server.core.account import Role
from server.core.errors import ErrorCode
from server.core.image import Image, Status
from server.usecases.change_image import cancel_image, retry_image
from server.usecases.dispatch_images import dispatch_images
from server.usecases.order_queue import order_queue
from tests.server.usecases.refusals import refused
from tests.server.usecases.studio import Studio


def ids(images: Sequence[Image]) -> list[UUID]:
    return [image.id for image in images]


async def ordered(studio: Studio, *images: Image) -> list[UUID]:
    queue = await order_queue(studio.database, studio.viewer, ids(images))
    return [UUID(id) for id in queue["places"]]


async def test_the_named_go_first_in_the_order_named(studio: Studio) -> None:
    a, b, c, d = await studio.request(count=4)
    studio.told.clear()
    assert await ordered(studio, c) == ids([c, a, b, d])
    assert studio.told.stirred == 1
    assert studio.told.events == []
    assert await ordered(studio, d, a) == ids([d, a, c, b])
    assert await ordered(studio, d, a, d) == ids([d, a, c, b])
    assert [wake.id for wake in await dispatch_images(studio.database, 2, 64)] == ids([d, a])


async def test_what_waits_no_longer_is_passed_over(studio: Studio) -> None:
    done = await studio.bring(Status.COMPLETED)
    a, b, c = await studio.request(count=3)
    await cancel_image(studio.database, studio.viewer, a.id, studio.rules)
    assert await ordered(studio, done, c, a) == ids([c, b])
    assert await studio.load(done.id) == done


async def test_a_foreign_picture_changes_nothing(studio: Studio, neighbour: Studio) -> None:
    a, b = await studio.request(count=2)
    [theirs] = await neighbour.request()
    for foreign in (theirs.id, uuid4()):
        await refused(order_queue(studio.database, studio.viewer, [b.id, foreign]), ErrorCode.NOT_FOUND)
    assert await ordered(studio) == ids([a, b])


async def test_it_takes_no_turn_from_others(studio: Studio, neighbour: Studio) -> None:
    [theirs] = await neighbour.request()
    images = await studio.request(count=4)
    await order_queue(studio.database, studio.viewer, ids(images)[::-1])
    assert [wake.id for wake in await dispatch_images(studio.database, 8, 2)] == [theirs.id, images[-1].id]


async def test_another_try_begins_behind_again(studio: Studio) -> None:
    a, b, c = await studio.request(count=3)
    await ordered(studio, c)
    await cancel_image(studio.database, studio.viewer, c.id, studio.rules)
    later = await studio.request()
    await retry_image(studio.database, studio.viewer, c.id, studio.rules)
    assert await ordered(studio) == ids([a, b, c, *later])


async def test_viewers_may_not(studio: Studio) -> None:
    [image] = await studio.request()
    looking = replace(studio.viewer, role=Role.VIEWER)
    await refused(order_queue(studio.database, looking, [image.id]), ErrorCode.READ_ONLY)
