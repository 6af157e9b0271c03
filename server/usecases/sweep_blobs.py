"""Delete files that no picture owns: what a crash left between the bytes and their row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from server.core.ports import Blobs, Database, Unit

AGE = 86_400.0
"""Seconds that a file is left alone: whatever is to own it does so within the day."""
INCOMING = "incoming"


async def sweep_blobs(database: Database, blobs: Blobs, age: float = AGE) -> int:
    """How many files were deleted. Harmless beside everything else, and twice. Raises `Unavailable`."""
    swept = 0
    async for keys in blobs.old(age):
        files = [file for key in keys if (file := _file(key)) is not None]
        for key in await _orphans(database, files):
            await blobs.delete(key)
            swept += 1
    return swept


@dataclass(frozen=True, slots=True)
class _File:
    """`workspace` is None for an upload that waits to be read."""

    key: str
    image: UUID
    workspace: UUID | None


def _file(key: str) -> _File | None:
    """`incoming/image` or `workspace/image/rendition`; None for what is not ours."""
    parts = key.split("/")
    try:
        if len(parts) == 2 and parts[0] == INCOMING:
            return _File(key, UUID(parts[1]), None)
        return _File(key, UUID(parts[1]), UUID(parts[0])) if len(parts) == 3 else None
    except ValueError:
        return None


async def _orphans(database: Database, files: Sequence[_File]) -> list[str]:
    async def work(unit: Unit) -> list[str]:
        owned = await unit.images.blob_keys(list({file.image for file in files}))
        known = await unit.accounts.workspaces_among(list({file.workspace for file in files if file.workspace}))
        # Files of workspaces that we do not know are another installation's in the same bucket, and not ours to delete.
        ours = [file for file in files if file.workspace is None or file.workspace in known]
        return [file.key for file in ours if _is_orphan(file, owned)]

    return await database.transact(work) if files else []


def _is_orphan(file: _File, owned: Mapping[UUID, frozenset[str] | None]) -> bool:
    kept = owned.get(file.image, frozenset())
    # Who is not finished may be about to write this very key again.
    return kept is not None and file.key not in kept
