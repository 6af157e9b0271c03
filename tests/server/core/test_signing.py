"""Addresses that carry their own permission."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.signing import extension, read_input, sign_input

NOW = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)
IMAGE = UUID("12345678-1234-5678-1234-567812345678")
SECRET = b"of this server"
TOKEN = sign_input(SECRET, IMAGE, LATER, "image/jpeg")


@pytest.mark.parametrize(
    ("media_type", "ending"), [("image/jpeg", "jpg"), ("image/png", "png"), ("image/webp", "webp")]
)
def test_a_token_names_its_image_until_it_expires(media_type: str, ending: str) -> None:
    token = sign_input(SECRET, IMAGE, LATER, media_type)
    assert token.endswith(f".{ending}")
    assert extension(media_type) == ending
    assert read_input(SECRET, token, NOW) == IMAGE
    assert read_input(SECRET, token, LATER) == IMAGE
    assert read_input(SECRET, token, LATER + timedelta(seconds=1)) is None


@given(st.integers(0, len(TOKEN) - 1), st.characters(codec="utf-8"))
def test_any_altered_character_is_noticed(at: int, character: str) -> None:
    altered = TOKEN[:at] + character + TOKEN[at + 1 :]
    assert read_input(SECRET, altered, NOW) == (IMAGE if altered == TOKEN else None)


@pytest.mark.parametrize("other", ["png", "webp", "JPG", "jpeg", "", "jpg.jpg"])
def test_the_ending_is_signed_too(other: str) -> None:
    assert read_input(SECRET, TOKEN.removesuffix("jpg") + other, NOW) is None


def test_parts_of_two_tokens_do_not_make_a_third() -> None:
    other = sign_input(SECRET, uuid4(), LATER + timedelta(hours=1), "image/jpeg")
    for at in range(3):
        parts = TOKEN.split(".")
        parts[at] = other.split(".")[at]
        assert read_input(SECRET, ".".join(parts), NOW) is None


def test_another_servers_token_opens_nothing() -> None:
    assert read_input(SECRET, sign_input(b"of another server", IMAGE, LATER, "image/jpeg"), NOW) is None


def test_the_same_claim_is_signed_the_same_way_and_shows_no_secret() -> None:
    assert sign_input(SECRET, IMAGE, LATER, "image/jpeg") == TOKEN
    assert SECRET.decode() not in TOKEN


@given(st.text() | st.lists(st.text(alphabet="0123456789abcdef.-"), min_size=4, max_size=4).map(".".join))
def test_nonsense_opens_nothing_and_never_raises(token: str) -> None:
    assert read_input(SECRET, token, NOW) is None


@pytest.mark.parametrize(
    "token", ["", "....", "a.b.c.jpg", f"{IMAGE.hex}.99999999999999999999.0.jpg", "\ud800.1.2.jpg"]
)
def test_known_nonsense_opens_nothing(token: str) -> None:
    assert read_input(SECRET, token, NOW) is None
