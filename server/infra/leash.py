"""Become another program that ends when its parent ends: `python leash.py PARENT SIGNAL UID:GID|- COMMAND…`.

Run as a file, by a bare interpreter: it imports the standard library only, and as little of it as it can.
On Linux the kernel sends SIGNAL when PARENT is gone, however it went; elsewhere the next start sweeps.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
NOT_FOUND = 127


def main(parent: int, parting: int, user: str, command: list[str]) -> None:
    """Never returns: the process becomes `command`, or ends with 127."""
    if user != "-":
        uid, gid = map(int, user.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After the change of user, which would clear it.
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, parting)
    if os.getppid() != parent:
        # It ended before the leash was on.
        sys.exit(1)
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGQUIT):
        # What Python (or a shell's `&`) ignores would stay ignored in the command.
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        sys.exit(NOT_FOUND)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
