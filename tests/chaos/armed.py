"""A process of the Procfile that can be told to die at a named point: `python -m tests.chaos.armed worker`.

It runs the product's own entry, after wrapping the functions of `points.py`. An order is a file in the data folder,
`chaos/<point>`, which exactly one process takes by renaming it; it kills or stops itself there and then.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

_FOR: ContextVar[str] = ContextVar("for", default="")
_WITHIN: ContextVar[tuple[str, Any]] = ContextVar("within", default=("", ()))
_SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


def set_clock(folder: Path, role: str) -> float:
    """Move this process's wall clock by what `clock-<role>` says, in seconds; before anything of the product loads."""
    try:
        offset = float((folder / f"clock-{role}").read_text())
    except OSError:
        return 0.0
    right = time.time
    time.time = lambda: right() + offset
    return offset


def spread_clock(offset: float) -> None:
    """`datetime.now` asks the system without `time.time`: give the product's modules one that is off as well."""
    import datetime as original

    class Skewed(original.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return original.datetime.now(tz) + original.timedelta(seconds=offset)

        @classmethod
        def fromisoformat(cls, text: str) -> Any:
            return original.datetime.fromisoformat(text)

    _swap(original.datetime, Skewed)


def arm(folder: Path) -> None:
    """Wrap every function that a point names; the modules of the process must have been loaded."""
    from tests.chaos.points import POINTS, TURNS, find

    for target in {point.target for point in POINTS}:
        holder, name, function = find(target)
        points = [point for point in POINTS if point.target == target]
        _put(holder, name, function, _wrapped(folder, function, points))
    holder, name, function = find(TURNS)
    _put(holder, name, function, _noting(function))
    _cut_commits(folder)


def _put(holder: Any, name: str, function: Any, wrapped: Any) -> None:
    setattr(holder, name, wrapped)
    _swap(function, wrapped)


def _swap(old: Any, new: Any) -> None:
    """Put `new` wherever a module of the product has imported `old` to."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in ("jobs", "server", "arq"):
            for attribute, value in list(vars(module).items()):
                if value is old:
                    setattr(module, attribute, new)


def _wrapped(folder: Path, function: Callable[..., Any], points: Any) -> Callable[..., Any]:
    before, after = ([p for p in points if p.after is late] for late in (False, True))

    def pass_by(those: Any, args: Any) -> None:
        for point in those:
            if not point.fact or any(type(argument).__name__ == point.fact for argument in args):
                reached(folder, point.name, args)

    @functools.wraps(function)
    async def awaited(*args: Any, **kwargs: Any) -> Any:
        token = _WITHIN.set((function.__name__, args))
        try:
            pass_by(before, args)
            result = await function(*args, **kwargs)
            pass_by(after, args)
            return result
        finally:
            _WITHIN.reset(token)

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        pass_by(before, args)
        result = function(*args, **kwargs)
        pass_by(after, args)
        return result

    return awaited if inspect.iscoroutinefunction(function) else called


def _noting(work_on: Callable[..., Any]) -> Callable[..., Any]:
    """Remember whose turn it is, in the context of the task that does it."""

    @functools.wraps(work_on)
    async def noted(shop: Any, held: Any) -> Any:
        _FOR.set(held.image.prompt if held is not None else "")
        return await work_on(shop, held)

    return noted


def _cut_commits(folder: Path) -> None:
    from asyncpg import connection

    from tests.chaos.points import CUT

    execute = connection.Connection.execute

    @functools.wraps(execute)
    async def cut(self: Any, query: str, *args: Any, **kwargs: Any) -> Any:
        order = take(folder, CUT, ()) if query.startswith("COMMIT") else None
        if order is None:
            return await execute(self, query, *args, **kwargs)
        if order == "unsent":
            self.terminate()
        writing = asyncio.ensure_future(execute(self, query, *args, **kwargs))
        await asyncio.sleep(0)
        self.terminate()
        return await writing

    connection.Connection.execute = cut


def reached(folder: Path, name: str, args: Any) -> None:
    """Die here, or stop, if there is an order for this point that nobody has taken yet."""
    do = take(folder, name, args)
    if do is not None:
        os.kill(os.getpid(), _SIGNALS[do])


def take(folder: Path, name: str, args: Any) -> str | None:
    """What the order says, if it is for what is being done here; its file then bears our process number."""
    order = folder / name
    try:
        content = json.loads(order.read_text())
    except OSError:
        return None
    subject = f"{_FOR.get()} {_WITHIN.get()!r} {args!r}"
    if not all(word in subject for word in content["match"]):
        return None
    try:
        order.rename(order.with_name(f"{name}.taken.{os.getpid()}"))
    except OSError:
        return None
    return str(content["do"])


def main() -> None:
    """Be the process that the argument names."""
    role = sys.argv[1]
    folder = Path(os.environ["ATELIER_DATA"]) / "chaos"
    folder.mkdir(exist_ok=True)
    offset = set_clock(folder, role)
    import jobs.rescue
    import jobs.worker
    import server.cli
    import server.serve

    entries = {"web": server.cli.web, "rescue": jobs.rescue.main}
    arm(folder)
    if offset:
        spread_clock(offset)
    entries.get(role, jobs.worker.main)()


if __name__ == "__main__":
    main()
