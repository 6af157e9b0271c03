"""Decides who runs the embedded PostgreSQL and where its files live, and finds the same place again later.

The place is `ATELIER_DATA/postgres`. As root, PostgreSQL runs as another user; where that user cannot enter
ATELIER_DATA the place is elsewhere, and the note `ATELIER_DATA/postgres.location` says where.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from server.infra.posix_user import PosixUser, hand_over, nobody, owner
from server.infra.program import ProgramError

NOTE = "postgres.location"
OWNER_NOTE = "belongs-to"
SHELVES = (Path("/var/lib"), Path("/var/tmp"))


@dataclass(frozen=True)
class Place:
    """The folder of PostgreSQL's files, and the user it runs as (None: the one we are)."""

    folder: Path
    user: PosixUser | None


def find_place(data: Path) -> Place:
    """Find or make the place for the data folder `data` (absolute, existing). Raises ProgramError."""
    known = _noted(data) if (data / NOTE).exists() else data / "postgres"
    if os.geteuid() != 0:
        return _own_place(known)
    if known.is_dir() and any(known.iterdir()):
        user = owner(known)
        if user.uid == 0:
            raise ProgramError(f"{known} belongs to root, which PostgreSQL refuses: chown -R nobody '{known}'")
        if hand_over(known, user):
            return Place(known, user)
        raise ProgramError(
            f"User {user.name} cannot reach its database in {known} any more: set ATELIER_DATA elsewhere."
        )
    user = nobody()
    if hand_over(known, user):
        return Place(known, user)
    return Place(_place_elsewhere(data, user), user)


def _own_place(folder: Path) -> Place:
    folder.mkdir(mode=0o700, exist_ok=True)
    whose = owner(folder)
    if whose.uid != os.geteuid():
        raise ProgramError(f"{folder} belongs to {whose.name}: start Atelier as root, or give the folder to this user.")
    return Place(folder, None)


def _noted(data: Path) -> Path:
    """Where the note leads. Refuses a place that is gone, or that another data folder still uses."""
    note = data / NOTE
    place = Path(note.read_text().strip())
    if not place.is_dir():
        raise ProgramError(f"{note} says the database is in {place}, which is gone: bring it back, or delete the note.")
    claim = place / OWNER_NOTE
    other = Path(claim.read_text().strip()) if claim.exists() else data
    if other == data:
        return place
    if (other / NOTE).exists():
        raise ProgramError(f"The database in {place} belongs to {other}: delete {note} to begin an empty one.")
    # The data folder was moved.
    claim.write_text(f"{data}\n")
    return place


def _place_elsewhere(data: Path, user: PosixUser) -> Path:
    mark = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    for shelf in SHELVES:
        place = shelf / f"atelier-{mark}"
        foreign = place.exists() and place.stat().st_uid not in (0, user.uid)
        if shelf.is_dir() and not foreign and hand_over(place, user):
            (place / OWNER_NOTE).write_text(f"{data}\n")
            (data / NOTE).write_text(f"{place}\n")
            return place
    raise ProgramError(f"User {user.name} can keep a database neither in {data} nor in /var/lib: set DATABASE_URL.")
