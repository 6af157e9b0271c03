"""The arq worker: the only place that knows it. It is woken, asks PostgreSQL what is due, and does it.

Run as `python -m jobs.worker`; it leaves within 20 s of SIGTERM and lets open submits finish until then.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from arq.typing import WorkerCoroutine
from arq.worker import Worker, func

from jobs.steps import run
from jobs.workshop import Workshop, open_workshop
from server.collector import keep_collector_quiet
from server.core.ports import Unavailable
from server.core.stores import Wake
from server.infra.queue import FUNCTION, QUEUE_NAME, deserialize, redis_settings, serialize
from server.logs import configure_logs
from server.settings import Settings, SettingsError

LOG = logging.getLogger(__name__)
MAX_JOBS = 200
# Longer than the longest step: a submit's waits, and two minutes in which its answer cannot be written.
JOB_TIMEOUT = 300
# At arq's default of 0.5 s two wake-ups in a row cost 0.7 s at the median.
POLL_DELAY = 0.02
LEAVE_WITHIN = 15
# Where Redis is gone the worker ends at once, but for this: who takes over waits for it.
LET_FINISH = 8


async def wake(ctx: dict[Any, Any], what: str, id: str | None, time: str | None) -> None:
    """One wake-up. It never fails as a job: arq would not try again, rescue will."""
    shop: Workshop = ctx["shop"]
    try:
        await run(shop, _wake(what, id, datetime.fromisoformat(time) if time else None))
    except Unavailable as error:
        LOG.warning("%s %s waits for rescue: %s", what, id, error)
    except Exception:
        LOG.exception("%s %s failed; rescue will come back to it", what, id)


def _wake(what: str, id: str | None, time: datetime | None) -> Wake:
    if what in ("due", "push"):
        return Wake(what, at=time)
    return Wake(what, UUID(id) if id else None, turn=time)


async def _open(ctx: dict[Any, Any]) -> None:
    ctx["opened"] = open_workshop(ctx["settings"])
    ctx["shop"] = await ctx["opened"].__aenter__()


async def _close(ctx: dict[Any, Any]) -> None:
    if "shop" in ctx:
        await ctx["opened"].__aexit__(None, None, None)


class _Worker(Worker):
    """arq's, that tells the steps as soon as it is told to stop."""

    def handle_sig_wait_for_completion(self, signum: signal.Signals) -> None:
        """Open polls are given back at once; submits and downloads may finish."""
        _tell_steps(self)
        super().handle_sig_wait_for_completion(signum)


def _tell_steps(working: Worker) -> None:
    """This process leaves: nothing more is begun, and polls are left to others."""
    if "shop" in working.ctx:
        working.ctx["shop"].parts.leaving.set()


def worker(settings: Settings, handle_signals: bool = True) -> Worker:
    """An arq worker over the settings. Raises `SettingsError`."""
    if settings.redis_url is None:
        raise SettingsError("REDIS_URL is unset: start the parts with `atelier up`, or set it.")
    return _Worker(
        functions=[func(cast(WorkerCoroutine, wake), name=FUNCTION, keep_result=0, timeout=JOB_TIMEOUT, max_tries=1)],
        queue_name=QUEUE_NAME,
        redis_settings=redis_settings(settings.redis_url),
        max_jobs=MAX_JOBS,
        poll_delay=POLL_DELAY,
        keep_result=0,
        max_tries=1,
        retry_jobs=False,
        job_completion_wait=LEAVE_WITHIN,
        job_serializer=serialize,
        job_deserializer=deserialize,
        on_startup=_open,
        on_shutdown=_close,
        ctx={"settings": settings},
        handle_signals=handle_signals,
    )


def main() -> None:
    """Work until told to stop."""
    settings = Settings()
    configure_logs(settings.log_json)
    working = worker(settings)
    keep_collector_quiet()
    try:
        working.run()
    finally:
        _tell_steps(working)
        # arq drops what is under way when Redis dies; a submit among it is paid, and its answer on the way.
        working.loop.run_until_complete(_let_finish(working))


async def _let_finish(working: Worker) -> None:
    if working.tasks:
        await asyncio.wait(working.tasks.values(), timeout=LET_FINISH)


if __name__ == "__main__":
    main()
