"""Rate limits in Redis: one script a request, on the clock of Redis, so that every process counts alike."""

from __future__ import annotations

from redis.asyncio import Redis

from server.core.limits import Rate, Verdict, gcra
from server.infra.redis_client import brief, connection_pool

# What `core.limits.gcra` does, with times told from now on: seconds since 1970 leave a float too few digits to add up
# many small intervals. Kept are the excess (arrival time less now) and the microsecond at which it was measured.
# Returned is the excess before this request, from which gcra gives the verdict.
SCRIPT = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local interval, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local excess = 0
local stored = redis.call('HMGET', KEYS[1], 'excess', 'at')
if stored[1] and stored[2] then
  local elapsed = math.max(0, now - tonumber(stored[2])) / 1000000
  excess = math.max(0, tonumber(stored[1]) - elapsed)
end
local following = excess + interval
if following - window <= 1e-9 then
  redis.call('HSET', KEYS[1], 'excess', string.format('%.17g', following), 'at', string.format('%.0f', now))
  redis.call('PEXPIRE', KEYS[1], math.ceil(following * 1000))
end
return string.format('%.17g', excess)
"""


class RedisLimiter:
    """The port `Limiter`. Each policy, by its rate's name, counts a key apart."""

    def __init__(self, url: str) -> None:
        self._client = Redis(connection_pool=connection_pool(url))
        self._script = self._client.register_script(SCRIPT)

    async def hit(self, key: str, rate: Rate) -> Verdict:
        """Count one request of `key`, unless it is refused. Raises `Unavailable` within 2 s."""
        async with brief("count a request"):
            excess = await self._script(
                keys=[f"limit:{rate.name}:{key}"], args=[repr(rate.interval), repr(rate.window)]
            )
        verdict, _ = gcra(rate, float(excess), 0.0)
        return verdict

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.connection_pool.disconnect()
