"""The rules of addresses, without a socket."""

from __future__ import annotations

import pytest

from server.core.destination import ANYWHERE, Destinations, Forbidden, Origin, is_public, matches

SIMULATOR = Origin("http", "127.0.0.1", 8900)
METADATA = "169.254.169.254"


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "93.184.215.14", "223.255.255.254", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", METADATA),
        *("100.64.0.1", "100.100.100.200", "168.63.129.16", "0.0.0.0", "0.1.2.3", "255.255.255.255", "192.0.0.192"),
        *("192.0.0.9", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1"),
        *("224.0.0.1", "239.255.255.250", "240.0.0.1"),
        *("::", "::1", "::127.0.0.1", "::ffff:10.0.0.1", f"::ffff:{METADATA}", "::ffff:0:7f00:1"),
        *("fe80::1", "fe80::1%eth0", "fd00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "ff0e::1", "100::1", "5f00::1"),
        *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:808:808::"),
        *("2001:0:1::1", "2001:20::1", "2001:db8::1", "3fff::1", "4000::1"),
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


def test_patterns_match_below_a_name_and_not_beside_it() -> None:
    patterns = ("*.host.example", "one.example")
    for host in ("a.host.example", "a.b.host.example", "one.example"):
        assert matches(host, patterns)
    for host in ("host.example", "ahost.example", "a.one.example", "a.host.example.evil", ""):
        assert not matches(host, patterns)


def test_a_list_is_read_as_people_write_it() -> None:
    assert Destinations.listed([" *.Host.Example. ", "", "one.example"]).hosts == ("*.host.example", "one.example")


def _visited(policy: Destinations, origin: Origin, *addresses: str) -> bool:
    try:
        policy.check(origin)
        policy.check_addresses(origin, addresses)
    except Forbidden:
        return False
    return True


@pytest.mark.parametrize("policy", [ANYWHERE, Destinations.listed(["a.example"])])
@pytest.mark.parametrize(
    ("scheme", "port", "visited"),
    [
        *(("https", 443, True), ("https", 8443, True), ("https", 1024, True), ("https", 65_535, True)),
        *(("https", 80, False), ("https", 22, False), ("https", 25, False), ("https", 1023, False)),
        *(("http", 80, False), ("http", 8080, False), ("ftp", 443, False)),
    ],
)
def test_https_at_its_own_port_or_a_high_one(policy: Destinations, scheme: str, port: int, visited: bool) -> None:
    assert _visited(policy, Origin(scheme, "a.example", port), "8.8.8.8") is visited


def test_a_list_admits_its_hosts_and_no_list_admits_every_one() -> None:
    for host, listed in (("a.example", True), ("b.example", False), ("8.8.8.8", False)):
        origin = Origin("https", host, 443)
        assert _visited(Destinations.listed(["a.example"]), origin, "8.8.8.8") is listed
        assert _visited(ANYWHERE, origin, "8.8.8.8")
    assert not _visited(Destinations.listed([]), Origin("https", "a.example", 443), "8.8.8.8")


def test_one_address_inside_is_enough_to_stay_away() -> None:
    origin = Origin("https", "a.example", 443)
    assert not _visited(ANYWHERE, origin, METADATA)
    assert not _visited(ANYWHERE, origin, "8.8.8.8", "10.0.0.1")


def test_the_trusted_origin_is_one_scheme_host_and_port() -> None:
    policy = Destinations.listed([], SIMULATOR)
    assert _visited(policy, SIMULATOR, "127.0.0.1")
    for other in (("http", "127.0.0.1", 8901), ("https", "127.0.0.1", 8900), ("http", "localhost", 8900)):
        assert not _visited(policy, Origin(*other), "127.0.0.1")


def test_a_trusted_host_is_trusted_at_its_port_only() -> None:
    policy = Destinations.listed([], Origin("http", "simulator.example", 8900))
    assert _visited(policy, Origin("http", "simulator.example", 8900), "8.8.8.8")
    for other in (("http", "simulator.example", 8901), ("https", "simulator.example", 8900)):
        assert not _visited(policy, Origin(*other), "8.8.8.8")


def test_a_trusted_host_on_the_list_too_leads_nowhere_inside() -> None:
    policy = Destinations.listed([SIMULATOR.host], SIMULATOR)
    assert not _visited(policy, Origin("https", SIMULATOR.host, 8443), "127.0.0.1")


def test_the_host_header_names_a_port_that_is_not_the_schemes_own() -> None:
    assert Origin("https", "a.example", 443).header() == "a.example"
    assert Origin("https", "a.example", 80).header() == "a.example:80"
    assert Origin("http", "::1", 80).header() == "[::1]"
    assert Origin("http", "::1", 81).header() == "[::1]:81"
