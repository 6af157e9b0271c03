"""One Atelier and one Chromium are enough for all browser tests; a process each of them starves the machine."""

from __future__ import annotations

import os

import pytest
from playwright.async_api import Browser


def test_the_browser_tests_stay_in_two_processes(request: pytest.FixtureRequest, chromium: Browser) -> None:
    assert chromium.is_connected()
    if "PYTEST_XDIST_WORKER" in os.environ:
        assert request.node.nodeid.endswith("@another-browser"), "pytest-xdist keeps no group together"
