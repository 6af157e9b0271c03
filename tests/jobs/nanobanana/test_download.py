"""The guarded fetch on real sockets: what arrives, what is refused, and that refused addresses see no packet."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from jobs.nanobanana.destination import Forbidden, Resolve, is_public, matches, origin_of, parse
from jobs.nanobanana.download import Bad, Gone, Interrupted, ResultFetcher, Unsafe
from tests.jobs.nanobanana.raw_server import BOUND, Answer, RawServer, Visit, says, trusting

PICTURE = bytes(range(256)) * 40
INSIDE = "169.254.169.254"


class ConnectSpy:
    """Every address that this process connects a socket to, as the interpreter itself reports it."""

    def __init__(self) -> None:
        self.seen: list[Any] = []
        self.on = False
        # An audit hook stays for good, so there is one, and it is switched.
        sys.addaudithook(self._hear)

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if self.on and event in ("socket.connect", "socket.sendto"):
            self.seen.append(args[1])

    @property
    def hosts(self) -> set[str]:
        """The numeric hosts among them."""
        return {str(address[0]) for address in self.seen if isinstance(address, tuple)}


_SPY = ConnectSpy()


@pytest.fixture
def spy() -> Iterator[ConnectSpy]:
    _SPY.seen.clear()
    _SPY.on = True
    yield _SPY
    _SPY.on = False


def resolving(**names: Sequence[str]) -> Resolve:
    """A resolver that knows these names (`_` for `.`), and counts nothing else."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        try:
            return names[host.replace(".", "_")]
        except KeyError:
            raise OSError(f"{host} has no address") from None

    return resolve


@asynccontextmanager
async def simulator(answer: Answer, **options: Any) -> AsyncIterator[tuple[RawServer, ResultFetcher]]:
    """A fetcher whose configured simulator is a raw server."""
    async with RawServer(answer) as server:
        fetcher = ResultFetcher(["*.results.example"], simulator=server.url, **options)
        try:
            async with asyncio.timeout(BOUND):
                yield server, fetcher
        finally:
            await fetcher.aclose()


@asynccontextmanager
async def public_host(answer: Answer, **options: Any) -> AsyncIterator[tuple[RawServer, ResultFetcher]]:
    """A fetcher that takes loopback for public, so that the road to a listed host can be walked to its end."""
    async with RawServer(answer, tls=True) as server:
        settings = {"resolve": resolving(results_example=["127.0.0.1"]), "permits": lambda _: True, **options}
        fetcher = ResultFetcher(["results.example"], tls=trusting(), **settings)
        try:
            async with asyncio.timeout(BOUND):
                yield server, fetcher
        finally:
            await fetcher.aclose()


async def fetch_once(url: str, hosts: Sequence[str] = ("results.example",), **options: Any) -> bytes:
    fetcher = ResultFetcher(hosts, **options)
    try:
        async with asyncio.timeout(BOUND):
            return await fetcher.fetch(url)
    finally:
        await fetcher.aclose()


# What arrives


async def test_a_result_arrives_whole() -> None:
    async with simulator(says(PICTURE)) as (server, fetcher):
        assert await fetcher.fetch(f"{server.url}/r/1.jpg?sig=a,b#part") == PICTURE
        assert server.visits[0].path == "/r/1.jpg?sig=a,b"


async def test_a_result_without_a_length_arrives() -> None:
    async def stream(visit: Visit) -> None:
        await visit.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n2\r\nef\r\n0\r\n\r\n")

    async with simulator(stream) as (server, fetcher):
        assert await fetcher.fetch(server.url) == b"abcdef"


async def test_the_user_agent_is_an_ordinary_one() -> None:
    async with simulator(says(PICTURE)) as (server, fetcher):
        await fetcher.fetch(server.url)
        assert b"\r\nUser-Agent: Mozilla/5.0 (compatible; Atelier/0.1)\r\n" in server.visits[0].received


async def test_the_checked_address_is_the_one_connected_to_under_its_name(spy: ConnectSpy) -> None:
    looked_up: list[str] = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        looked_up.append(host)
        # A second look-up would lead inside.
        return ["127.0.0.1"] if len(looked_up) == 1 else [INSIDE]

    async with public_host(says(PICTURE), resolve=resolve) as (server, fetcher):
        assert await fetcher.fetch(f"https://results.example:{server.port}/x") == PICTURE
        assert server.names == ["results.example"]
        assert f"\r\nHost: results.example:{server.port}\r\n".encode() in server.visits[0].received
    assert looked_up == ["results.example"]
    assert spy.hosts == {"127.0.0.1"}


async def test_a_certificate_for_another_name_is_not_taken() -> None:
    names = resolving(other_example=["127.0.0.1"])
    async with RawServer(says(PICTURE), tls=True) as server:
        with pytest.raises(Interrupted):
            await fetch_once(
                f"https://other.example:{server.port}/x",
                ["other.example"],
                resolve=names,
                permits=lambda _: True,
                tls=trusting(),
            )
        assert not any(visit.received for visit in server.visits)


async def test_the_next_address_is_tried_where_the_first_refuses() -> None:
    # Nothing listens on the second loopback address.
    addresses = resolving(results_example=["127.0.0.2", "127.0.0.1"])
    async with public_host(says(PICTURE), resolve=addresses) as (server, fetcher):
        assert await fetcher.fetch(f"https://results.example:{server.port}/x") == PICTURE


async def test_cookies_are_not_carried_from_one_result_to_the_next() -> None:
    async with simulator(says(PICTURE, headers="Set-Cookie: a=b\r\n")) as (server, fetcher):
        await fetcher.fetch(server.url)
        await fetcher.fetch(server.url)
        assert b"cookie" not in bytes(server.visits[1].received).lower()


# What is not visited


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://results.example/x",
        "gopher://results.example/x",
        "data:image/png;base64,AAAA",
        "//results.example/x",
        "results.example/x",
        "",
        "https://",
        "https://\x00/",
        "http://results.example/x",
        "https://user:secret@results.example/x",
        "https://elsewhere.example/x",
        "https://results.example.elsewhere.example/x",
        "https://notresults.example/x",
        "https://127.0.0.1/x",
        "https://2130706433/x",
        "https://[::1]/x",
        "https://results.example:99999/x",
        f"http://{INSIDE}/latest/meta-data",
    ],
)
async def test_an_address_we_do_not_visit_is_not_even_looked_up(url: str, spy: ConnectSpy) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        raise AssertionError(f"{host} was looked up")

    with pytest.raises(Unsafe) as caught:
        await fetch_once(url, resolve=resolve, simulator="http://127.0.0.1:9")
    assert spy.seen == []
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.1.2.3", INSIDE, "::1", "::ffff:127.0.0.1", "fd00::1", "0.0.0.0"])
async def test_a_listed_name_that_leads_inside_gets_no_packet(inside: str, spy: ConnectSpy) -> None:
    for addresses in ([inside], ["93.184.215.14", inside]):
        with pytest.raises(Unsafe):
            await fetch_once("https://results.example/x", resolve=resolving(results_example=addresses))
    assert spy.seen == []


async def test_a_name_that_leads_to_a_listening_port_here_gets_no_visit() -> None:
    async with RawServer(says(PICTURE), tls=True) as server:
        with pytest.raises(Unsafe):
            names = resolving(results_example=["127.0.0.1"])
            await fetch_once(f"https://results.example:{server.port}/x", resolve=names, tls=trusting())
        assert server.visits == []


@pytest.mark.parametrize(
    "target",
    [
        f"http://{INSIDE}/latest/meta-data",
        f"https://{INSIDE}/",
        "https://inside.results.example/x",
        "//169.254.169.254/x",
        "file:///etc/passwd",
        "http://127.0.0.1:1/x",
    ],
)
async def test_a_redirect_to_the_inside_is_not_followed(target: str, spy: ConnectSpy) -> None:
    names = resolving(**{"inside_results_example": [INSIDE], "127_0_0_1": ["127.0.0.1"]})
    redirect = says(b"", "302 Found", f"Location: {target}\r\n")
    async with simulator(redirect, resolve=names) as (server, fetcher):
        with pytest.raises(Unsafe):
            await fetcher.fetch(f"{server.url}/x")
        # The first hop proves that the spy sees what is connected to.
        assert spy.seen == [("127.0.0.1", server.port)]


async def test_a_redirect_on_the_same_host_is_followed_and_four_are_too_many() -> None:
    async def redirect(visit: Visit) -> None:
        step = int(visit.path.rsplit("/", 1)[1])
        if step == 0:
            await says(PICTURE)(visit)
        await says(b"moved", "302 Found", f"Location: ../r/{step - 1}\r\n")(visit)

    async with simulator(redirect) as (server, fetcher):
        assert await fetcher.fetch(f"{server.url}/r/3") == PICTURE
        with pytest.raises(Bad, match="more than 3"):
            await fetcher.fetch(f"{server.url}/r/4")
    async with simulator(says(b"", "302 Found")) as (server, fetcher):
        with pytest.raises(Bad, match="nowhere"):
            await fetcher.fetch(server.url)


# What is bad


async def _endless(visit: Visit) -> None:
    await visit.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n")
    while True:
        await visit.write(b"x" * 65_536)


async def test_an_endless_body_is_stopped_at_the_cap() -> None:
    async with simulator(_endless, max_bytes=1_000_000) as (server, fetcher):
        with pytest.raises(Bad, match="larger than 1000000 bytes"):
            await fetcher.fetch(server.url)
        await server.visits[0].ended.wait()


async def test_a_body_announced_over_the_cap_is_not_read() -> None:
    async def announce(visit: Visit) -> None:
        await visit.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2147483648\r\n\r\n")
        await visit.until_left()

    async with simulator(announce) as (server, fetcher):
        with pytest.raises(Bad, match="larger"):
            await fetcher.fetch(server.url)


async def test_a_body_of_exactly_the_cap_passes() -> None:
    async with simulator(says(PICTURE), max_bytes=len(PICTURE)) as (server, fetcher):
        assert await fetcher.fetch(server.url) == PICTURE
    async with simulator(says(PICTURE), max_bytes=len(PICTURE) - 1) as (server, fetcher):
        with pytest.raises(Bad):
            await fetcher.fetch(server.url)


async def test_a_slow_body_is_stopped_at_the_time_cap() -> None:
    async def trickle(visit: Visit) -> None:
        await visit.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            await visit.write(b"x")
            await asyncio.sleep(0.02)

    async with simulator(trickle, timeout=0.3) as (server, fetcher):
        with pytest.raises(Bad, match=r"within 0\.3 s"):
            await fetcher.fetch(server.url)


async def test_an_empty_body_is_bad() -> None:
    async with simulator(says(b"")) as (server, fetcher):
        with pytest.raises(Bad, match="empty"):
            await fetcher.fetch(server.url)


async def test_a_body_that_is_always_cut_short_is_bad() -> None:
    async with simulator(says(PICTURE, length=len(PICTURE) * 2)) as (server, fetcher):
        with pytest.raises(Bad, match="ended before"):
            await fetcher.fetch(server.url)
        assert len(server.visits) == 3


async def test_a_body_cut_short_once_is_asked_for_again() -> None:
    visits = iter([says(PICTURE[:10], length=len(PICTURE)), says(PICTURE)])

    async def answer(visit: Visit) -> None:
        await next(visits)(visit)

    async with simulator(answer) as (server, fetcher):
        assert await fetcher.fetch(server.url) == PICTURE


@pytest.mark.parametrize("status", ["204 No Content", "206 Partial Content", "304 Not Modified"])
async def test_an_answer_that_is_no_whole_file_is_bad(status: str) -> None:
    async with simulator(says(b"", status)) as (server, fetcher):
        with pytest.raises(Bad):
            await fetcher.fetch(server.url)


async def test_a_packed_body_is_bad() -> None:
    async with simulator(says(PICTURE, headers="Content-Encoding: gzip\r\n")) as (server, fetcher):
        with pytest.raises(Bad, match="packed"):
            await fetcher.fetch(server.url)


# What may be had later, or elsewhere


@pytest.mark.parametrize(
    "status", ["404 Not Found", "403 Forbidden", "410 Gone", "401 Unauthorized", "400 Bad Request"]
)
async def test_a_result_that_is_gone_is_told(status: str) -> None:
    async with simulator(says(b"no", status)) as (server, fetcher):
        with pytest.raises(Gone, match=status[:3]):
            await fetcher.fetch(f"{server.url}/x?token=secret")


@pytest.mark.parametrize("status", ["500 Oops", "502 Bad Gateway", "503 Busy", "429 Slow Down", "408 Timeout"])
async def test_a_host_in_trouble_is_asked_later(status: str) -> None:
    async with simulator(says(b"no", status)) as (server, fetcher):
        with pytest.raises(Interrupted):
            await fetcher.fetch(server.url)


async def test_a_reset_is_an_interruption() -> None:
    async def reset(visit: Visit) -> None:
        await visit.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\nabc")
        visit.abort()

    async def leave(_: Visit) -> None:
        return

    for answer in (reset, leave):
        async with simulator(answer) as (server, fetcher):
            with pytest.raises(Interrupted):
                await fetcher.fetch(server.url)


async def test_a_name_without_an_address_is_an_interruption() -> None:
    with pytest.raises(Interrupted, match=r"results\.example"):
        await fetch_once("https://results.example/x", resolve=resolving())
    with pytest.raises(Interrupted):
        await fetch_once("https://results.example/x", resolve=resolving(results_example=[]))


async def test_the_systems_resolver_is_the_default() -> None:
    async with RawServer(says(PICTURE)) as server:
        url = f"http://localhost:{server.port}"
        assert await fetch_once(f"{url}/x", simulator=url) == PICTURE
        with pytest.raises(Unsafe, match="not public"):
            await fetch_once(f"https://localhost:{server.port}/x", ["localhost"])
        assert len(server.visits) == 1


# The rules, without a socket


def test_patterns_match_below_a_name_and_not_beside_it() -> None:
    patterns = ("*.host.example", "one.example")
    for host in ("a.host.example", "a.b.host.example", "one.example"):
        assert matches(host, patterns)
    for host in ("host.example", "ahost.example", "a.one.example", "a.host.example.evil", ""):
        assert not matches(host, patterns)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", INSIDE, "100.64.0.1", "0.0.0.0", "255.255.255.255"),
        *("224.0.0.1", "240.0.0.1", "192.0.2.1", "198.18.0.1", "::", "::1", "fe80::1", "fe80::1%eth0", "fd00::1"),
        *("ff02::1", "fec0::1", "2001:db8::1", "::127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"),
        *("64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:808:808::", "2001:0:1::1"),
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


def test_an_origin_is_read_the_way_it_is_connected_to() -> None:
    origin = origin_of(parse("HTTPS://Results.Example.:443/x"))
    assert (origin.scheme, origin.host, origin.port, origin.header()) == ("https", "results.example", 443, origin.host)
    assert origin_of(parse("http://[::1]:81/")).header() == "[::1]:81"
    with pytest.raises(Forbidden):
        parse("https://results.example/\n")
