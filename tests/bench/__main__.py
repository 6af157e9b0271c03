"""`python -m tests.bench path`: how long the road takes, click to screen. `fairness`: how places are shared out.

`polls`: how soon a finished picture is found, and by how many requests. `capacity`: what one worker bears. `page`: how
a page full of pictures keeps up, and whether an hour of work leaves its memory flat. `live`: what the stream bears,
and how soon it tells.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence

from tests.bench import capacity, fairness, page, path, polls
from tests.bench.live import command as live

Bench = Callable[[Sequence[str]], Awaitable[None]]


def _with_runs(measure: Callable[[int], Awaitable[None]]) -> Bench:
    """A bench whose one option is how often it measures."""

    async def bench(words: Sequence[str]) -> None:
        await measure(int(words[0]) if words else 20)

    return bench


BENCHES: dict[str, Bench] = {
    "capacity": _with_runs(capacity.main),
    "fairness": _with_runs(fairness.main),
    "live": live.main,
    "page": page.main,
    "path": _with_runs(path.main),
    "polls": _with_runs(polls.main),
}


async def _run(name: str, words: Sequence[str]) -> None:
    await BENCHES[name](words)


def main() -> int:
    """Run the bench that is named."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in BENCHES:
        print(f"usage: python -m tests.bench {{{','.join(BENCHES)}}} [runs or options]", file=sys.stderr)
        return 2
    asyncio.run(_run(name, sys.argv[2:]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
