"""Tokens for push services: signed with the key that browsers were given."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from server.infra.vapid import TOKEN_LIFE, Unsignable, VapidKey
from tests.push_endpoint import check_token, from_text


def test_a_token_is_good_for_one_origin_and_half_a_day() -> None:
    key, now = VapidKey(b"secret"), datetime.now(UTC)
    for origin in ("https://push.example", "http://127.0.0.1:8080"):
        header = key.authorization(origin, "mailto:ada@example.org", now)
        claims, public = check_token(header, origin)
        assert public == key.public
        assert claims == {"aud": origin, "sub": "mailto:ada@example.org", "exp": int(now.timestamp()) + TOKEN_LIFE}
        with pytest.raises(AssertionError):
            check_token(header, "https://elsewhere.example")


def test_the_key_is_a_point_the_same_in_every_process() -> None:
    point = from_text(VapidKey(b"secret").public)
    assert (len(point), point[0]) == (65, 4)
    assert VapidKey(b"secret").public == VapidKey(b"secret").public != VapidKey(b"other").public


def test_an_origin_that_no_token_can_name_is_said() -> None:
    with pytest.raises(Unsignable):
        VapidKey(b"secret").authorization("https://[::1]", "mailto:ada@example.org", datetime.now(UTC))
