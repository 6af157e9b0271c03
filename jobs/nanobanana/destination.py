"""Where a result may be fetched from: decided on the address before anything is sent to it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""A name and a port to its numeric addresses, best first. OSError: the name cannot be resolved."""

_PORTS = {"https": 443, "http": 80}
_NAT64 = IPv6Network("64:ff9b::/96")
_LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")


class Forbidden(Exception):
    """The address is not one we visit; the message is a sentence and holds no query of it."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port of an address. The host is lower-case ASCII without a trailing dot."""

    scheme: str
    host: str
    port: int

    def header(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS.get(self.scheme) else f"{host}:{self.port}"


def origin_of(url: httpx.URL) -> Origin:
    """The origin of a web address. Forbidden: another scheme, no host, or credentials in it."""
    if url.scheme not in _PORTS:
        raise Forbidden(f"Results are not fetched over {url.scheme or 'no scheme'!r}.")
    if not url.host or url.userinfo:
        raise Forbidden("The result's address names no host, or holds credentials.")
    host = url.raw_host.decode("ascii").lower().rstrip(".")
    port = _PORTS[url.scheme] if url.port is None else url.port
    if not 0 < port < 65_536:
        raise Forbidden("The result's address names a port that does not exist.")
    return Origin(url.scheme, host, port)


def parse(address: str, base: httpx.URL | None = None) -> httpx.URL:
    """The address, relative to `base` where there is one. Forbidden: it cannot be read."""
    try:
        url = httpx.URL(address) if base is None else base.join(address)
        # Reading these is what finds a host or a port that cannot be encoded.
        _ = url.raw_host, url.port
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise Forbidden("The result's address cannot be read.") from error
    return url


def matches(host: str, patterns: Iterable[str]) -> bool:
    """Whether a host is on the list: a name, or `*.name` for every name below it."""
    return any(host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern for pattern in patterns)


def is_public(address: str) -> bool:
    """Whether a numeric address is one of the open internet, whatever it is wrapped in."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        inner = IPv4Address(int(ip) & 0xFFFF_FFFF) if ip in _NAT64 else ip.ipv4_mapped
        if inner is not None:
            return is_public(str(inner))
        # Tunnels lead to an IPv4 address of the sender's choice, and no result lives there.
        if ip.sixtofour or ip.teredo or ip.is_site_local or ip in _LOCAL_NAT64:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_loopback or ip.is_link_local)


async def resolve(host: str, port: int) -> Sequence[str]:
    """The system's answer, asked once."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
