"""The port `Accounts`, on its one adapter. Tokens come in as hashes only."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from server.core.account import Role, Viewer
from tests.contracts.rows import Home

HASH = b"hash of a token"


async def soon(home: Home, seconds: float = 60.0) -> datetime:
    return await home.database.time() + timedelta(seconds=seconds)


async def session(home: Home, token_hash: bytes = HASH, lasts: float = 60.0) -> UUID:
    id, until = uuid4(), await soon(home, lasts)
    await home.do(lambda unit: unit.accounts.add_session(id, token_hash, home.account, until))
    return id


async def link(home: Home, token_hash: bytes = HASH, lasts: float = 60.0) -> None:
    until = await soon(home, lasts)
    await home.do(lambda unit: unit.accounts.add_link(token_hash, home.account, until))


async def redeem(home: Home, token_hash: bytes = HASH) -> UUID | None:
    return await home.do(lambda unit: unit.accounts.redeem_link(token_hash))


async def by_session(home: Home) -> Viewer | None:
    return (await home.do(lambda unit: unit.accounts.by_sessions([HASH, b"of none"]))).get(HASH)


async def by_key(home: Home) -> Viewer | None:
    return (await home.do(lambda unit: unit.accounts.by_keys([b"of none", HASH]))).get(HASH)


async def is_alive(home: Home, viewer: Viewer) -> bool:
    [alive] = await home.do(lambda unit: unit.accounts.alive([viewer]))
    return alive


# Accounts


async def test_an_account_comes_with_a_workspace_and_its_stream(home: Home) -> None:
    made = await home.do(lambda unit: unit.accounts.add("bob@example.org", "Bob"))
    assert made is not None
    account, workspace = made
    at_home = await home.do(lambda unit: unit.accounts.home(account))
    assert at_home is not None
    assert (at_home.id, at_home.name, at_home.role) == (workspace, "Bob", Role.OWNER)
    assert await home.do(lambda unit: unit.accounts.member(account, workspace)) is Role.OWNER
    position = await home.do(lambda unit: unit.events.position(workspace))
    assert position is not None
    assert position.seq == 0


async def test_an_address_is_one_account_whatever_its_letter_case(home: Home) -> None:
    assert await home.do(lambda unit: unit.accounts.by_email("ADA@example.ORG")) == home.account
    assert await home.do(lambda unit: unit.accounts.add("Ada@Example.org", "Ada")) is None
    assert await home.do(lambda unit: unit.accounts.by_email("nobody@example.org")) is None


async def test_of_many_who_add_an_address_at_once_one_does(home: Home) -> None:
    made = await asyncio.gather(*(home.do(lambda unit: unit.accounts.add("bob@example.org", "Bob")) for _ in range(5)))
    assert sum(one is not None for one in made) == 1
    assert len(await home.sql("SELECT id FROM workspace")) == 2


async def test_the_first_account_is_the_oldest(home: Home, other: Home) -> None:
    assert other.account != home.account
    assert await home.do(lambda unit: unit.accounts.first()) == "ada@example.org"


async def test_strangers_are_members_of_nothing(home: Home, other: Home) -> None:
    assert await home.do(lambda unit: unit.accounts.member(home.account, other.workspace)) is None
    assert await home.do(lambda unit: unit.accounts.member(uuid4(), home.workspace)) is None
    assert await home.do(lambda unit: unit.accounts.home(uuid4())) is None


async def test_one_who_was_invited_stays_at_home(home: Home, other: Home) -> None:
    await home.sql(
        "INSERT INTO membership (account, workspace, role) VALUES (:account, :workspace, 'viewer') RETURNING role",
        account=home.account,
        workspace=other.workspace,
    )
    at_home = await home.do(lambda unit: unit.accounts.home(home.account))
    assert at_home is not None
    assert at_home.id == home.workspace
    assert await home.do(lambda unit: unit.accounts.member(home.account, other.workspace)) is Role.VIEWER


# Links


async def test_a_link_is_used_up(home: Home) -> None:
    await link(home)
    assert await redeem(home, b"another") is None
    assert await redeem(home) == home.account
    assert await redeem(home) is None


async def test_of_many_who_use_a_link_at_once_one_gets_in(home: Home) -> None:
    await link(home)
    redeemed = await asyncio.gather(*(redeem(home) for _ in range(5)))
    assert [one for one in redeemed if one is not None] == [home.account]


async def test_an_old_link_is_worth_nothing(home: Home) -> None:
    await link(home, lasts=-1.0)
    assert await redeem(home) is None


# Sessions


async def test_a_session_tells_who_it_belongs_to_while_it_lives(home: Home) -> None:
    id = await session(home)
    viewer = await by_session(home)
    assert viewer is not None
    assert viewer == Viewer(
        home.account, "ada@example.org", home.workspace, Role.OWNER, session=id, expires_at=viewer.expires_at
    )
    assert await is_alive(home, viewer)
    for _ in range(2):
        await home.do(lambda unit: unit.accounts.end_session(id))
    assert await by_session(home) is None
    assert not await is_alive(home, viewer)


async def test_an_expired_session_is_nobodys(home: Home) -> None:
    id = await session(home, lasts=-1.0)
    assert await by_session(home) is None
    viewer = Viewer(home.account, "ada@example.org", home.workspace, Role.OWNER, session=id)
    assert not await is_alive(home, viewer)


async def test_who_is_no_member_any_more_is_not_alive_there(home: Home) -> None:
    await session(home)
    viewer = await by_session(home)
    assert viewer is not None
    await home.sql("DELETE FROM membership WHERE account = :id RETURNING account", id=home.account)
    assert not await is_alive(home, viewer)
    assert await by_session(home) is None


async def test_a_viewer_with_neither_session_nor_key_is_not_alive(home: Home) -> None:
    viewer = Viewer(home.account, "ada@example.org", home.workspace, Role.OWNER)
    assert not await is_alive(home, viewer)


async def test_many_are_looked_up_at_once_each_for_itself(home: Home, other: Home) -> None:
    mine, theirs = await session(home, b"mine"), await session(other, b"theirs")
    await session(home, b"ended", lasts=-1.0)
    found = await home.do(lambda unit: unit.accounts.by_sessions([b"mine", b"ended", b"theirs", b"nobody's"]))
    assert {hash: viewer.session for hash, viewer in found.items()} == {b"mine": mine, b"theirs": theirs}
    intruder = replace(found[b"theirs"], workspace=home.workspace)
    viewers = [found[b"theirs"], intruder, found[b"mine"], replace(found[b"mine"], session=None), found[b"theirs"]]
    assert await home.do(lambda unit: unit.accounts.alive(viewers)) == [True, False, True, False, True]
    assert await home.do(lambda unit: unit.accounts.alive([])) == []


# Keys


async def test_a_key_tells_who_it_belongs_to_until_it_is_ended(home: Home, other: Home) -> None:
    id = uuid4()
    made = await home.do(lambda unit: unit.accounts.add_key(id, HASH, home.account, "laptop"))
    viewer = await by_key(home)
    assert viewer == Viewer(home.account, "ada@example.org", home.workspace, Role.OWNER, key=id)
    assert await is_alive(home, viewer)
    [key] = await home.do(lambda unit: unit.accounts.keys(home.account))
    assert (key["id"], key["name"], key["created_at"]) == (id, "laptop", made)
    assert not await home.do(lambda unit: unit.accounts.end_key(other.account, id))
    assert await home.do(lambda unit: unit.accounts.end_key(home.account, id))
    assert not await home.do(lambda unit: unit.accounts.end_key(home.account, id))
    assert await by_key(home) is None
    assert not await is_alive(home, viewer)


async def test_the_last_use_of_a_key_is_kept_to_the_minute(home: Home) -> None:
    await home.do(lambda unit: unit.accounts.add_key(uuid4(), HASH, home.account, "laptop"))
    seen = []
    for _ in range(2):
        await by_key(home)
        seen += [row["last_used_at"] for row in await home.sql("SELECT last_used_at FROM api_key")]
    assert seen[0] is not None
    assert seen[0] == seen[1]
    await home.sql("UPDATE api_key SET last_used_at = last_used_at - interval '61 s' RETURNING id")
    await by_key(home)
    [row] = await home.sql("SELECT last_used_at FROM api_key")
    assert row["last_used_at"] > seen[0]


async def test_keys_are_listed_oldest_first_without_their_hashes(home: Home) -> None:
    for number in range(3):
        key = uuid4()
        await home.do(
            lambda unit, key=key, number=number: unit.accounts.add_key(
                key, bytes([number]), home.account, f"no. {number}"
            )
        )
    listed = await home.do(lambda unit: unit.accounts.keys(home.account))
    assert [key["name"] for key in listed] == ["no. 0", "no. 1", "no. 2"]
    assert set(listed[0]) == {"id", "name", "created_at", "last_used_at"}
