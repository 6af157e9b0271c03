"""Finds the Chromium that the browser tests drive, or installs one: `python -m tests.chromium`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_APPS = ("Chromium", "Google Chrome")
CACHES = ("Library/Caches/ms-playwright", ".cache/ms-playwright")
INSTALL_LIMIT = 900


def find_chromium() -> str | None:
    """The path of a browser: $CHROMIUM, a command on PATH, a Mac application, or one that Playwright installed."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    installed = (shutil.which(command) for command in COMMANDS)
    apps = (_executable(Path(f"/Applications/{app}.app/Contents/MacOS/{app}")) for app in MAC_APPS)
    return next((path for path in (*installed, *apps, _of_playwright()) if path), None)


def install_chromium() -> None:
    """Install one: the system's package as root, else Playwright's download. Raises CalledProcessError."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for step in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
            subprocess.run(["apt-get", "-q", *step], check=True, env=environment, timeout=INSTALL_LIMIT)
        return
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True, timeout=INSTALL_LIMIT)


def runs(browser: str) -> bool:
    """Whether it starts at all: a download may miss libraries of the system."""
    try:
        return subprocess.run([browser, "--version"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def main() -> None:
    """Print where the browser is. Ends the program with one sentence where there is none."""
    browser = find_chromium()
    if os.environ.get("CHROMIUM") and browser is None:
        sys.exit(f"atelier: CHROMIUM names {os.environ['CHROMIUM']}, which is not a program.")
    if browser is None:
        print("Installing Chromium…", flush=True)
        try:
            install_chromium()
        except (OSError, subprocess.SubprocessError) as error:
            sys.exit(f"atelier: {error}; install Chromium yourself: {_command()}")
        browser = find_chromium()
    if browser is None or not runs(browser):
        sys.exit(f"atelier: the browser tests need a Chromium that starts; install it: {_command()}")
    print(f"Chromium: {browser}")


def _command() -> str:
    if shutil.which("apt-get"):
        return "sudo apt-get install chromium"
    if shutil.which("dnf"):
        return "sudo dnf install chromium"
    return "brew install --cask chromium" if sys.platform == "darwin" else "see https://www.chromium.org"


def _of_playwright() -> str | None:
    chosen = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    caches = [Path(chosen)] if chosen else [Path.home() / cache for cache in CACHES]
    layouts = ("chromium-*/chrome-linux*/chrome", "chromium-*/chrome-mac*/*.app/Contents/MacOS/*")
    found = [path for cache in caches for layout in layouts for path in sorted(cache.glob(layout))]
    return next((path for path in map(_executable, reversed(found)) if path), None)


def _executable(path: Path) -> str | None:
    return str(path) if path.is_file() and os.access(path, os.X_OK) else None


if __name__ == "__main__":
    main()
