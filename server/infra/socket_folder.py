"""A short, private, temporary folder for unix sockets, whose paths may not pass some 100 bytes."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from server.infra.posix_user import may, nobody
from server.infra.program import ProgramError

# `/atelier-12345678/pg/.s.PGSQL.5432.lock` follows; macOS allows 103 bytes in all.
LONGEST_BASE = 60
# The path stands in URLs and in a comma-separated setting of PostgreSQL.
PLAIN = re.compile(r"[A-Za-z0-9/._-]+")


def make_socket_folder(*preferred: str) -> Path:
    """Make it, in the first of the `preferred` places that is fit, if any; the caller deletes it.

    Raises ProgramError where no place is fit.

    Only we may list it. As root, others may pass through, so that PostgreSQL's user gets to a folder of its own inside.
    """
    for base in (*preferred, tempfile.gettempdir(), "/tmp", "/var/tmp"):
        if _fit(base):
            folder = Path(tempfile.mkdtemp(prefix="atelier-", dir=base))
            folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
            return folder
    raise ProgramError("No temporary folder is fit for unix sockets: set TMPDIR to a short path that all may enter.")


def _fit(base: str) -> bool:
    plain = len(base) <= LONGEST_BASE and PLAIN.fullmatch(base) is not None
    if not plain or not os.access(base, os.W_OK | os.X_OK):
        return False
    return os.geteuid() != 0 or may(nobody(), "-x", Path(base))
