"""Reads a Procfile: one `name: command` a line."""

from __future__ import annotations

import re
from pathlib import Path

LINE = re.compile(r"([A-Za-z0-9_-]+)\s*:\s*(\S.*)")


class ProcfileError(Exception):
    """The Procfile cannot be used; the message is a sentence for the operator."""


def read_procfile(path: Path) -> dict[str, str]:
    """The commands by name, in the order of the file. Raises ProcfileError."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ProcfileError(f"{path} cannot be read: {error.strerror}.") from error
    commands: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = LINE.fullmatch(line.strip())
        if found is None:
            raise ProcfileError(f"{path}, line {number}: expected `name: command`.")
        name, command = found.groups()
        if name in commands:
            raise ProcfileError(f"{path}, line {number}: {name} is named twice.")
        commands[name] = command
    return commands
