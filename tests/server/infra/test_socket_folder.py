from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from server.infra.socket_folder import make_socket_folder


@pytest.mark.parametrize("base", ["with space", "long" * 20, "quo'te", "a,b", "a?b"])
def test_a_temporary_folder_that_is_not_fit_is_passed_over(
    base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / base).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / base))
    folder = make_socket_folder()
    try:
        assert tmp_path not in folder.parents
        assert len(os.fsencode(folder / "pg" / ".s.PGSQL.5432.lock")) < 100
        assert folder.stat().st_mode & 0o066 == 0
    finally:
        folder.rmdir()
