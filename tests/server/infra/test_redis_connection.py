"""Every kind of address, and every kind of greeting."""

from __future__ import annotations

import asyncio
import logging
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvloop
from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.core.ports import Unavailable
from server.infra.bus import RedisBus
from server.infra.redis_connection import RedisAddress
from server.infra.socket_folder import make_socket_folder
from tests.one_by_one import one_by_one
from tests.raw_server import CERTIFICATE
from tests.server.infra.private_valkey import PrivateValkey, private_valkey
from tests.server.infra.slow_road import SlowRoad

LIMIT = 10.0


@pytest.fixture
async def guarded() -> AsyncIterator[PrivateValkey]:
    """A Valkey that lets in `ear` with `p@ss word`, and whoever has `for all`."""
    async with private_valkey() as valkey:
        async with Redis.from_url(valkey.url) as admin:
            await admin.execute_command("ACL", "SETUSER", "ear", "on", ">p@ss word", "allchannels", "+@all")
            await admin.execute_command("CONFIG", "SET", "requirepass", "for all")
        yield valkey


@asynccontextmanager
async def front(target_url: str, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """The port at which a Redis on a unix socket can be reached over TCP."""
    folder = make_socket_folder()
    road = SlowRoad(folder / "unused", Path(target_url.removeprefix("unix://")))
    server = await asyncio.start_server(road.serve, "127.0.0.1", 0, ssl=tls)
    yield server.sockets[0].getsockname()[1]
    road.cut()
    server.close()
    await server.wait_closed()
    shutil.rmtree(folder)


def our_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


async def hears(url: str) -> bool:
    """Whether news arrive through this address, within two seconds."""
    bus = RedisBus(url)
    subscription = bus.subscribe()
    try:
        await subscription.add("a")
        await bus.publish("a", b"1")
        async with asyncio.timeout(LIMIT):
            return await anext(one_by_one(subscription.messages())) == ("a", b"1")
    except Unavailable:
        return False
    finally:
        await subscription.aclose()
        await bus.aclose()


async def test_on_the_loop_of_production(redis_url: str, guarded: PrivateValkey) -> None:
    async with front(guarded.url, our_tls()) as port:
        urls = [redis_url, f"rediss://ear:p%40ss%20word@127.0.0.1:{port}?ssl_ca_certs={CERTIFICATE}"]
        assert [await asyncio.to_thread(uvloop.run, hears(url)) for url in urls] == [True, True]


async def test_over_tcp(redis_url: str) -> None:
    async with front(redis_url) as port:
        assert await hears(f"redis://127.0.0.1:{port}/0")
        assert await hears(f"redis://localhost:{port}")


async def test_over_tls_the_certificate_is_checked(redis_url: str) -> None:
    async with front(redis_url, our_tls()) as port:
        assert await hears(f"rediss://127.0.0.1:{port}?ssl_ca_certs={CERTIFICATE}")
        assert await hears(f"rediss://127.0.0.1:{port}?ssl_ca_certs={CERTIFICATE}&ssl_check_hostname=yes")
        assert not await hears(f"rediss://127.0.0.1:{port}")
        assert not await hears(f"redis://127.0.0.1:{port}")


async def test_a_user_and_a_password(guarded: PrivateValkey) -> None:
    path = guarded.url.removeprefix("unix://")
    assert await hears(f"unix://ear:p%40ss%20word@{path}")
    assert await hears(f"unix://:for%20all@{path}")
    assert await hears(f"unix://{path}?password=for%20all")
    async with front(guarded.url) as port:
        assert await hears(f"redis://ear:p%40ss%20word@127.0.0.1:{port}/0")


@pytest.mark.parametrize("user", ["", "ear:wrong@", ":wrong@"])
async def test_whom_redis_does_not_know_hears_why(
    guarded: PrivateValkey, user: str, caplog: pytest.LogCaptureFixture
) -> None:
    subscription = RedisBus(guarded.url.replace("unix://", f"unix://{user}")).subscribe()
    with caplog.at_level(logging.WARNING), pytest.raises(Unavailable, match=r"NOAUTH|WRONGPASS"):
        await subscription.add("a")
    assert "Redis is away" in caplog.text
    assert "wrong" not in caplog.text
    await subscription.aclose()


async def test_the_connection_bears_the_name_that_the_address_gives_it(redis_url: str) -> None:
    bus = RedisBus(f"{redis_url}?client_name=studio")
    subscription = bus.subscribe()
    await subscription.add("a")
    async with Redis.from_url(redis_url) as admin:
        names = [client["name"] for client in await admin.client_list(_type="pubsub")]
    assert "studio" in names
    await subscription.aclose()
    await bus.aclose()


async def test_a_password_changed_under_it_is_a_loss_like_any_other(guarded: PrivateValkey) -> None:
    """Redis breaks the connections of a user who is no more; one who is again is let in again."""
    bus = RedisBus(guarded.url.replace("unix://", "unix://ear:p%40ss%20word@"))
    subscription = bus.subscribe()
    await subscription.add("a")
    async with Redis.from_url(guarded.url, password="for all") as admin:
        await admin.execute_command("ACL", "DELUSER", "ear")
        async with asyncio.timeout(LIMIT):
            while True:
                with pytest.raises(Unavailable) as refused:
                    await subscription.add("b")
                await subscription.remove("b")
                if "WRONGPASS" in str(refused.value):
                    break
            await admin.execute_command("ACL", "SETUSER", "ear", "on", ">p@ss word", "allchannels", "+@all")
            heard = one_by_one(subscription.messages())
            assert await anext(heard) is None
            await bus.publish("a", b"1")
            assert await anext(heard) == ("a", b"1")
    await subscription.aclose()
    await bus.aclose()


@pytest.mark.parametrize("url", ["http://127.0.0.1", "", "rediss://x?ssl_cert_reqs=perhaps", "redis://x?nonsense=1"])
def test_an_address_that_makes_no_sense_is_refused_at_once(url: str) -> None:
    with pytest.raises((ValueError, TypeError, RedisError)):
        RedisAddress(url)
