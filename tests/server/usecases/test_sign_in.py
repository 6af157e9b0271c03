"""Links that work once, sessions, keys: what lets people in, and what does not any more."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from server.core.account import Role, Viewer
from server.core.errors import ErrorCode, Refusal
from server.usecases import sign_in
from server.usecases.sign_in import OpenedSession
from tests.server.usecases.refusals import refused
from tests.server.usecases.studio import Studio

ADA = "ada@example.org"


async def link(studio: Studio) -> str:
    token = await sign_in.make_link(studio.database, ADA)
    assert token is not None
    return token


async def signed_in(studio: Studio) -> tuple[OpenedSession, Viewer]:
    opened = await sign_in.open_session(studio.database, await link(studio))
    viewer = await sign_in.identify(studio.database, opened.token, None)
    assert viewer is not None
    return opened, viewer


# Links


async def test_a_link_opens_a_session_once(studio: Studio) -> None:
    token = await link(studio)
    opened = await sign_in.open_session(studio.database, token)
    viewer = await sign_in.identify(studio.database, opened.token, None)
    assert viewer is not None
    assert (viewer.account, viewer.workspace, viewer.role) == (
        studio.viewer.account,
        studio.viewer.workspace,
        Role.OWNER,
    )
    assert (viewer.session, viewer.key, viewer.expires_at) == (opened.id, None, opened.expires_at)
    await refused(sign_in.open_session(studio.database, token), ErrorCode.LINK_EXPIRED)


async def test_of_ten_at_once_one_gets_in(studio: Studio) -> None:
    token = await link(studio)

    async def attempt() -> bool:
        try:
            await sign_in.open_session(studio.database, token)
        except Refusal as refusal:
            assert refusal.code is ErrorCode.LINK_EXPIRED
            return False
        return True

    assert sum(await asyncio.gather(*(attempt() for _ in range(10)))) == 1
    assert len(await studio.sql("SELECT id FROM session")) == 1


async def test_a_link_lives_for_a_quarter_of_an_hour(studio: Studio) -> None:
    early, late = await link(studio), await link(studio)
    await studio.sql("UPDATE sign_in_link SET expires_at = expires_at - interval '14 minutes 50 s' RETURNING 1")
    await sign_in.open_session(studio.database, early)
    await studio.sql("UPDATE sign_in_link SET expires_at = expires_at - interval '10 s' RETURNING 1")
    await refused(sign_in.open_session(studio.database, late), ErrorCode.LINK_EXPIRED)


async def test_a_guessed_link_opens_nothing(studio: Studio) -> None:
    await link(studio)
    for guess in ("", "guess", (await studio.sql("SELECT token_hash FROM sign_in_link"))[0]["token_hash"].hex()):
        await refused(sign_in.open_session(studio.database, guess), ErrorCode.LINK_EXPIRED)


async def test_a_stranger_gets_no_link(studio: Studio) -> None:
    assert await sign_in.make_link(studio.database, "nobody@example.org") is None


async def test_no_secret_is_kept(studio: Studio) -> None:
    token = await link(studio)
    opened, viewer = await signed_in(studio)
    key = await sign_in.add_key(studio.database, viewer.account, "laptop")
    for table in ("sign_in_link", "session", "api_key"):
        rows = await studio.sql(f"SELECT * FROM {table}")
        assert rows
        for secret in (token, opened.token, key["secret"]):
            assert not [row for row in rows if secret in str(dict(row)) or secret.encode() in row["token_hash"]]


# Sessions


async def test_a_session_ends_when_it_is_closed_and_no_other_does(studio: Studio) -> None:
    (first, viewer), (second, _) = await signed_in(studio), await signed_in(studio)
    for _ in range(2):
        await sign_in.close_session(studio.database, viewer)
    assert await sign_in.identify(studio.database, first.token, None) is None
    assert await sign_in.identify(studio.database, second.token, None) is not None


async def test_a_session_ends_after_thirty_days(studio: Studio) -> None:
    opened, _ = await signed_in(studio)
    assert opened.expires_at - await studio.database.time() > timedelta(days=29)
    await studio.sql("UPDATE session SET expires_at = now() - interval '1 s' RETURNING id")
    assert await sign_in.identify(studio.database, opened.token, None) is None


@pytest.mark.parametrize(("session", "key"), [(None, None), ("", ""), ("nonsense", None), (None, "atl_nonsense")])
async def test_a_stranger_is_nobody(studio: Studio, session: str | None, key: str | None) -> None:
    await signed_in(studio)
    assert await sign_in.identify(studio.database, session, key) is None


# Keys


async def test_a_key_lets_in_until_it_is_revoked(studio: Studio) -> None:
    made = await sign_in.add_key(studio.database, studio.viewer.account, "laptop")
    assert made["secret"].startswith("atl_")
    viewer = await sign_in.identify(studio.database, None, made["secret"])
    assert viewer is not None
    assert (viewer.account, viewer.session, viewer.key) == (studio.viewer.account, None, made["id"])
    [listed] = await sign_in.list_keys(studio.database, viewer)
    assert (listed["id"], listed["name"]) == (made["id"], "laptop")
    assert listed["last_used_at"] is not None
    assert set(listed) == {"id", "name", "created_at", "last_used_at"}
    await sign_in.revoke_key(studio.database, viewer, made["id"])
    assert await sign_in.identify(studio.database, None, made["secret"]) is None
    await refused(sign_in.revoke_key(studio.database, viewer, made["id"]), ErrorCode.NOT_FOUND)


async def test_a_foreign_key_cannot_be_seen_or_revoked(studio: Studio, neighbour: Studio) -> None:
    theirs = await sign_in.add_key(studio.database, neighbour.viewer.account, "theirs")
    assert await sign_in.list_keys(studio.database, studio.viewer) == []
    await refused(sign_in.revoke_key(studio.database, studio.viewer, theirs["id"]), ErrorCode.NOT_FOUND)
    assert await sign_in.identify(studio.database, None, theirs["secret"]) is not None


async def test_a_session_is_no_key_and_a_key_no_session(studio: Studio) -> None:
    opened, viewer = await signed_in(studio)
    key = await sign_in.add_key(studio.database, viewer.account, "laptop")
    assert await sign_in.identify(studio.database, None, opened.token) is None
    assert await sign_in.identify(studio.database, key["secret"], None) is None


# Accounts


async def test_a_new_account_finds_a_workspace_and_a_project(studio: Studio) -> None:
    account = await sign_in.add_account(studio.database, "bob@example.org")
    viewer = Viewer(account, "bob@example.org", uuid4(), Role.OWNER)
    home = await sign_in.read_home(studio.database, viewer)
    assert (home.name, home.role) == ("bob", Role.OWNER)
    assert home.id != studio.viewer.workspace
    projects = await studio.database.transact(lambda unit: unit.projects.all(home.id))
    assert [project.name for project in projects] == ["Atelier"]


async def test_an_address_is_one_account_whatever_its_letter_case(studio: Studio) -> None:
    assert await sign_in.add_account(studio.database, "ADA@Example.org") == studio.viewer.account
    assert await sign_in.make_link(studio.database, "Ada@example.ORG") is not None


async def test_an_account_added_by_five_at_once_is_one(studio: Studio) -> None:
    added = await asyncio.gather(*(sign_in.add_account(studio.database, "bob@example.org") for _ in range(5)))
    assert len(set(added)) == 1
    assert len(await studio.sql("SELECT id FROM workspace")) == 2


async def test_the_first_account_is_the_oldest(studio: Studio, neighbour: Studio) -> None:
    assert neighbour.viewer.email != ADA
    assert await sign_in.first_account(studio.database) == ADA


async def test_who_was_put_out_of_their_workspace_is_not_at_home(studio: Studio) -> None:
    opened, viewer = await signed_in(studio)
    await studio.sql("DELETE FROM membership WHERE account = :id RETURNING account", id=viewer.account)
    assert await sign_in.identify(studio.database, opened.token, None) is None
    await refused(sign_in.read_home(studio.database, viewer), ErrorCode.NOT_SIGNED_IN)
