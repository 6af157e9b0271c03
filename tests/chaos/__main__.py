"""`python -m tests.chaos`: so many faults, and a table of what came of them."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
import time
from pathlib import Path
from random import SystemRandom
from typing import Any

from tests.chaos.endure import endure
from tests.chaos.house import open_house
from tests.chaos.kinds import KINDS
from tests.chaos.prove import prove
from tests.chaos.recovery import WORST
from tests.chaos.run import Outcome, run
from tests.chaos.schedule import schedule
from tests.chaos.table import as_text, summary
from tests.chaos.times import Times

SHORT = (
    "kill-before-intent",
    "kill-after-post",
    "kill-before-final-commit",
    "kill-before-publish",
    "redis-killed",
    "postgres-restarted",
)


def main() -> int:
    """Returns 0 where every promise held in time, 1 where one did not."""
    options = _options()
    if options.mutations:
        return asyncio.run(prove(options.kinds, Times(options.factor)))
    if options.list:
        for kind in KINDS.values():
            print(f"{kind.name:32} {kind.faults:8} {kind.sentence}")
        return 0
    if options.without_redis:
        return asyncio.run(_without_redis(options))
    return asyncio.run(_run(options))


async def _without_redis(options: argparse.Namespace) -> int:
    print(f"seed {options.seed}: {options.without_redis:g} minutes without Redis", flush=True)
    async with open_house(Times(options.factor)) as house:
        endured = await endure(house, options.seed, options.without_redis)
        if options.log:
            shutil.copy(house.atelier.log, options.log)
    print(endured, flush=True)
    for complaint in endured.complaints:
        print(f"       {complaint.harm.upper()}: {complaint.sentence}", flush=True)
    return 1 if endured.complaints else 0


async def _run(options: argparse.Namespace) -> int:
    turns = schedule(options.seed, options.faults, options.kinds)
    print(f"seed {options.seed}: {len(turns)} faults of {len(set(options.kinds))} kinds", flush=True)
    began = time.monotonic()
    async with open_house(Times(options.factor)) as house:
        outcomes = await run(house, turns, options.seed, _tell)
        if options.log:
            shutil.copy(house.atelier.log, options.log)
    rows = summary(outcomes)
    print(f"\n{as_text(rows)}\n\n{time.monotonic() - began:.0f} s in all, seed {options.seed}", flush=True)
    if options.json:
        options.json.write_text(json.dumps({"seed": options.seed, "factor": options.factor, "kinds": rows}, indent=2))
    return 0 if all(outcome.clean for outcome in outcomes) else 1


def _tell(outcome: Outcome) -> None:
    words = [f"{outcome.number:4} {outcome.kind:28} {outcome.seconds:5.1f} s"]
    if outcome.recovery is not None:
        words.append(f"recovered in {outcome.recovery:.1f} s" + (", TOO SLOW" if outcome.recovery >= WORST else ""))
    words += [word for word in (outcome.missed and f"MISSED: {outcome.missed}", outcome.note) if word]
    print("  ".join(words), flush=True)
    for complaint in outcome.complaints:
        print(f"       {complaint.harm.upper()}: {complaint.sentence}", flush=True)


def _options() -> Any:
    parser = argparse.ArgumentParser(prog="tests.chaos", description=__doc__)
    parser.add_argument("--faults", type=int, default=int(os.environ.get("FAULTS") or 60))
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SEED") or SystemRandom().randrange(10**6)))
    parser.add_argument("--kinds", type=_kinds, default=list(KINDS), help="comma-separated; --list names them")
    parser.add_argument("--short", action="store_const", dest="kinds", const=list(SHORT), help="the few of `make test`")
    parser.add_argument("--factor", type=float, default=0.2, help="what every wait of the product is multiplied by")
    parser.add_argument("--json", type=Path, help="write the table there, too")
    parser.add_argument("--log", type=Path, help="keep what the processes said")
    parser.add_argument("--mutations", action="store_true", help="show that each kind finds the bug that is its own")
    parser.add_argument("--without-redis", type=float, metavar="MINUTES", help="take Redis away for so long, once")
    parser.add_argument("--list", action="store_true", help="only name the kinds")
    options = parser.parse_args()
    if options.kinds == list(SHORT) and "FAULTS" not in os.environ:
        options.faults = len(SHORT)
    return options


def _kinds(text: str) -> list[str]:
    names = text.split(",")
    unknown = [name for name in names if name not in KINDS]
    if unknown:
        raise argparse.ArgumentTypeError(f"no such kind: {', '.join(unknown)}")
    return names


if __name__ == "__main__":
    sys.exit(main())
