"""Two cores of this machine, and what its processes take of them: the server has one, everything else the other."""

from __future__ import annotations

import os
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

OPEN_FILES = 16_384
TICK = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cores:
    """Their numbers."""

    server: int
    others: int


@dataclass(frozen=True)
class Moment:
    """Seconds so far: the clock's, the server's on a processor, and those in which each core was busy."""

    clock: float
    server: float
    server_core: float
    other_core: float


@dataclass(frozen=True)
class Use:
    """Of one stretch of time. `strangers` is the share of the server's core that somebody else took."""

    seconds: float
    processor: float
    other_core: float
    strangers: float


def settle_down() -> Cores:
    """Keep this process, and what it starts, to one core, and let each of them open many files.

    Ends the program with a sentence where the machine cannot.
    """
    if sys.platform != "linux":
        raise SystemExit("The live bench needs Linux: it pins processes to cores and counts with epoll.")
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        raise SystemExit("The live bench needs two cores: one for the server, one for what loads it.")
    os.sched_setaffinity(0, {allowed[1]})
    _allow_open_files()
    return Cores(server=allowed[0], others=allowed[1])


def _allow_open_files() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < OPEN_FILES:
        raise SystemExit(f"The live bench needs {OPEN_FILES} open files a process; `ulimit -Hn` allows {most}.")
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, most))


def pin(pid: int, core: int) -> None:
    """Keep a process that has just begun to that core; threads that it starts stay there, too."""
    os.sched_setaffinity(pid, {core})


def look(clock: float, cores: Cores, pids: tuple[int, ...]) -> Moment:
    """Now, for a server of these processes."""
    return Moment(clock, sum(map(_processor, pids)), _busy(cores.server), _busy(cores.others))


def used(before: Moment, after: Moment) -> Use:
    """What was taken between two moments."""
    seconds, server = after.clock - before.clock, after.server - before.server
    strangers = after.server_core - before.server_core - server
    return Use(seconds, server, (after.other_core - before.other_core) / seconds, max(0.0, strangers / seconds))


def proportional_set(pids: tuple[int, ...]) -> int:
    """Their own memory and their part of what they share, in bytes."""
    return sum(_proportional_set(pid) for pid in pids)


def open_files(pid: int) -> int:
    """How many it has open, sockets too."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def _proportional_set(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _processor(pid: int) -> float:
    """Exact to the nanosecond, where `stat` counts ticks."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


def _busy(core: int) -> float:
    lines = Path("/proc/stat").read_text().splitlines()
    fields = next(line.split() for line in lines if line.startswith(f"cpu{core} "))
    user, nice, system, _, _, irq, softirq, *_ = map(int, fields[1:])
    return (user + nice + system + irq + softirq) * TICK
