"""One terminal for the lines of many processes."""

from __future__ import annotations

import os
import sys
from typing import TextIO

COLOURS = (36, 33, 32, 35, 34, 31)
WIDTH = 9


class Console:
    """Writes each process's lines behind its name, coloured where somebody looks."""

    def __init__(self, output: TextIO | None = None) -> None:
        self._output = output or sys.stdout
        self._coloured = self._output.isatty() and not os.environ.get("NO_COLOR")
        self._colours: dict[str, int] = {}

    def say(self, sentence: str) -> None:
        """A sentence of the supervisor's own."""
        self._write(sentence)

    def line(self, name: str, text: str) -> None:
        """A line of the process `name`."""
        prefix = f"{name:<{WIDTH}} |"
        if self._coloured:
            colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
            prefix = f"\033[{colour}m{prefix}\033[0m"
        self._write(f"{prefix} {text}")

    def _write(self, text: str) -> None:
        try:
            print(text, file=self._output, flush=True)
        except (OSError, ValueError):
            # Nobody reads any more (a closed terminal, `| head`): that must not end what runs.
            pass
        except UnicodeEncodeError:
            print(text.encode("ascii", "replace").decode(), file=self._output, flush=True)
