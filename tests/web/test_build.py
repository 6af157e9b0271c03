"""The dashboard's build, with a real Node, on a page of one line."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from server.setup.virtualenv import ROOT

PAGE = "fs.mkdirSync('dist', {recursive: true}); fs.appendFileSync('dist/index.html', 'x')"
PACKAGE = {
    "name": "page",
    "version": "1.0.0",
    # A script that runs another: the wheel's own npm could not.
    "scripts": {
        "build": "npm run page",
        "page": f'node -e "{PAGE}"',
        "check": "node -e \"fs.writeFileSync('checked', '')\"",
    },
}
LOCK = {
    "name": "page",
    "version": "1.0.0",
    "lockfileVersion": 3,
    "packages": {"": {"name": "page", "version": "1.0.0"}},
}


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """web/build.py in a checkout whose path holds a space."""
    spec = importlib.util.spec_from_file_location("web_build", ROOT / "web" / "build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    root = tmp_path / "my studio"
    web = root / "web"
    for name in ("api", "core", "live"):
        (root / "server" / name).mkdir(parents=True)
    (root / "server" / "contract.py").touch()
    (web / "src").mkdir(parents=True)
    (web / "package.json").write_text(json.dumps(PACKAGE))
    (web / "package-lock.json").write_text(json.dumps(LOCK))
    places = {"ROOT": root, "WEB": web, "MODULES": web / "node_modules", "PAGE": web / "dist" / "index.html"}
    for name, path in {**places, "DONE": web / "node_modules" / ".atelier.json"}.items():
        monkeypatch.setattr(module, name, path)
    return module


def test_builds_once_and_again_when_a_source_changes(build: ModuleType) -> None:
    def builds() -> int:
        build.main([])
        return len(build.PAGE.read_text())

    assert (builds(), builds()) == (1, 1)
    (build.WEB / "src" / "page.ts").write_text("1")
    assert (builds(), builds()) == (2, 2)
    (build.ROOT / "server" / "core" / "image.py").write_text("1")
    assert (builds(), builds()) == (3, 3)
    (build.WEB / "src" / "contract.gen.ts").write_text("made, not written")
    assert builds() == 3
    build.PAGE.unlink()
    assert builds() == 1


def test_runs_the_scripts_that_exist(build: ModuleType) -> None:
    build.main(["check", "no-such-script"])
    assert (build.WEB / "checked").exists()


def test_the_wheels_node_runs_npm_and_its_scripts(build: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "_machine_has_node", lambda: False)
    environment = build._environment()
    assert "PYTHON" in environment
    answer = subprocess.run(
        ["npm", "run", "build"], cwd=build.WEB, env=environment, capture_output=True, text=True, timeout=60
    )
    assert answer.returncode == 0, answer.stderr
    assert build.PAGE.read_text() == "x"


def test_a_failed_build_is_tried_again(build: ModuleType) -> None:
    whole = (build.WEB / "package.json").read_text()
    (build.WEB / "package.json").write_text(whole.replace("npm run page", "exit 4"))
    with pytest.raises(SystemExit, match="failed: Building the dashboard"):
        build.main([])
    with pytest.raises(SystemExit, match="failed: Building the dashboard"):
        build.main([])
