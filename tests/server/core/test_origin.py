"""Which pages may open a socket with a cookie."""

from __future__ import annotations

import pytest

from server.core.origin import origin_allowed


@pytest.mark.parametrize(
    ("origin", "scheme", "host", "allowed"),
    [
        ("http://localhost:8000", "ws", "localhost:8000", True),
        ("HTTP://LocalHost:8000", "ws", "localhost:8000", True),
        ("http://a.example", "ws", "a.example:80", True),
        ("https://a.example", "wss", "a.example", True),
        ("https://a.example:443", "wss", "a.example", True),
        ("http://[::1]:8000", "ws", "[::1]:8000", True),
        ("http://a.example", "http", "a.example", True),
        ("http://evil.example", "ws", "a.example", False),
        ("http://a.example.evil.example", "ws", "a.example", False),
        ("http://evil.example@a.example", "ws", "a.example", False),
        ("http://a.example", "wss", "a.example", False),
        ("https://a.example", "ws", "a.example", False),
        ("http://localhost:8001", "ws", "localhost:8000", False),
        ("http://127.0.0.1:8000", "ws", "localhost:8000", False),
        ("http://a.example/", "ws", "a.example", False),
        ("null", "ws", "null", False),
        ("null", "ws", None, False),
        ("", "ws", "", False),
        (None, "ws", "a.example", False),
        ("http://a.example", "ws", None, False),
        ("http://a.example:port", "ws", "a.example:port", False),
        ("http://[", "ws", "[", False),
        ("file://", "file", "", False),
        ("chrome-extension://abc", "chrome-extension", "abc", False),
    ],
)
def test_a_server_knows_its_own_pages(origin: str | None, scheme: str, host: str | None, allowed: bool) -> None:
    assert origin_allowed(origin, scheme, host) is allowed


def test_published_addresses_count_too() -> None:
    published = ["https://pictures.example/"]
    assert origin_allowed("https://pictures.example", "ws", "10.0.0.1:8000", published)
    assert origin_allowed("https://pictures.example:443", "ws", None, published)
    assert not origin_allowed("http://pictures.example", "ws", "10.0.0.1:8000", published)
    assert not origin_allowed("null", "ws", "10.0.0.1:8000", ["nonsense"])
    assert not origin_allowed(None, "ws", None, ["nonsense"])
