"""Answers kept under the client's own key, written in the transaction they guard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from server.core.errors import ErrorCode, Refusal
from server.infra.sql import Sql, from_json, to_json


class PostgresIdempotency:
    """See `server.core.stores.Idempotency`."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def begin(self, account: UUID, key: str, request_hash: bytes) -> Mapping[str, Any] | None:
        """The insert waits for a rival transaction with the same key, so twenty at once are one after the other."""
        await self._sql.run(
            "INSERT INTO idempotency (account, key, request_hash) VALUES (:account, :key, :hash) "
            "ON CONFLICT DO NOTHING",
            account=account,
            key=key,
            hash=request_hash,
        )
        row = await self._sql.one(
            "SELECT request_hash, response FROM idempotency WHERE account = :account AND key = :key FOR UPDATE",
            account=account,
            key=key,
        )
        assert row is not None
        if row["request_hash"] != request_hash:
            raise Refusal(ErrorCode.KEY_REUSED, "This Idempotency-Key was used with another request.")
        answer: Mapping[str, Any] | None = from_json(row["response"])
        return answer

    async def keep(self, account: UUID, key: str, response: Mapping[str, Any]) -> None:
        """Write the answer beside the key."""
        await self._sql.run(
            "UPDATE idempotency SET response = CAST(:response AS jsonb) WHERE account = :account AND key = :key",
            response=to_json(dict(response)),
            account=account,
            key=key,
        )

    async def prune(self, older_than: float) -> int:
        """Forget old keys."""
        rows = await self._sql.all(
            "DELETE FROM idempotency WHERE at < now() - make_interval(secs => :older_than) RETURNING key",
            older_than=older_than,
        )
        return len(rows)
