from __future__ import annotations

import io

import pytest

from server.supervisor.console import Console


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class ClosedTerminal(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")


def test_colours_only_where_somebody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    file, terminal = io.StringIO(), Terminal()
    for output in (file, terminal):
        Console(output).line("web", "hello")
    assert file.getvalue() == "web       | hello\n"
    assert terminal.getvalue() == "\033[36mweb       |\033[0m hello\n"


def test_no_colours_where_they_are_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal()
    Console(terminal).line("web", "hello")
    assert terminal.getvalue() == "web       | hello\n"


def test_a_closed_terminal_ends_nothing() -> None:
    console = Console(ClosedTerminal())
    console.say("anybody?")
    console.line("web", "hello")
