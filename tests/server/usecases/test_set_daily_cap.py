"""Who may set what a workspace spends a day."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.core.account import Role
from server.core.errors import ErrorCode
from server.usecases.set_daily_cap import set_daily_cap
from server.usecases.sign_in import read_home
from tests.server.usecases.refusals import refused
from tests.server.usecases.studio import Studio


async def test_an_owner_sets_it_changes_it_and_takes_it_away(studio: Studio, neighbour: Studio) -> None:
    for cap in (12.5, 0.0, None):
        assert (await set_daily_cap(studio.database, studio.viewer, cap)).daily_cap_usd == cap
        assert (await read_home(studio.database, studio.viewer)).daily_cap_usd == cap
    assert (await read_home(neighbour.database, neighbour.viewer)).daily_cap_usd is None


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
async def test_nobody_else_does(studio: Studio, role: Role) -> None:
    viewer = replace(studio.viewer, role=role)
    await refused(set_daily_cap(studio.database, viewer, 5.0), ErrorCode.READ_ONLY)
    assert (await read_home(studio.database, studio.viewer)).daily_cap_usd is None
