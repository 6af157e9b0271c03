from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.server.supervisor.instance import PROCFILE, Instance, make_folder

Launch = Callable[..., Instance]


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """Start `up` in a folder whose name holds a space; twice means: on the same data."""
    begun: list[Instance] = []
    folder = tmp_path / "my studio"

    def start(procfile: str = PROCFILE, **environment: str) -> Instance:
        if not folder.exists():
            make_folder(folder, procfile)
        begun.append(Instance(folder, environment))
        return begun[-1]

    yield start
    for instance in begun:
        instance.end()
    note = folder / "var" / "postgres.location"
    if note.exists():
        # pytest's folders are private, so as root the database went elsewhere.
        shutil.rmtree(note.read_text().strip())
