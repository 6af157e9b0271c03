"""Hosts that mean harm: they lead inside, never end, trickle, lie and swell. A listening socket is the witness."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import Sequence

import pytest

from server.core.destination import ANYWHERE, Destinations
from server.infra.guarded_http import Bad, Interrupted, RequestFailed, TooSlow, Unsafe
from tests.raw_server import RawServer, Visit, says
from tests.server.infra.guarded import (
    HERE,
    INSIDE,
    METADATA,
    asking,
    asking_outside,
    client,
    get_once,
    resolving,
    spying,
    tripwire,
)

PICTURE = bytes(range(256)) * 40


# Addresses that are not visited


@pytest.mark.parametrize(
    "url",
    [
        *("file:///etc/passwd", "ftp://results.example/x", "gopher://results.example/x", "data:image/png;base64,AAAA"),
        *("//results.example/x", "results.example/x", "", "https://", "https://\x00/", "http://results.example/x"),
        *("https://user:secret@results.example/x", "https://secret@results.example/x", "https://@elsewhere.example/x"),
        *(
            "https://results.example@elsewhere.example/x",
            "https://elsewhere.example/x",
            "https://elsewhere.example#@results.example/x",
        ),
        *("https://results.example.elsewhere.example/x", "https://notresults.example/x", "https://a.results.example/x"),
        *(
            "https://127.0.0.1/x",
            "https://2130706433/x",
            "https://0x7f.1/x",
            "https://[::1]/x",
            "https://[fe80::1%25lo]/x",
        ),
        *("https://results.example:22/x", "https://results.example:0/x", "https://results.example:99999/x"),
        *("https://results.example:80/x", f"http://{METADATA}/latest/meta-data", "http://127.0.0.1:9999/x"),
    ],
)
async def test_an_address_off_the_list_is_not_even_looked_up(url: str) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        raise AssertionError(f"{host} was looked up")

    with spying() as spy, pytest.raises(Unsafe) as caught:
        await get_once(url, Destinations.listed(["results.example"]), resolve=resolve)
    assert spy.seen == []
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.1", "0"),
        *("①②⑦.⓪.⓪.①", "127。0。0。1", "localhost", "LOCALHOST.", METADATA, "10.1.2.3", "192.168.0.1", "100.64.0.1"),
        *("[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]"),
        *(
            "[64:ff9b:1::1]",
            "[2002:7f00:1::]",
            "[fd00::1]",
            "[fd00:ec2::254]",
            "[fe80::1]",
            "[fe80::1%25lo]",
            "[ff02::1]",
        ),
    ],
)
async def test_however_an_address_inside_is_written_it_gets_no_packet(host: str) -> None:
    """By the system's own resolver, in a policy that admits every public host."""
    async with RawServer(says(PICTURE), tls=True) as server:
        with spying() as spy, pytest.raises(RequestFailed):
            await get_once(f"https://{host}:{server.port}/x")
        assert spy.seen == []
        assert server.visits == []


@pytest.mark.parametrize("inside", [HERE, METADATA, "10.1.2.3", "::1", "::ffff:127.0.0.1", "fd00::1", "0.0.0.0"])
async def test_a_name_that_leads_inside_even_once_gets_no_packet(inside: str) -> None:
    for addresses in ([inside], ["93.184.215.14", inside], [inside, "93.184.215.14"]):
        for policy in (ANYWHERE, Destinations.listed(["results.example"])):
            resolve = resolving({"results.example": addresses})
            with spying() as spy, pytest.raises(Unsafe, match="not public"):
                await get_once("https://results.example/x", policy, resolve=resolve)
            assert spy.seen == []


async def test_a_post_goes_inside_as_little_as_a_get() -> None:
    async with tripwire() as wire, client(ANYWHERE) as http:
        for host in (INSIDE, f"[::ffff:{INSIDE}]"):
            with pytest.raises(Unsafe):
                await http.post(f"https://{host}:{wire.port}/x", b"x", {})
        with pytest.raises(Unsafe):
            await http.post("http://results.example/x", b"x", {})


async def test_the_witness_would_see_a_visit() -> None:
    """Or none of these tests proved anything."""
    with pytest.raises(AssertionError):
        async with tripwire() as wire:
            policy = Destinations(None, permits=lambda _: True)
            with spying() as spy, pytest.raises(Interrupted):
                await get_once(f"https://{INSIDE}:{wire.port}/x", policy, connect=0.2)
            assert spy.hosts == {INSIDE}
            # Its visit begins when its bytes are read: wait for that.
            await wire.arrived.wait()


# Names that change


async def test_a_name_that_moves_inside_between_two_looks_gets_no_packet() -> None:
    """DNS rebinding by a redirect to itself: public when asked first, inside when asked again."""
    answers = iter([[HERE], [INSIDE]])

    async def resolve(host: str, port: int) -> Sequence[str]:
        return next(answers)

    async with asking_outside(says(b"", "302 Found", "Location: /again\r\n"), resolve=resolve) as (server, http):
        async with tripwire(server.port):
            with spying() as spy, pytest.raises(Unsafe, match="not public"):
                await http.get(f"https://results.example:{server.port}/x")
            assert spy.hosts == {HERE}
        assert len(server.visits) == 1


async def test_a_name_is_checked_again_when_its_body_is_asked_for_again() -> None:
    answers = iter([[HERE], [INSIDE]])

    async def resolve(host: str, port: int) -> Sequence[str]:
        return next(answers)

    half = says(PICTURE, length=len(PICTURE) * 2)
    async with asking_outside(half, resolve=resolve) as (server, http), tripwire(server.port):
        with spying() as spy, pytest.raises(Unsafe):
            await http.get(f"https://results.example:{server.port}/x")
        assert spy.hosts == {HERE}


async def test_of_several_addresses_none_inside_is_tried_where_the_first_refuses() -> None:
    """An attacker's name that has a closed public port and an open private one."""
    async with asking_outside(says(PICTURE), {"results.example": [HERE, INSIDE]}) as (_, http), tripwire() as wire:
        with spying() as spy, pytest.raises(Unsafe):
            await http.get(f"https://results.example:{wire.port}/x")
        assert spy.seen == []


# Redirects


@pytest.mark.parametrize(
    "target",
    [
        *(f"http://{METADATA}/latest/meta-data", f"https://{METADATA}/", f"//{METADATA}/x", "file:///etc/passwd"),
        *("https://inside.example:{port}/x", f"https://{INSIDE}:{{port}}/x", f"https://[::ffff:{INSIDE}]:{{port}}/x"),
        *(
            "http://results.example:{port}/x",
            f"https://results.example@{INSIDE}:{{port}}/x",
            "https://results.example:25/x",
        ),
        *("https://user:secret@results.example:{port}/x", "http://[", "https://results.example:x/"),
    ],
)
async def test_a_redirect_to_the_inside_is_not_followed(target: str) -> None:
    names = {"results.example": [HERE], "inside.example": [INSIDE]}

    async def redirect(visit: Visit) -> None:
        await says(b"", "302 Found", f"Location: {target.format(port=server.port)}\r\n")(visit)

    async with asking_outside(redirect, names) as (server, http):
        async with tripwire(server.port):
            with spying() as spy, pytest.raises(Unsafe) as caught:
                await http.get(f"https://results.example:{server.port}/x")
            # The first hop proves that the spy sees what is connected to.
            assert spy.seen == [(HERE, server.port)]
        assert len(server.visits) == 1
        assert "secret" not in str(caught.value)


async def test_the_trusted_origin_redirects_nowhere_that_is_not_visited() -> None:
    async with tripwire() as wire, asking(says(b"", "302 Found", f"Location: {wire.url}/x\r\n")) as (server, http):
        with pytest.raises(Unsafe):
            await http.get(server.url)


async def test_each_hop_is_asked_under_its_own_name() -> None:
    async def redirect(visit: Visit) -> None:
        first = b"results.example" in visit.received
        await says(PICTURE, "302 Found" if first else "200 OK", f"Location: https://localhost:{server.port}/y\r\n")(
            visit
        )

    async with asking_outside(redirect) as (server, http):
        assert (await http.get(f"https://results.example:{server.port}/x")).body == PICTURE
        assert server.names == ["results.example", "localhost"]
        assert f"\r\nHost: localhost:{server.port}\r\n".encode() in server.visits[1].received


async def test_three_redirects_are_followed_and_four_are_too_many() -> None:
    async def redirect(visit: Visit) -> None:
        step = int(visit.path.rsplit("/", 1)[1])
        if step == 0:
            await says(PICTURE)(visit)
        await says(b"moved", "302 Found", f"Location: ../r/{step - 1}\r\n")(visit)

    async with asking(redirect) as (server, http):
        assert (await http.get(f"{server.url}/r/3")).body == PICTURE
        with pytest.raises(Bad, match="more than 3"):
            await http.get(f"{server.url}/r/4")
        assert len(server.visits) == 8


async def test_a_circle_and_a_redirect_to_nowhere_are_bad() -> None:
    async with asking(says(b"", "302 Found", "Location: /x\r\n")) as (server, http):
        with pytest.raises(Bad, match="more than 3"):
            await http.get(f"{server.url}/x")
        assert len(server.visits) == 4
    async with asking(says(b"", "302 Found")) as (server, http):
        with pytest.raises(Bad, match="nowhere"):
            await http.get(server.url)


# Bodies without measure


async def test_an_endless_body_is_stopped_at_the_cap() -> None:
    async def endless(visit: Visit) -> None:
        await visit.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n")
        while True:
            await visit.write(b"x" * 65_536)

    async with asking(endless, body=1_000_000) as (server, http):
        with pytest.raises(Bad, match="larger than 1000000 bytes"):
            await http.get(server.url)
        await server.visits[0].ended.wait()


async def test_an_endless_body_in_chunks_of_one_byte_is_stopped_too() -> None:
    async def crumbs(visit: Visit) -> None:
        await visit.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            await visit.write(b"1\r\nx\r\n" * 100)

    async with asking(crumbs, body=10_000) as (server, http):
        with pytest.raises(Bad, match="larger"):
            await http.get(server.url)


@pytest.mark.parametrize("length", ["2147483648", "9" * 300])
async def test_a_body_announced_over_the_cap_is_not_read(length: str) -> None:
    async def announce(visit: Visit) -> None:
        await visit.write(f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n".encode())
        await visit.until_left()

    async with asking(announce) as (server, http):
        with pytest.raises(RequestFailed):
            await http.get(server.url)


async def test_a_body_of_exactly_the_cap_passes() -> None:
    async with asking(says(PICTURE), body=len(PICTURE)) as (server, http):
        assert (await http.get(server.url)).body == PICTURE
    async with asking(says(PICTURE), body=len(PICTURE) - 1) as (server, http):
        with pytest.raises(Bad):
            await http.get(server.url)


async def test_a_packed_body_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    async with asking(says(bomb, headers="Content-Encoding: gzip\r\n")) as (server, http):
        with pytest.raises(Bad, match="packed"):
            await http.get(server.url)
    async with asking(says(bomb, headers="Transfer-Encoding: gzip, chunked\r\n")) as (server, http):
        with pytest.raises(RequestFailed):
            await http.get(server.url)


# Lengths that lie


async def test_what_follows_the_announced_length_is_not_read() -> None:
    async with asking(says(PICTURE, length=3)) as (server, http):
        assert (await http.get(server.url)).body == PICTURE[:3]


@pytest.mark.parametrize("lengths", [("5", "6"), ("-1",), ("abc",), ("5, 6",), ("0x5",), ("٣",)])
async def test_lengths_that_cannot_be_are_no_answer(lengths: tuple[str, ...]) -> None:
    head = "".join(f"Content-Length: {length}\r\n" for length in lengths)

    async def answer(visit: Visit) -> None:
        await visit.write(f"HTTP/1.1 200 OK\r\n{head}\r\nabcdef".encode())

    async with asking(answer) as (server, http):
        with pytest.raises(RequestFailed):
            await http.get(server.url)


# Time


async def test_a_body_that_trickles_is_stopped_at_the_time_cap() -> None:
    async def trickle(visit: Visit) -> None:
        await visit.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            await visit.write(b"x")
            await asyncio.sleep(0.02)

    async with asking(trickle, total=0.3) as (server, http):
        with pytest.raises(TooSlow, match=r"within 0\.3 s"):
            await http.get(server.url)
        await server.visits[0].ended.wait()


@pytest.mark.parametrize("line", [b"X-Crumb: x\r\n", b"x"])
async def test_a_head_that_trickles_is_stopped_at_the_time_cap(line: bytes) -> None:
    async def trickle(visit: Visit) -> None:
        await visit.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            await visit.write(line)
            await asyncio.sleep(0.02)

    async with asking(trickle, total=0.3) as (server, http):
        with pytest.raises(TooSlow):
            await http.get(server.url)
        with pytest.raises(TooSlow):
            await http.post(server.url, b"x", {})


async def test_a_head_that_never_ends_is_stopped() -> None:
    async def headers(visit: Visit) -> None:
        await visit.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            await visit.write(b"X-More: " + b"x" * 10_000 + b"\r\n")

    async def promises(visit: Visit) -> None:
        while True:
            await visit.write(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100)

    for answer in (headers, promises):
        async with asking(answer, total=1.0) as (server, http):
            with pytest.raises((Interrupted, TooSlow)):
                await http.get(server.url)


async def test_silence_is_bounded_apart() -> None:
    async def begin(visit: Visit) -> None:
        await visit.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
        await visit.until_left()

    async with asking(begin, silence=0.1) as (server, http):
        with pytest.raises(Interrupted, match="ReadTimeout"):
            await http.get(server.url)


async def test_a_look_up_and_a_connection_are_bounded_apart() -> None:
    async def never(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    with pytest.raises(Interrupted, match="looked up"):
        await get_once("https://results.example/x", resolve=never, connect=0.1)
    with socket.socket() as full:
        full.bind((HERE, 0))
        full.listen(0)
        port = full.getsockname()[1]
        # Its queue is full, so that nobody takes further connections, and nobody refuses them.
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex((HERE, port))
        with pytest.raises(Interrupted, match="ConnectTimeout"):
            policy = Destinations(None, permits=lambda _: True)
            await get_once(f"https://{HERE}:{port}/x", policy, connect=0.2)
        for filler in fillers:
            filler.close()


async def test_the_time_cap_covers_all_hops_together() -> None:
    async def redirect(visit: Visit) -> None:
        await asyncio.sleep(0.15)
        await says(b"", "302 Found", "Location: /x\r\n")(visit)

    async with asking(redirect, total=0.4) as (server, http):
        with pytest.raises(TooSlow):
            await http.get(f"{server.url}/x")
