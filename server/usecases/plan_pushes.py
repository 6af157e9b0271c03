"""Write down what is to be told of an outcome, in the transaction of that outcome: it is told late rather than never.

It is held back for a moment, in which a page that shows it can say so.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from server.core.image import Image, Kind
from server.core.limits import Policy, seconds
from server.core.notices import Choices, NoticeKind, outcome_of
from server.core.ports import Unit
from server.core.pushes import NewPush
from server.core.stores import Wake


async def plan_pushes(unit: Unit, image: Image, policy: Policy) -> None:
    """Within the unit in which the image has ended: a row for each of the author's devices that wants to be told."""
    kind = outcome_of(image)
    wake_at = unit.now + seconds(policy.push_hold)
    if kind is None:
        await _rouse(unit, image, wake_at)
        return
    assert image.author is not None
    kinds = (kind, NoticeKind.BATCH) if image.batch else (kind,)
    new = [
        NewPush(
            device,
            wanted,
            unit.now,
            wake_at,
            unit.now + seconds(policy.push_deadline),
            image.project,
            image=image.id if wanted is kind else None,
            attempt=image.attempt if wanted is kind else None,
            batch=image.batch if wanted is NoticeKind.BATCH else None,
        )
        for device, wanted in await _wanted(unit, [image.author], image.workspace, kinds, image.project)
    ]
    await _plan(unit, new, wake_at)


async def plan_credits_low(unit: Unit, since: datetime, policy: Policy) -> None:
    """Within the unit that stops all submits for want of credits, the stop being known by `since`.

    A row for each device of the owners who wait.
    """
    wake_at = unit.now + seconds(policy.push_hold)
    owners = await unit.notices.owners_waiting()
    deadline_at = unit.now + seconds(policy.push_deadline)
    new = [
        NewPush(device, kind, since, wake_at, deadline_at)
        for device, kind in await _wanted(unit, owners, None, [NoticeKind.CREDITS_LOW], None)
    ]
    await _plan(unit, new, wake_at)


async def _wanted(
    unit: Unit, accounts: Iterable[UUID], workspace: UUID | None, kinds: Iterable[NoticeKind], project: UUID | None
) -> list[tuple[UUID, NoticeKind]]:
    """Which devices are to be told of which kinds; hardly anything is asked where there is no device."""
    devices = await unit.devices.told(list(accounts), workspace)
    if not devices:
        return []
    choices = await unit.notices.choices({device.account for device in devices})
    return [
        (device.id, kind)
        for device in devices
        for kind in kinds
        if choices.get(device.account, Choices()).wants(kind, project, device.off)
    ]


async def _plan(unit: Unit, new: list[NewPush], wake_at: datetime) -> None:
    if new:
        await unit.pushes.plan(new)
        unit.wake(Wake("push", at=wake_at))


async def _rouse(unit: Unit, image: Image, wake_at: datetime) -> None:
    """What was canceled is told to nobody, but it may have been the last that a batch waited for."""
    if image.kind is Kind.GENERATION and image.batch is not None and image.author is not None:
        ended_at = image.finished_at or unit.now
        if await unit.pushes.rouse_batch(image.batch, image.author, ended_at, wake_at):
            unit.wake(Wake("push", at=wake_at))
