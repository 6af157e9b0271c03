from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.infra import postgres_binaries as binaries
from server.infra.posix_user import nobody, owner
from server.infra.postgres_place import NOTE, find_place
from server.infra.program import ProgramError
from server.infra.socket_folder import make_socket_folder

AS_ROOT = os.geteuid() == 0


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may pass through."""
    folder = make_socket_folder()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def private_folder(open_folder: Path) -> Iterator[Path]:
    """A folder that only we may enter, such as /root, and whatever was put elsewhere for it."""
    folder = open_folder / "private"
    folder.mkdir(mode=0o700)
    yield folder
    if (folder / NOTE).exists():
        shutil.rmtree((folder / NOTE).read_text().strip())


def test_beside_everything_else_where_its_user_can_go(open_folder: Path) -> None:
    mode = open_folder.stat().st_mode
    place = find_place(open_folder)
    assert place.folder == open_folder / "postgres"
    assert place.user == (nobody() if AS_ROOT else None)
    assert place.folder.stat().st_mode & 0o777 == 0o700
    assert open_folder.stat().st_mode == mode
    (place.folder / "18").mkdir()
    assert find_place(open_folder) == place


def test_elsewhere_where_its_user_cannot_go_and_there_again(private_folder: Path) -> None:
    place = find_place(private_folder)
    assert private_folder.stat().st_mode & 0o777 == 0o700
    assert (place.folder == private_folder / "postgres") == (not AS_ROOT)
    assert place.user is None or owner(place.folder) == place.user
    (place.folder / "18").mkdir()
    assert find_place(private_folder) == place


def test_a_moved_data_folder_keeps_its_place_and_a_copied_one_does_not_share_it(private_folder: Path) -> None:
    place = find_place(private_folder)
    (private_folder / NOTE).write_text(f"{place.folder}\n")
    (place.folder / "belongs-to").write_text(f"{private_folder}\n")
    copy = private_folder.with_name("copy")
    shutil.copytree(private_folder, copy)
    with pytest.raises(ProgramError, match=r"belongs to .*private"):
        find_place(copy)
    (private_folder / NOTE).rename(private_folder / "moved")
    assert find_place(copy).folder == place.folder
    (private_folder / "moved").rename(private_folder / NOTE)


def test_a_place_that_is_gone_is_never_replaced_in_silence(open_folder: Path) -> None:
    (open_folder / NOTE).write_text("/nowhere/atelier\n")
    with pytest.raises(ProgramError, match="which is gone"):
        find_place(open_folder)


def test_binaries_are_copied_whole_and_once(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "SHELVES", (open_folder,))
    # Nobody can run what is in a private folder, as a virtual environment below /root would be.
    monkeypatch.setattr(binaries, "may", lambda user, question, path: path == open_folder)
    found = binaries.postgres_binaries(nobody())
    assert os.access(found / "initdb", os.X_OK) and (found.parent / "share").is_dir()
    made = found.stat().st_ino
    assert binaries.postgres_binaries(nobody()).stat().st_ino == made
    assert len(list(open_folder.iterdir())) == 1
