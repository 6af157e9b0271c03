"""How often the provider is asked and how late a picture is found, rule by rule: no process, no clock, no waiting.

Times are drawn as the simulator draws them; the new rule is `advance` itself, fed with the facts that a worker would
learn. An arrival takes no time here: what the road adds, `tests.bench path` measures.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from random import Random
from statistics import fmean
from uuid import UUID

from jobs.nanobanana.simulator.models import MODELS
from jobs.nanobanana.simulator.timing import FailureRates
from jobs.nanobanana.simulator.timing import seconds as draw_seconds
from server.core import facts as f
from server.core.backoff import Rng, exponential
from server.core.catalog import Terms
from server.core.image import Estimate, Image, Kind, Options, Status
from server.core.lifecycle import advance
from server.core.limits import Policy, seconds
from server.core.poll_times import RECENT, Past, guess_duration, learn
from tests.bench import poll_frontier

SEED = 20310506
POLICY = Policy()
DEADLINE = POLICY.processing_deadline
START = datetime(2031, 5, 6, tzinfo=UTC)
SIZES = tuple((model, resolution) for model in MODELS for resolution in model.times)
# Four pictures are asked for together, and the next four after this many seconds.
TOGETHER, APART = 4, 45.0
CALLBACK_TAKES, CALLBACKS_LOST = 0.1, 0.01
ENDLESS_EVERY = round(1 / FailureRates().never)


@dataclass(frozen=True)
class Task:
    """What the provider does with one picture: after how many seconds it is done and calls back (None: never)."""

    model: str
    resolution: str
    begins: float
    takes: float | None
    calls_at: float | None = None


@dataclass(frozen=True)
class Found:
    """What became of it: how often it was asked for, and after how many seconds it was found done (None: never)."""

    task: Task
    requests: int
    after: float | None

    @property
    def delay(self) -> float:
        """Seconds it lay there unseen."""
        assert self.after is not None and self.task.takes is not None
        return self.after - self.task.takes

    @property
    def share(self) -> float:
        """The delay as a share of the generation's time."""
        assert self.task.takes is not None
        return self.delay / self.task.takes


Watch = Callable[[Task], Found]


def tasks(count: int, rng: Random, pace: Callable[[int], float] = lambda number: 1.0) -> Iterator[list[Task]]:
    """`count` tasks of each model and size, each in the order of their beginnings."""
    for model, resolution in SIZES:
        made = []
        for number in range(count):
            takes = draw_seconds(model, resolution, rng) / pace(number)
            # Exactly as many as by chance, for one that never ends costs as much as ten others.
            ends = number % ENDLESS_EVERY != ENDLESS_EVERY // 2
            calls = takes + CALLBACK_TAKES if ends and rng.random() >= CALLBACKS_LOST else None
            begins = number // TOGETHER * APART
            made.append(Task(model.name, resolution, begins, takes if ends else None, calls))
        yield made


# The rules that are compared


def looking_at(task: Task, waits: Iterator[float]) -> Found:
    """Ask after each wait until the task is done or the deadline passes."""
    after, requests = 0.0, 0
    for wait in waits:
        after += wait
        if after >= DEADLINE:
            break
        requests += 1
        if task.takes is not None and task.takes <= after:
            return Found(task, requests, after)
    return Found(task, requests, None)


def fixed(interval: float) -> Iterator[float]:
    """Every so many seconds, as the old system's page did."""
    while True:
        yield interval


def doubling(rng: Rng) -> Iterator[float]:
    """From a second to a minute."""
    for tries in range(1_000):
        yield exponential(tries, 1.0, 60.0, rng)


def previous(task: Task, rng: Rng) -> Iterator[float]:
    """The rule that this one replaced, with the true median: half of it, then a tenth of it and growing."""
    p50 = Terms().expected(task.model, task.resolution).p50
    yield max(0.2, p50 * 0.5 * (0.9 + 0.2 * rng()))
    for polls in range(1_000):
        yield min(60.0, min(max(0.2, p50 * 0.1), 3.0) * 1.35 ** min(polls, 40)) * (0.75 + 0.5 * rng())


@dataclass
class Learning:
    """The product: its estimate at the request, its machine for every answer, and what it learns at the end."""

    rng: Rng
    callbacks: bool
    terms: Terms = field(default_factory=Terms)
    learns: bool = True
    _known: dict[tuple[str, str], deque[tuple[float, float, bool]]] = field(default_factory=dict)

    def __call__(self, task: Task) -> Found:
        """Watch one task; tasks come in the order of their beginnings."""
        calls_at = task.calls_at if self.callbacks else None
        image = self._accepted(task)
        requests = 0
        while True:
            assert image.wake_at is not None
            called = calls_at is not None and START + seconds(calls_at) <= image.wake_at
            now = START + seconds(calls_at) if called and calls_at is not None else image.wake_at
            if called:
                calls_at = None
            after = (now - START).total_seconds()
            if image.deadline_at is not None and now >= image.deadline_at:
                return Found(task, requests, None)
            requests += 1
            if task.takes is not None and task.takes <= after + 1e-6:
                self._learn(task, image, after, called)
                return Found(task, requests, after)
            image = advance(image, f.Generating(1, "task"), now, self.rng, POLICY).image

    def _accepted(self, task: Task) -> Image:
        image = Image(
            id=UUID(int=1),
            workspace=UUID(int=2),
            project=UUID(int=3),
            kind=Kind.GENERATION,
            status=Status.SUBMITTING,
            version=1,
            created_at=START,
            phase_started_at=START,
            model=task.model,
            options=Options(resolution=task.resolution),
            attempt=1,
            estimate=self.estimate(task),
        )
        return advance(image, f.Accepted(1, "task"), START, self.rng, POLICY).image

    def estimate(self, task: Task) -> Estimate:
        """What is expected when the task begins: from those that were found by then."""
        known = self._known.get((task.model, task.resolution), ())
        recent = sorted((one for one in known if one[0] <= task.begins), reverse=True)[:RECENT]
        times = [took for _, took, _ in recent] or [1.0]
        silent = sum(not called for _, _, called in recent)
        past = Past(len(recent), quantile(times, 0.5), quantile(times, 0.9), silent)
        return learn(self.terms.expected(task.model, task.resolution), past, self.callbacks)

    def _learn(self, task: Task, image: Image, after: float, called: bool) -> None:
        if not self.learns:
            return
        took = after if called else guess_duration(image.estimate, after, POLICY.poll_cap)
        known = self._known.setdefault((task.model, task.resolution), deque(maxlen=RECENT + 40))
        known.append((task.begins + after, took, called))


# What is printed


def quantile(values: Sequence[float], share: float) -> float:
    """As PostgreSQL's percentile_cont has it."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


@dataclass(frozen=True)
class Figures:
    """Of many pictures: requests an image, delays in seconds and as shares of the generation's time."""

    requests: float
    seconds: tuple[float, float]
    median: float
    mean: float
    p95: float
    endless: float

    @classmethod
    def of(cls, found: Sequence[Found]) -> Figures:
        """Over those that were found; what never ends only costs requests."""
        ended = [one for one in found if one.after is not None]
        delays, shares = [one.delay for one in ended], [one.share for one in ended]
        endless = [one.requests for one in found if one.task.takes is None]
        return cls(
            requests=fmean(one.requests for one in found),
            seconds=(quantile(delays, 0.5), quantile(delays, 0.95)),
            median=quantile(shares, 0.5),
            mean=fmean(shares),
            p95=quantile(shares, 0.95),
            endless=fmean(endless) if endless else 0.0,
        )


async def main(runs: int) -> None:
    """Print what is possible, what each rule does with `runs` x 30 pictures of each size, and how it learns."""
    print(f"seed {SEED}; {len(SIZES)} models and sizes, each equally often\n")
    print_frontier()
    print_rules(list(tasks(runs * 30, Random(SEED))))
    print_drift(runs)


def print_frontier() -> None:
    """The fewest requests there can be without callbacks, all times known."""
    print("| half of all within | fewest requests an image |\n| --- | --- |")
    for delay in (0.05, 0.075, 0.1, 0.125):
        print(f"| {delay:.1%} | {poll_frontier.bound(delay):.2f} |")
    print("\n| best schedules for 5% | requests an image | median | mean | p95 |\n| --- | --- | --- | --- | --- |")
    for price in (0.0, 16.0, 32.0, 64.0):
        best = poll_frontier.optimum(0.05, price)
        name = f"1 % of mean delay is worth {price / 100:g} requests" if price else "nothing but the median counts"
        print(f"| {name} | {best.requests:.2f} | {best.median:.1%} | {best.mean:.1%} | {best.p95:.0%} |")


def print_rules(drawn: Sequence[list[Task]]) -> None:
    """Every rule on the same pictures."""
    flat = [task for of_one_size in drawn for task in of_one_size]
    dice = Random(SEED).random
    mute = [replace(task, calls_at=None) for task in flat]
    called_back = [*map(Learning(dice, callbacks=True), flat)]
    rules: dict[str, list[Found]] = {
        "every 5 s (the old system)": [looking_at(task, fixed(5.0)) for task in flat],
        "every 2 s": [looking_at(task, fixed(2.0)) for task in flat],
        "doubling from 1 s to 60 s": [looking_at(task, doubling(dice)) for task in flat],
        "the rule before, true medians": [looking_at(task, previous(task, dice)) for task in flat],
        "this rule, nothing learned": [*map(Learning(dice, callbacks=False, learns=False), flat)],
        "this rule": [*map(Learning(dice, callbacks=False), flat)],
        "this rule, with callbacks": called_back,
        "of these, the callback got lost": [one for one in called_back if one.task.takes and not one.task.calls_at],
        "this rule, callbacks never come": [*map(Learning(dice, callbacks=True), mute)],
    }
    old = Figures.of(rules["every 5 s (the old system)"]).requests
    print("\n| rule | requests an image | of the old | median s | p95 s | median | mean | p95 | of an endless one |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, found in rules.items():
        is_ = Figures.of(found)
        half, most = is_.seconds
        print(
            f"| {name} | {is_.requests:.2f} | {is_.requests / old:.0%} | {half:.2f} | {most:.1f} "
            f"| {is_.median:.1%} | {is_.mean:.1%} | {is_.p95:.0%} | {is_.endless:.0f} |"
        )


def print_drift(runs: int) -> None:
    """From one picture to the next the provider is twice as slow, or twice as fast."""
    edges = (0, 20, 40, 60, 100, 200)
    windows = [(100, 200), *((200 + a, 200 + b) for a, b in pairwise(edges))]
    heads = ["the 100 before", *(f"{a + 1} to {b} after" for a, b in pairwise(edges))]
    print(f"\n| requests an image, median delay | {' | '.join(heads)} |\n| --- |{' --- |' * len(heads)}")
    for name, pace in (("twice as slow", 0.5), ("twice as fast", 2.0)):
        found = [
            [*map(Learning(Random(SEED).random, callbacks=False), of_one_size)]
            for run in range(max(1, runs // 5))
            for of_one_size in tasks(400, Random(SEED + run), lambda number, pace=pace: 1.0 if number < 200 else pace)
        ]
        cells = [Figures.of([one for size in found for one in size[a:b]]) for a, b in windows]
        print(f"| {name} | " + " | ".join(f"{is_.requests:.1f}, {is_.median:.1%}" for is_ in cells) + " |")
