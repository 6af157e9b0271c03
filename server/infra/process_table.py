"""What the system says about a process of somebody else: when it started, and with which command line."""

from __future__ import annotations

import subprocess
from pathlib import Path


def started(pid: int) -> str | None:
    """A mark that is the same for the whole life of process `pid`, and another for any later process of that number.

    None where no such process lives (a zombie does not live).
    """
    stat = Path(f"/proc/{pid}/stat")
    if not Path("/proc/self/stat").exists():
        return _ps(pid, "lstart")
    try:
        # The second field is the command in parentheses and may hold anything, parentheses too.
        fields = stat.read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in ("Z", "X") else fields[19]


def command_line(pid: int) -> str:
    """The command line of process `pid`, words joined by spaces; empty where there is none."""
    if not Path("/proc/self/cmdline").exists():
        return _ps(pid, "command") or ""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _ps(pid: int, column: str) -> str | None:
    answer = subprocess.run(
        ["/bin/ps", "-ww", "-o", f"{column}=", "-p", str(pid)], capture_output=True, text=True, timeout=10
    )
    return answer.stdout.strip() or None
