"""Sign people in and out: links that work once, sessions, API keys. Only hashes of secrets are kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from server.core.account import Viewer, Workspace
from server.core.errors import ErrorCode, Refusal
from server.core.limits import seconds
from server.core.ports import Database, Unit
from server.usecases.change_project import add_project

LINK_LIFE = 15 * 60.0
SESSION_LIFE = 30 * 86_400.0
KEY_PREFIX = "atl_"
FIRST_PROJECT = "Atelier"


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A session's secret, for the cookie, and when it ends."""

    token: str
    id: UUID
    expires_at: datetime


def hash_token(token: str) -> bytes:
    """How a secret is kept. Tokens are 256 random bits, so a plain hash cannot be searched."""
    return hashlib.sha256(token.encode()).digest()


async def add_account(database: Database, email: str) -> UUID:
    """The account of that address, made with a workspace and a first project if it is new. Raises `Unavailable`."""

    async def work(unit: Unit) -> UUID:
        made = await unit.accounts.add(email, email.split("@")[0])
        if made is None:
            known = await unit.accounts.by_email(email)
            assert known is not None, "accounts are never deleted"
            return known
        account, workspace = made
        await add_project(unit, workspace, FIRST_PROJECT)
        return account

    return await database.transact(work)


async def make_link(database: Database, email: str) -> str | None:
    """The token of a new sign-in link, good once and for 15 minutes; None where nobody has that address.

    Raises `Unavailable`.
    """
    token = secrets.token_urlsafe(32)

    async def work(unit: Unit) -> str | None:
        account = await unit.accounts.by_email(email)
        if account is None:
            return None
        await unit.accounts.add_link(hash_token(token), account, unit.now + seconds(LINK_LIFE))
        return token

    return await database.transact(work)


async def first_account(database: Database) -> str | None:
    """The address of the oldest account. Raises `Unavailable`."""
    return await database.transact(lambda unit: unit.accounts.first())


async def open_session(database: Database, link_token: str) -> OpenedSession:
    """Trade a link for a session. Raises `Refusal(LINK_EXPIRED)`, `Unavailable`."""
    token, id = secrets.token_urlsafe(32), uuid4()

    async def work(unit: Unit) -> OpenedSession:
        account = await unit.accounts.redeem_link(hash_token(link_token))
        if account is None:
            raise Refusal(ErrorCode.LINK_EXPIRED, "This sign-in link has expired or was used already.")
        expires_at = unit.now + seconds(SESSION_LIFE)
        await unit.accounts.add_session(id, hash_token(token), account, expires_at)
        return OpenedSession(token, id, expires_at)

    return await database.transact(work)


async def close_session(database: Database, viewer: Viewer) -> None:
    """Sign out. Harmless behind an API key. Raises `Unavailable`."""
    if viewer.session is not None:
        session = viewer.session
        await database.transact(lambda unit: unit.accounts.end_session(session))


class Credentials(NamedTuple):
    """What somebody shows; an API key counts before a session's token."""

    session_token: str | None
    key: str | None


async def identify(database: Database, session_token: str | None, key: str | None) -> Viewer | None:
    """Who is asking, by API key or session; None for strangers. Raises `Unavailable`."""
    return (await identify_all(database, [Credentials(session_token, key)]))[0]


async def identify_all(database: Database, shown: Sequence[Credentials]) -> list[Viewer | None]:
    """Who each of them is, in order and at one moment; None for strangers. Raises `Unavailable`."""
    keys = [hash_token(one.key) if one.key else None for one in shown]
    tokens = [hash_token(one.session_token) if one.session_token and not one.key else None for one in shown]
    asked_keys, asked_tokens = [key for key in keys if key], [token for token in tokens if token]
    if not asked_keys and not asked_tokens:
        return [None] * len(shown)

    async def work(unit: Unit) -> list[Viewer | None]:
        by_key = await unit.accounts.by_keys(asked_keys) if asked_keys else {}
        by_token = await unit.accounts.by_sessions(asked_tokens) if asked_tokens else {}
        pairs = zip(keys, tokens, strict=True)
        return [by_key.get(key) if key else by_token.get(token) if token else None for key, token in pairs]

    return await database.transact(work)


async def read_home(database: Database, viewer: Viewer) -> Workspace:
    """The workspace the viewer is at home in. Raises `Refusal(NOT_SIGNED_IN)`, `Unavailable`."""
    home = await database.transact(lambda unit: unit.accounts.home(viewer.account))
    if home is None:
        raise Refusal(ErrorCode.NOT_SIGNED_IN, "You do not belong to a workspace any more.")
    return home


async def add_key(database: Database, account: UUID, name: str) -> Mapping[str, Any]:
    """A new API key: `id`, `name`, `created_at`, `last_used_at` and, this once, `secret`. Raises `Unavailable`."""
    secret, id = KEY_PREFIX + secrets.token_urlsafe(32), uuid4()

    async def work(unit: Unit) -> Mapping[str, Any]:
        made = await unit.accounts.add_key(id, hash_token(secret), account, name)
        return {"id": id, "name": name, "created_at": made, "last_used_at": None, "secret": secret}

    return await database.transact(work)


async def list_keys(database: Database, viewer: Viewer) -> list[Mapping[str, Any]]:
    """The viewer's keys, without their secrets. Raises `Unavailable`."""
    return await database.transact(lambda unit: unit.accounts.keys(viewer.account))


async def revoke_key(database: Database, viewer: Viewer, id: UUID) -> None:
    """Delete a key. Raises `Refusal(NOT_FOUND)`, `Unavailable`."""
    if not await database.transact(lambda unit: unit.accounts.end_key(viewer.account, id)):
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such key.")
