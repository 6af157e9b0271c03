"""People, their sessions and keys in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from server.core.account import Role, Viewer, Workspace
from server.infra.sql import Row, Sql

_HOME = """
    JOIN account ON account.id = {source}.account
    JOIN LATERAL (SELECT workspace, role FROM membership WHERE membership.account = account.id
                  ORDER BY created_at, workspace LIMIT 1) AS home ON true
"""


class PostgresAccounts:
    """See `server.core.stores.Accounts`."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def add(self, email: str, workspace_name: str) -> tuple[UUID, UUID] | None:
        """A new account with a workspace of its own, and that workspace's stream; a rival's insert is waited for."""
        account, workspace = uuid4(), uuid4()
        row = await self._sql.one(
            "INSERT INTO account (id, email) VALUES (:id, :email) ON CONFLICT (lower(email)) DO NOTHING RETURNING id",
            id=account,
            email=email,
        )
        if row is None:
            return None
        await self._sql.run("INSERT INTO workspace (id, name) VALUES (:id, :name)", id=workspace, name=workspace_name)
        await self._sql.run("INSERT INTO stream (workspace) VALUES (:id)", id=workspace)
        await self._sql.run(
            "INSERT INTO membership (account, workspace, role) VALUES (:account, :workspace, 'owner')",
            account=account,
            workspace=workspace,
        )
        return account, workspace

    async def by_email(self, email: str) -> UUID | None:
        """The account of that address."""
        row = await self._sql.one("SELECT id FROM account WHERE lower(email) = lower(:email)", email=email)
        return row["id"] if row else None

    async def first(self) -> str | None:
        """The oldest account's address."""
        row = await self._sql.one("SELECT email FROM account ORDER BY created_at, id LIMIT 1")
        return row["email"] if row else None

    async def home(self, account: UUID) -> Workspace | None:
        """The first workspace the account belongs to."""
        row = await self._sql.one(
            "SELECT workspace.id, name, role, CAST(daily_cap_usd AS double precision) AS cap "
            "FROM membership JOIN workspace ON workspace.id = membership.workspace "
            "WHERE account = :account ORDER BY membership.created_at, workspace.id LIMIT 1",
            account=account,
        )
        return Workspace(row["id"], row["name"], Role(row["role"]), row["cap"]) if row else None

    async def workspaces_among(self, ids: Sequence[UUID]) -> set[UUID]:
        """Those of `ids` that are workspaces."""
        rows = await self._sql.all("SELECT id FROM workspace WHERE id = ANY(CAST(:ids AS uuid[]))", ids=list(ids))
        return {row["id"] for row in rows}

    async def member(self, account: UUID, workspace: UUID) -> Role | None:
        """The account's role there."""
        row = await self._sql.one(
            "SELECT role FROM membership WHERE account = :account AND workspace = :workspace",
            account=account,
            workspace=workspace,
        )
        return Role(row["role"]) if row else None

    async def add_link(self, token_hash: bytes, account: UUID, expires_at: datetime) -> None:
        """Keep a sign-in link."""
        await self._sql.run(
            "INSERT INTO sign_in_link (token_hash, account, expires_at) VALUES (:hash, :account, :expires_at)",
            hash=token_hash,
            account=account,
            expires_at=expires_at,
        )

    async def redeem_link(self, token_hash: bytes) -> UUID | None:
        """One statement, so that of two at once only one succeeds."""
        row = await self._sql.one(
            "UPDATE sign_in_link SET used_at = now() "
            "WHERE token_hash = :hash AND used_at IS NULL AND expires_at > now() RETURNING account",
            hash=token_hash,
        )
        return row["account"] if row else None

    async def add_session(self, id: UUID, token_hash: bytes, account: UUID, expires_at: datetime) -> None:
        """Keep a session."""
        await self._sql.run(
            "INSERT INTO session (id, token_hash, account, expires_at) VALUES (:id, :hash, :account, :expires_at)",
            id=id,
            hash=token_hash,
            account=account,
            expires_at=expires_at,
        )

    async def end_session(self, id: UUID) -> None:
        """Delete a session."""
        await self._sql.run("DELETE FROM session WHERE id = :id", id=id)

    async def by_sessions(self, token_hashes: Sequence[bytes]) -> Mapping[bytes, Viewer]:
        """Whom these sessions belong to, without those that have ended."""
        rows = await self._sql.all(
            "SELECT session.token_hash AS hash, session.id AS session, session.expires_at, "
            f"account.id, account.email, home.workspace, home.role FROM session {_HOME.format(source='session')} "
            "WHERE session.token_hash = ANY(CAST(:hashes AS bytea[])) AND session.expires_at > now()",
            hashes=list(token_hashes),
        )
        return {row["hash"]: _viewer(row, session=row["session"], expires_at=row["expires_at"]) for row in rows}

    async def by_keys(self, token_hashes: Sequence[bytes]) -> Mapping[bytes, Viewer]:
        """Whom these API keys belong to. Their last use is kept to the minute, so that a busy key costs no write."""
        await self._sql.run(
            # Locked in one order, so that two who use the same keys at once do not wait for each other.
            "UPDATE api_key SET last_used_at = now() WHERE id IN (SELECT id FROM api_key "
            "WHERE token_hash = ANY(CAST(:hashes AS bytea[])) "
            "AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute') ORDER BY id FOR UPDATE)",
            hashes=list(token_hashes),
        )
        rows = await self._sql.all(
            "SELECT api_key.token_hash AS hash, api_key.id AS key, account.id, account.email, "
            f"home.workspace, home.role FROM api_key {_HOME.format(source='api_key')} "
            "WHERE api_key.token_hash = ANY(CAST(:hashes AS bytea[]))",
            hashes=list(token_hashes),
        )
        return {row["hash"]: _viewer(row, key=row["key"]) for row in rows}

    async def alive(self, viewers: Sequence[Viewer]) -> list[bool]:
        """Whether each viewer's session or key, and membership, still stand."""
        rows = await self._sql.all(
            "SELECT EXISTS (SELECT FROM membership AS member "
            "WHERE member.account = asked.account AND member.workspace = asked.workspace) "
            "AND (EXISTS (SELECT FROM session WHERE id = asked.session AND expires_at > now()) "
            "OR EXISTS (SELECT FROM api_key WHERE id = asked.key)) AS alive "
            "FROM unnest(CAST(:accounts AS uuid[]), CAST(:workspaces AS uuid[]), CAST(:sessions AS uuid[]), "
            "CAST(:keys AS uuid[])) WITH ORDINALITY AS asked (account, workspace, session, key, place) ORDER BY place",
            accounts=[viewer.account for viewer in viewers],
            workspaces=[viewer.workspace for viewer in viewers],
            sessions=[viewer.session for viewer in viewers],
            keys=[viewer.key for viewer in viewers],
        )
        return [bool(row["alive"]) for row in rows]

    async def add_key(self, id: UUID, token_hash: bytes, account: UUID, name: str) -> datetime:
        """Keep an API key; when it was made."""
        row = await self._sql.one(
            "INSERT INTO api_key (id, token_hash, account, name) VALUES (:id, :hash, :account, :name) "
            "RETURNING created_at",
            id=id,
            hash=token_hash,
            account=account,
            name=name,
        )
        assert row is not None
        made: datetime = row["created_at"]
        return made

    async def keys(self, account: UUID) -> list[Mapping[str, Any]]:
        """The account's keys, oldest first."""
        rows = await self._sql.all(
            "SELECT id, name, created_at, last_used_at FROM api_key WHERE account = :account ORDER BY created_at, id",
            account=account,
        )
        return [dict(row) for row in rows]

    async def end_key(self, account: UUID, id: UUID) -> bool:
        """Delete a key of the account."""
        row = await self._sql.one(
            "DELETE FROM api_key WHERE id = :id AND account = :account RETURNING id", id=id, account=account
        )
        return row is not None


def _viewer(row: Row, **origin: Any) -> Viewer:
    return Viewer(row["id"], row["email"], row["workspace"], Role(row["role"]), **origin)
