"""What becomes of those who were let in."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

from server.infra.database import PostgresDatabase
from server.usecases import sign_in
from server.usecases.check_viewers import Standing, check_viewers
from tests.server.live.people import new_person, sql


async def test_standing_of_sessions_keys_and_members(database: PostgresDatabase, database_url: str) -> None:
    ada = await new_person(database)
    bob = await new_person(database, "bob@atelier.example")
    viewers = [ada.by_session, ada.by_key, replace(ada.by_session, workspace=bob.workspace), bob.by_key]
    assert await check_viewers(database, viewers) == [
        Standing.GOOD,
        Standing.GOOD,
        Standing.NOT_A_MEMBER,
        Standing.GOOD,
    ]
    await sign_in.close_session(database, ada.by_session)
    assert bob.by_key.key is not None
    await sign_in.revoke_key(database, bob.by_key, bob.by_key.key)
    assert await check_viewers(database, viewers) == [
        Standing.SIGNED_OUT,
        Standing.GOOD,
        Standing.NOT_A_MEMBER,
        Standing.SIGNED_OUT,
    ]
    await sql(database_url, "UPDATE session SET expires_at = now()")
    assert await check_viewers(database, [bob.by_session]) == [Standing.SIGNED_OUT]
    assert await check_viewers(database, [replace(bob.by_session, workspace=uuid4())]) == [Standing.NOT_A_MEMBER]
    assert await check_viewers(database, []) == []
