"""An upgrade to read marks: nobody's old pictures are new by it."""

from __future__ import annotations

from uuid import uuid4

from server.infra.embedded import ThrowawayServers
from tests.server.infra.upgrading import before

NAME = "0006_read_marks"


async def test_all_members_have_seen_what_there_is_before_the_upgrade(servers: ThrowawayServers) -> None:
    async with before(servers, NAME) as (database, upgrade):
        ada, bob, home, elsewhere, project, foreign = (uuid4() for _ in range(6))
        for account, email in ((ada, "ada@example.org"), (bob, "bob@example.org")):
            await database.execute("INSERT INTO account (id, email) VALUES ($1, $2)", account, email)
        for workspace, owned, members in ((home, project, (ada, bob)), (elsewhere, foreign, (bob,))):
            await database.execute("INSERT INTO workspace (id, name) VALUES ($1, 'w')", workspace)
            await database.execute("INSERT INTO project (id, workspace, name) VALUES ($1, $2, 'p')", owned, workspace)
            for account in members:
                await database.execute(
                    "INSERT INTO membership (account, workspace, role) VALUES ($1, $2, 'owner')", account, workspace
                )
        start = await database.fetchval("SELECT clock_timestamp()")
        await upgrade()
        rows = await database.fetch("SELECT account, project, seen_at FROM read_mark")
        assert {(row["account"], row["project"]) for row in rows} == {(ada, project), (bob, project), (bob, foreign)}
        assert all(row["seen_at"] >= start for row in rows)
