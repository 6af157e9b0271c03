"""Rows of `push_subscription` in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from server.core.devices import Device, Language, Trouble
from server.core.notices import NoticeKind
from server.infra.sql import Row, Sql

# A browser that another account had is nothing of that account's any more: not its name, not what waits for it.
_TAKE_OVER = "DELETE FROM push_subscription WHERE endpoint = :endpoint AND account <> :account"
_PUT = """
    INSERT INTO push_subscription AS device (id, account, session, api_key, endpoint, p256dh, auth, name, language)
    VALUES (:id, :account, :session, :key, :endpoint, :p256dh, :auth, :name, :language)
    ON CONFLICT (endpoint) DO UPDATE SET
        session = CASE WHEN {stays} THEN device.session ELSE EXCLUDED.session END,
        api_key = CASE WHEN {stays} THEN NULL ELSE EXCLUDED.api_key END, p256dh = EXCLUDED.p256dh,
        auth = EXCLUDED.auth, language = EXCLUDED.language, trouble = NULL, rests_until = NULL
    RETURNING *
""".format(
    # Who signs out at a browser is told nothing there any more, whatever a script of theirs has said of it meanwhile.
    stays="EXCLUDED.session IS NULL AND device.session IN (SELECT id FROM session WHERE expires_at > now())"
)
ALIVE = "(device.session IS NULL OR EXISTS (SELECT FROM session WHERE id = device.session AND expires_at > now()))"
"""A condition on `device`: whoever added it has not signed out, and would not be asked to sign in.

Devices of a revoked key are gone with it.
"""

_TOLD = f"""
    SELECT device.* FROM push_subscription AS device
    WHERE device.account = ANY(CAST(:accounts AS uuid[])) AND {ALIVE}
      AND (CAST(:workspace AS uuid) IS NULL OR EXISTS (SELECT FROM membership
           WHERE membership.account = device.account AND membership.workspace = CAST(:workspace AS uuid)))
    ORDER BY device.id
"""
_CHANGE = """
    UPDATE push_subscription SET name = coalesce(CAST(:name AS text), name),
        language = coalesce(CAST(:language AS text), language), "off" = coalesce(CAST(:off AS text[]), "off")
    WHERE id = :id AND account = :account RETURNING *
"""


class PostgresDevices:
    """See `server.core.devices.Devices`."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def put(self, device: Device) -> Device:
        """Two statements: what is taken over takes nothing along."""
        await self._sql.run(_TAKE_OVER, endpoint=device.endpoint, account=device.account)
        row = await self._sql.one(
            _PUT,
            id=device.id,
            account=device.account,
            session=device.session,
            key=device.key,
            endpoint=device.endpoint,
            p256dh=device.p256dh,
            auth=device.auth,
            name=device.name,
            language=str(device.language),
        )
        assert row is not None
        return device_of(row)

    async def count_others(self, account: UUID, endpoint: str) -> int:
        """The account's row is locked, so that of two added at once the second is counted too."""
        await self._sql.run("SELECT id FROM account WHERE id = :account FOR NO KEY UPDATE", account=account)
        row = await self._sql.one(
            "SELECT count(*) AS number FROM push_subscription WHERE account = :account AND endpoint <> :endpoint",
            account=account,
            endpoint=endpoint,
        )
        return int(row["number"]) if row else 0

    async def of(self, account: UUID) -> list[Device]:
        """Oldest first."""
        rows = await self._sql.all(
            "SELECT * FROM push_subscription WHERE account = :account ORDER BY created_at, id", account=account
        )
        return [device_of(row) for row in rows]

    async def told(self, accounts: Sequence[UUID], workspace: UUID | None) -> list[Device]:
        """In the order of their ids, so that two who plan for the same devices do not wait for each other."""
        rows = await self._sql.all(_TOLD, accounts=list(accounts), workspace=workspace)
        return [device_of(row) for row in rows]

    async def change(
        self,
        account: UUID,
        id: UUID,
        name: str | None = None,
        language: Language | None = None,
        off: frozenset[NoticeKind] | None = None,
    ) -> Device | None:
        """What is None stays."""
        row = await self._sql.one(
            _CHANGE,
            id=id,
            account=account,
            name=name,
            language=str(language) if language else None,
            off=sorted(off) if off is not None else None,
        )
        return device_of(row) if row else None

    async def get(self, account: UUID, id: UUID) -> Device | None:
        """The account's device."""
        row = await self._sql.one(
            "SELECT * FROM push_subscription WHERE id = :id AND account = :account", id=id, account=account
        )
        return device_of(row) if row else None

    async def remove(self, account: UUID, id: UUID) -> bool:
        """Its pushes go with it."""
        row = await self._sql.one(
            "DELETE FROM push_subscription WHERE id = :id AND account = :account RETURNING id", id=id, account=account
        )
        return row is not None

    async def forget(self, device: Device) -> None:
        """A browser that subscribed anew at the same address has other keys."""
        await self._sql.run(
            "DELETE FROM push_subscription WHERE id = :id AND p256dh = :p256dh", id=device.id, p256dh=device.p256dh
        )

    async def note_sent(self, id: UUID) -> None:
        """It was told now."""
        await self._sql.run(
            "UPDATE push_subscription SET pushed_at = now(), trouble = NULL, rests_until = NULL WHERE id = :id", id=id
        )

    async def note_trouble(self, id: UUID, trouble: Trouble, rests_until: datetime | None = None) -> None:
        """It could not be told."""
        await self._sql.run(
            "UPDATE push_subscription SET trouble = :trouble, rests_until = CAST(:until AS timestamptz) WHERE id = :id",
            id=id,
            trouble=str(trouble),
            until=rests_until,
        )


def device_of(row: Row) -> Device:
    """The value of a whole row."""
    return Device(
        id=row["id"],
        account=row["account"],
        session=row["session"],
        endpoint=row["endpoint"],
        p256dh=row["p256dh"],
        auth=row["auth"],
        name=row["name"],
        language=Language(row["language"]),
        created_at=row["created_at"],
        off=frozenset(NoticeKind(kind) for kind in row["off"]),
        pushed_at=row["pushed_at"],
        trouble=Trouble(row["trouble"]) if row["trouble"] else None,
        rests_until=row["rests_until"],
        key=row["api_key"],
    )
