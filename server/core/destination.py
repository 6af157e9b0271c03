"""Where a request may go whose address somebody else chose: decided before anything is sent to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

PORTS = {"https": 443, "http": 80}

_NAT64 = ip_network("64:ff9b::/96")
_UNICAST = ip_network("2000::/3")
# What a version of Python may hold for public, and where something inside, or nothing at all, answers.
_NEVER = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # carriers' NAT; a cloud keeps its metadata there
        "168.63.129.16/32",  # Azure's platform, from inside every machine of it
        "192.0.0.0/24",
        "192.88.99.0/24",  # the relay of 6to4
        "198.18.0.0/15",
        "224.0.0.0/3",  # multicast, and all that is reserved
        "2001::/23",  # Teredo, ORCHID, benchmarks
        "2001:db8::/32",
        "2002::/16",  # 6to4 leads to an IPv4 address of the sender's choice
        "3fff::/20",
    )
)


class Forbidden(Exception):
    """The address is not one we visit; the message is a sentence and holds no path or query of it."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port of an address. The host is lower-case ASCII without brackets or a trailing dot."""

    scheme: str
    host: str
    port: int

    def header(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS.get(self.scheme) else f"{host}:{self.port}"


def is_public(address: str) -> bool:
    """Whether a numeric address is one of the open internet, whatever it is wrapped in."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        inner = IPv4Address(int(ip) & 0xFFFF_FFFF) if ip in _NAT64 else ip.ipv4_mapped
        if inner is not None:
            return is_public(str(inner))
        if ip not in _UNICAST:
            return False
    return ip.is_global and not any(ip in network for network in _NEVER)


@dataclass(frozen=True, slots=True)
class Destinations:
    """A policy: https to `hosts`, which are names or `*.name` for all below one; None is any host.

    Ports are 443 and those above 1023, addresses public ones: `permits` tells. `trusted` is the one configured origin
    that need be nothing of all this, such as a simulator on this machine.
    """

    hosts: tuple[str, ...] | None
    trusted: Origin | None = None
    permits: Callable[[str], bool] = is_public

    @classmethod
    def listed(cls, hosts: Iterable[str], trusted: Origin | None = None) -> Destinations:
        """The policy for a list as people write it: blanks, capitals and trailing dots do not matter."""
        return cls(tuple(host.strip().lower().rstrip(".") for host in hosts if host.strip()), trusted)

    def check(self, origin: Origin) -> None:
        """Forbidden: this is not visited, whatever its name resolves to."""
        if origin == self.trusted:
            return
        if origin.scheme != "https":
            raise Forbidden("Only https is visited.")
        if origin.port != PORTS["https"] and origin.port < 1024:
            raise Forbidden(f"Port {origin.port} is not visited.")
        if self.hosts is not None and not matches(origin.host, self.hosts):
            raise Forbidden(f"{origin.host} is not on the list of hosts.")

    def check_addresses(self, origin: Origin, addresses: Sequence[str]) -> None:
        """Forbidden: the name leads inside. Once is enough: it is not visited elsewhere either."""
        if origin != self.trusted and not all(self.permits(address) for address in addresses):
            raise Forbidden(f"{origin.host} leads to an address that is not public.")


ANYWHERE = Destinations(None)
"""Any host of the open internet: for addresses that people or their browsers name."""


def matches(host: str, patterns: Iterable[str]) -> bool:
    """Whether a host is on the list: a name, or `*.name` for every name below it."""
    return any(host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern for pattern in patterns)
