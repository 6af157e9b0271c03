"""The key by which push services know an installation."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from server.core.vapid_key import ORDER, private_key


@given(st.binary(max_size=200))
def test_it_is_hkdf_of_the_secret_as_the_library_has_it(secret: bytes) -> None:
    derived = HKDF(hashes.SHA256(), 48, None, b"atelier vapid p-256 v1").derive(secret)
    assert private_key(secret) == int.from_bytes(derived, "big") % (ORDER - 1) + 1
    assert 1 <= private_key(secret) < ORDER


def test_it_is_the_same_for_good() -> None:
    """Were it another one, every device would have to subscribe anew."""
    assert f"{private_key(b'secret'):064x}" == "f28d3f5e8d2194e3f16b1b413b15ab01c2d2330a83f6665c7eacab26f59161a1"
    assert private_key(b"secret") != private_key(b"secret ")
