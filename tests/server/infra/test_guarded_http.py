"""The guarded client on real sockets: what arrives, how it is asked for, and what each trouble is called."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from server.core.destination import ANYWHERE, Forbidden
from server.infra.guarded_http import EXCERPT, USER_AGENT, Answer, Bad, Gone, Interrupted, TooSlow, origin_of, parse
from tests.raw_server import RawServer, Visit, says
from tests.server.infra.guarded import HERE, INSIDE, asking, asking_outside, client, resolving, spying, tripwire

PICTURE = bytes(range(256)) * 40


# What arrives


async def test_a_body_arrives_whole_with_its_headers() -> None:
    async with asking(says(PICTURE, headers="X-Odd: Yes\r\n")) as (server, http):
        answer = await http.get(f"{server.url}/r/1.jpg?sig=a,b#part")
        assert (answer.status, answer.body, answer.headers["x-odd"]) == (200, PICTURE, "Yes")
        assert server.visits[0].path == "/r/1.jpg?sig=a,b"


async def test_a_body_without_a_length_arrives() -> None:
    async def stream(visit: Visit) -> None:
        await visit.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n2\r\nef\r\n0\r\n\r\n")

    async with asking(stream) as (server, http):
        assert (await http.get(server.url)).body == b"abcdef"


async def test_who_asks_is_an_ordinary_visitor() -> None:
    async with asking(says(PICTURE), headers={"Accept": "image/*", "Accept-Encoding": "gzip"}) as (server, http):
        await http.get(server.url)
        received = bytes(server.visits[0].received)
        assert f"\r\nUser-Agent: {USER_AGENT}\r\n".encode() in received
        assert "Mozilla/5.0" in USER_AGENT
        assert b"\r\nAccept: image/*\r\n" in received
        assert b"\r\nAccept-Encoding: identity\r\n" in received


async def test_cookies_are_not_carried_from_one_answer_to_the_next() -> None:
    async with asking(says(PICTURE, headers="Set-Cookie: a=b\r\n")) as (server, http):
        await http.get(server.url)
        await http.get(server.url)
        assert b"cookie" not in bytes(server.visits[1].received).lower()


async def test_the_environment_sends_nobody_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither a proxy nor a password that the environment names."""
    passwords = tmp_path / "netrc"
    passwords.write_text("machine 127.0.0.1 login ada password secret\n")
    passwords.chmod(0o600)
    monkeypatch.setenv("NETRC", str(passwords))
    async with RawServer(says(b"proxy")) as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
            monkeypatch.setenv(name.lower(), proxy.url)
        async with asking(says(PICTURE)) as (server, http):
            assert (await http.get(server.url)).body == PICTURE
            assert b"authorization" not in bytes(server.visits[0].received).lower()
        async with asking_outside(says(PICTURE)) as (server, http):
            assert (await http.get(f"https://results.example:{server.port}/")).body == PICTURE
        assert proxy.visits == []


# The name, the address and the certificate


async def test_the_name_is_looked_up_once_and_kept_for_host_and_certificate() -> None:
    looked_up: list[str] = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        looked_up.append(host)
        # A second look-up would lead inside.
        return [HERE] if len(looked_up) == 1 else [INSIDE]

    async with asking_outside(says(PICTURE), resolve=resolve) as (server, http):
        with spying() as spy:
            assert (await http.get(f"https://Results.Example.:{server.port}/x")).body == PICTURE
        assert server.names == ["results.example"]
        assert f"\r\nHost: results.example:{server.port}\r\n".encode() in server.visits[0].received
    assert looked_up == ["results.example"]
    assert spy.hosts == {HERE}


async def test_a_certificate_for_another_name_is_not_taken() -> None:
    async with asking_outside(says(PICTURE), {"other.example": [HERE]}) as (server, http):
        with pytest.raises(Interrupted):
            await http.get(f"https://other.example:{server.port}/x")
        assert not any(visit.received for visit in server.visits)


async def test_a_certificate_that_nobody_signed_is_not_taken() -> None:
    async with asking_outside(says(PICTURE), tls=None) as (server, http):
        with pytest.raises(Interrupted):
            await http.get(f"https://results.example:{server.port}/x")
        assert not any(visit.received for visit in server.visits)


async def test_the_next_address_is_tried_where_the_first_refuses() -> None:
    async with asking(says(PICTURE), resolve=resolving({HERE: [INSIDE, HERE]})) as (server, http):
        # Nothing listens on the second loopback address.
        assert (await http.get(server.url)).body == PICTURE
        assert (await http.post(server.url, b"x", {})).status == 200


async def test_a_name_without_an_address_is_an_interruption() -> None:
    for names in ({"other.example": [HERE]}, {"results.example": []}):
        async with asking_outside(says(PICTURE), names) as (_, http):
            with pytest.raises(Interrupted, match=r"results\.example"):
                await http.get("https://results.example/x")


async def test_the_systems_resolver_is_the_default() -> None:
    async with RawServer(says(PICTURE), tls=True) as server:
        with spying() as spy:
            async with client(ANYWHERE) as http:
                with pytest.raises(Exception, match="localhost leads to an address that is not public"):
                    await http.get(f"https://localhost:{server.port}/x")
        assert spy.seen == []


async def test_a_name_server_that_hangs_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()
    real = socket.getaddrinfo

    def look_up(host: Any, *args: Any, **options: Any) -> Any:
        if host == "stuck.example":
            answered.wait(30)
        return real(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    try:
        async with client(ANYWHERE, connect=0.1) as http:
            urls = ["https://stuck.example/x"] * 50
            found = await asyncio.gather(*(http.get(url) for url in urls), return_exceptions=True)
            assert {type(one) for one in found} == {Interrupted}
            # The threads that everybody shares are free.
            assert await asyncio.to_thread(lambda: True)
    finally:
        answered.set()


# POST


async def test_a_post_brings_its_body_and_headers_and_its_answer_in_short() -> None:
    async with asking_outside(says(b"thanks" * 1000, "201 Created")) as (server, http):
        headers = {"Content-Type": "application/json", "Authorization": "vapid t=x", "host": "evil.example"}
        answer = await http.post(f"https://results.example:{server.port}/push/1", b'{"id":1}', headers)
        assert (answer.status, answer.body) == (201, (b"thanks" * 1000)[:EXCERPT])
        received = bytes(server.visits[0].received)
    assert received.startswith(b"POST /push/1 HTTP/1.1\r\n")
    assert received.endswith(b'\r\n\r\n{"id":1}')
    assert b"\r\nAuthorization: vapid t=x\r\n" in received
    assert received.lower().count(b"\r\nhost:") == 1
    assert b"evil.example" not in received


async def test_a_post_that_broke_off_is_not_sent_again() -> None:
    async def leave(_: Visit) -> None:
        return

    async with asking(leave, resolve=resolving({HERE: [HERE, INSIDE]})) as (server, http), tripwire(server.port):
        with pytest.raises(Interrupted):
            await http.post(server.url, b"x", {})
        assert len(server.visits) == 1


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
async def test_a_post_is_not_redirected(status: str) -> None:
    async with asking(says(b"", status, "Location: /elsewhere\r\n")) as (server, http):
        answer = await http.post(server.url, b"x", {})
        assert answer.headers["location"] == "/elsewhere"
        assert len(server.visits) == 1
        with pytest.raises(Bad):
            answer.insist()


async def test_a_posts_answer_counts_although_its_body_never_ends() -> None:
    async def drip(visit: Visit) -> None:
        await visit.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2147483648\r\n\r\n")
        await visit.write(gzip.compress(bytes(10_000_000))[:100])
        await visit.until_left()

    async with asking(drip) as (server, http):
        answer = await http.post(server.url, b"x", {})
        # Nothing is unpacked.
        assert (answer.status, answer.body[:2], len(answer.body)) == (200, b"\x1f\x8b", 100)


# What an answer means


@pytest.mark.parametrize(
    ("status", "error"),
    [
        *((200, None), (201, None), (204, None), (206, None), (299, None)),
        *((404, Gone), (410, Gone)),
        *((408, Interrupted), (425, Interrupted), (429, Interrupted), (500, Interrupted), (503, Interrupted)),
        *((300, Bad), (304, Bad), (400, Bad), (401, Bad), (403, Bad), (413, Bad), (451, Bad)),
    ],
)
def test_what_a_status_means(status: int, error: type[Exception] | None) -> None:
    answer = Answer(status, {}, b"")
    if error is None:
        answer.insist()
    else:
        with pytest.raises(error, match=str(status)) as caught:
            answer.insist()
        assert type(caught.value) is error


def test_who_asks_may_count_other_statuses_as_gone() -> None:
    for status in (400, 401, 403, 404):
        with pytest.raises(Gone):
            Answer(status, {}, b"").insist(gone=range(400, 500))
    with pytest.raises(Interrupted):
        Answer(429, {}, b"").insist(gone=range(400, 500))


async def test_an_error_comes_with_its_first_words_however_long_it_is() -> None:
    async def endless(visit: Visit) -> None:
        await visit.write(b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n")
        while True:
            await visit.write(b"no" * 10_000)

    async with asking(endless, body=10) as (server, http):
        answer = await http.get(f"{server.url}/x?token=secret")
        assert (answer.status, answer.body) == (404, (b"no" * EXCERPT)[:EXCERPT])
        assert "secret" not in repr(answer)
        await server.visits[0].ended.wait()


async def test_an_answer_that_breaks_off_is_an_interruption() -> None:
    async def reset(visit: Visit) -> None:
        await visit.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\nabc")
        visit.abort()

    async def leave(_: Visit) -> None:
        return

    for answer in (reset, leave):
        async with asking(answer) as (server, http):
            with pytest.raises(Interrupted):
                await http.get(server.url)


async def test_a_body_cut_short_once_is_asked_for_again() -> None:
    visits = iter([says(PICTURE[:10], length=len(PICTURE)), says(PICTURE)])

    async def answer(visit: Visit) -> None:
        await next(visits)(visit)

    async with asking(answer) as (server, http):
        assert (await http.get(server.url)).body == PICTURE


async def test_a_body_that_is_always_cut_short_is_bad() -> None:
    async with asking(says(PICTURE, length=len(PICTURE) * 2)) as (server, http):
        with pytest.raises(Bad, match="ended before") as caught:
            await http.get(server.url)
        assert not isinstance(caught.value, TooSlow)
        assert len(server.visits) == 3


# Addresses as they are written


def test_an_origin_is_read_the_way_it_is_connected_to() -> None:
    origin = origin_of(parse("HTTPS://Results.Example.:443/x"))
    assert (origin.scheme, origin.host, origin.port, origin.header()) == ("https", "results.example", 443, origin.host)
    assert origin_of(parse("http://[::1]:81/")).header() == "[::1]:81"
    assert origin_of(parse("//b.example/x", base=parse("https://a.example/"))).host == "b.example"


@pytest.mark.parametrize(
    "address",
    [
        "https://a.example/\n",
        "https://",
        "https:///x",
        "https://./x",
        "a.example/x",
        "//a.example/x",
        "",
        "https://\x00/",
    ],
)
def test_what_cannot_be_read_is_forbidden(address: str) -> None:
    with pytest.raises(Forbidden):
        origin_of(parse(address))
