from __future__ import annotations

from pathlib import Path

import pytest

from server.supervisor.procfile import ProcfileError, read_procfile
from server.supervisor.up import PROCFILE


def test_the_projects_own() -> None:
    assert read_procfile(PROCFILE) == {
        "release": "atelier migrate",
        "web": "atelier web",
        "worker": "atelier worker",
        "rescue": "atelier rescue",
    }


def test_comments_and_colons_in_commands(tmp_path: Path) -> None:
    path = tmp_path / "Procfile"
    path.write_text("# what runs\n\n  web : serve --at 0.0.0.0:80  \n")
    assert read_procfile(path) == {"web": "serve --at 0.0.0.0:80"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("web: a\njust words\n", "line 2: expected `name: command`."),
        ("web:\n", "line 1: expected `name: command`."),
        ("web: a\nweb: b\n", "line 2: web is named twice."),
    ],
)
def test_mistakes_are_told_by_line(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "Procfile"
    path.write_text(text)
    with pytest.raises(ProcfileError, match=sentence):
        read_procfile(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ProcfileError, match="cannot be read"):
        read_procfile(tmp_path / "Procfile")
