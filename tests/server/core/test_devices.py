"""What a browser gives is checked before it is kept: the address of its push service, and its keys."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from server.core.destination import ANYWHERE, Destinations, Forbidden, Origin
from server.core.devices import check_endpoint, decode, is_public_key, is_secret
from tests.push_endpoint import Receiver, to_text

OWN = Destinations(None, Origin("http", "10.0.0.7", 8080))


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc:def",
        "https://updates.push.services.mozilla.com/wpush/v2/abc",
        "https://web.push.apple.com:443/abc",
        "https://93.184.216.34/abc",
    ],
)
def test_any_https_host_of_the_open_internet_is_a_push_service(endpoint: str) -> None:
    assert check_endpoint(endpoint, ANYWHERE).scheme == "https"


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/x",
        "ftp://push.example/x",
        "https:///x",
        "https://",
        "push.example",
        "https://push.example:22/x",
        "https://push.example:99999/x",
        "https://ada:secret@push.example/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://10.0.0.7/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:127.0.0.1]/x",
        "https://[fe80::1/x",
        "https://push.example/é",
        "https://push.example/\n",
        "",
    ],
)
def test_nothing_is_sent_inside_or_in_the_clear(endpoint: str) -> None:
    with pytest.raises(Forbidden):
        check_endpoint(endpoint, ANYWHERE)


def test_a_push_service_of_ones_own_is_that_origin_alone() -> None:
    assert check_endpoint("http://10.0.0.7:8080/x", OWN).host == "10.0.0.7"
    for other in ("http://10.0.0.7:8081/x", "https://10.0.0.7:8080/x", "http://10.0.0.8:8080/x"):
        with pytest.raises(Forbidden):
            check_endpoint(other, OWN)


def test_the_key_of_a_browser_is_a_point_of_the_curve() -> None:
    key = Receiver().keys["p256dh"]
    assert is_public_key(key)
    assert is_public_key(key + "=")
    point = bytearray(decode(key) or b"")
    point[40] ^= 1
    off_the_curve = to_text(bytes(point))
    compressed = to_text(b"\x02" + bytes(point[1:33]))
    for wrong in ("", key[:-4], key[:-1] + "!", "é" * 87, off_the_curve, compressed, to_text(b"\x04" + b"\xff" * 64)):
        assert not is_public_key(wrong)
    for _ in range(20):
        assert is_public_key(Receiver().keys["p256dh"])
    other = ec.generate_private_key(ec.SECP256K1()).public_key().public_numbers()
    assert not is_public_key(to_text(b"\x04" + other.x.to_bytes(32, "big") + other.y.to_bytes(32, "big")))


def test_the_secret_of_a_browser_has_sixteen_bytes() -> None:
    assert is_secret(to_text(b"x" * 16))
    for wrong in ("", to_text(b"x" * 15), to_text(b"x" * 17), "a b", "=" * 22):
        assert not is_secret(wrong)
