"""The unprivileged user that PostgreSQL runs as when Atelier itself runs as root, which PostgreSQL refuses."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class PosixUser:
    """Numeric user and group of a process."""

    uid: int
    gid: int

    @property
    def name(self) -> str:
        """The user's name, or its number when it has none."""
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return str(self.uid)


def owner(path: Path) -> PosixUser:
    """Who owns `path`. Raises FileNotFoundError."""
    found = path.stat()
    return PosixUser(found.st_uid, found.st_gid)


def nobody() -> PosixUser:
    """The system's `nobody`."""
    found = pwd.getpwnam("nobody")
    return PosixUser(found.pw_uid, found.pw_gid)


def may(user: PosixUser, question: str, path: Path) -> bool:
    """Ask the kernel whether `user` may use `path`: `question` is an operator of test(1), such as `-x` or `-w`."""
    # Modes alone do not tell (access lists, read-only mounts), so a process of that user tries.
    answer = subprocess.run(
        ["/bin/sh", "-c", f'test {question} "$1"', "sh", os.fspath(path)],
        user=user.uid,
        group=user.gid,
        extra_groups=[],
        cwd="/",
        stderr=subprocess.DEVNULL,
        timeout=10,
    )
    return answer.returncode == 0


def hand_over(folder: Path, user: PosixUser) -> bool:
    """Make `folder`, give it to `user` alone, and say whether that user can write there; no parent is changed."""
    made = not folder.exists()
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        os.chown(folder, user.uid, user.gid)
        folder.chmod(0o700)
    except OSError:
        return False
    usable = may(user, "-w", folder) and may(user, "-x", folder)
    if made and not usable:
        folder.rmdir()
    return usable
