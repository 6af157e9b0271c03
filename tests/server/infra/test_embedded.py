from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest
from arq.connections import RedisSettings, create_pool
from databases import Database
from redis.asyncio import Redis

from server.infra import embedded
from server.infra.embedded import ThrowawayServers, throwaway_servers
from server.infra.process_table import started


def folder_of(servers: ThrowawayServers) -> Path:
    return Path(parse_qs(urlsplit(servers.database_url).query)["host"][0]).parent


@pytest.mark.parametrize("in_memory", [False, True], ids=["on disk", "in memory"])
async def test_every_library_takes_their_urls_and_nothing_is_left(in_memory: bool) -> None:
    async with throwaway_servers(in_memory=in_memory) as servers:
        async with Database(servers.database_url) as database:
            assert await database.fetch_val("SELECT current_database() || current_user") == "atelieratelier"
        async with Redis.from_url(servers.redis_url) as redis:
            assert await redis.ping()
        pool = await create_pool(RedisSettings.from_dsn(servers.redis_url))
        assert await pool.ping()
        await pool.aclose()
    assert not folder_of(servers).exists()
    assert started(servers.postgres_pid) is None and started(servers.valkey_pid) is None


async def test_where_memory_is_scarce_they_lie_on_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "ENOUGH_MEMORY", 1 << 60)
    async with throwaway_servers(in_memory=True) as servers:
        assert folder_of(servers).parent != embedded.IN_MEMORY


async def test_they_listen_on_private_sockets_only_and_keep_the_work_safe() -> None:
    async with throwaway_servers() as servers:
        connection = await asyncpg.connect(servers.database_url)
        shown = {name: await connection.fetchval(f"SHOW {name}") for name in ("listen_addresses", "data_checksums")}
        assert shown == {"listen_addresses": "", "data_checksums": "on"}
        assert await connection.fetchval("SHOW server_encoding") == "UTF8"
        assert await connection.fetchval("SELECT lower('ÉTÉ')") == "été"
        await connection.close()
        async with Redis.from_url(servers.redis_url, decode_responses=True) as redis:
            told = await redis.config_get("port", "save", "appendonly", "maxmemory-policy")
        assert told == {"port": "0", "save": "", "appendonly": "no", "maxmemory-policy": "noeviction"}
