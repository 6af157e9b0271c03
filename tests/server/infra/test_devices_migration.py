"""An upgrade by which devices belong to keys: those that belong to nothing anybody could revoke are gone."""

from __future__ import annotations

from uuid import uuid4

from server.infra.embedded import ThrowawayServers
from tests.server.infra.upgrading import before

NAME = "0010_devices_of_keys"


async def test_devices_of_sessions_stay_and_those_of_forgotten_keys_go(servers: ThrowawayServers) -> None:
    async with before(servers, NAME) as (database, upgrade):
        account, session = uuid4(), uuid4()
        await database.execute("INSERT INTO account (id, email) VALUES ($1, 'ada@example.org')", account)
        await database.execute(
            "INSERT INTO session (id, token_hash, account, expires_at) VALUES ($1, '', $2, now())", session, account
        )
        for name, owner in (("browser", session), ("script", None)):
            await database.execute(
                "INSERT INTO push_subscription (id, account, session, endpoint, p256dh, auth, name, language) "
                "VALUES ($1, $2, $3, $4, 'k', 'a', $4, 'en')",
                *(uuid4(), account, owner, name),
            )
        await upgrade()
        left = await database.fetch("SELECT name, session, api_key FROM push_subscription")
        assert [tuple(row) for row in left] == [("browser", session, None)]
