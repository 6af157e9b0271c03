"""The book: every task, every charge, every picture. Plain state, moved only by its own methods; it never waits.

All of it is bounded: the oldest finished tasks, pictures and charges are forgotten first.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from uuid import uuid4

from .choices import Choice
from .endings import GENERATING, Ending, ending_of
from .envelope import Refused
from .models import USD_PER_CREDIT
from .painting.commission import Form
from .settings import START_BALANCE, Settings
from .timing import fate, seconds
from .validation import Submission

MOST_TASKS = 5_000
MOST_CHARGES = 50_000
MOST_PROMPTS = 50_000
MOST_PICTURE_BYTES = 256 * 1024 * 1024
SLOW_TIMES = 5.0

Clock = Callable[[], float]


@dataclass
class CallbackTry:
    """One POST to the callback URL: when (epoch seconds), which delivery and try, and what came of it."""

    at: float
    delivery: int
    attempt: int
    status: int | None = None
    error: str | None = None


@dataclass
class Task:
    """One accepted submit. Times are epoch seconds; `planned` is None for a task that never ends by itself."""

    task_id: str
    submission: Submission
    choice: Choice
    prompt: str
    seed: str
    created_at: float
    ending: Ending | None
    planned: float | None
    shape: str
    message_named: str
    origin: str
    flag: int = GENERATING
    error_code: int | None = None
    error_message: str | None = None
    done_at: float | None = None
    form: Form = "jpg"
    picture_name: str | None = None
    result_url: str | None = None
    polls: int = 0
    downloads: int = 0
    callbacks: list[CallbackTry] = field(default_factory=list)
    callbacks_over: bool = False

    @property
    def done(self) -> bool:
        """Whether it has ended, well or not."""
        return self.done_at is not None


@dataclass(frozen=True)
class Charge:
    """Money taken for one task; `at` is epoch seconds."""

    task: Task
    amount_usd: float
    at: float


class Book:
    """Tasks by id, pictures by name, charges in order, and how often each thing was asked for."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.tasks: OrderedDict[str, Task] = OrderedDict()
        self.charges: deque[Charge] = deque(maxlen=MOST_CHARGES)
        self.total_usd = 0.0
        self.charged = 0
        self.credits = START_BALANCE
        self._pictures: OrderedDict[str, tuple[Task, bytes]] = OrderedDict()
        self._picture_bytes = 0
        self._asked: Counter[str] = Counter()

    def now(self) -> float:
        """The clock, in epoch seconds."""
        return self._clock()

    def times_asked(self, what: str) -> int:
        """How often this very thing has been asked for, this time included."""
        if len(self._asked) >= MOST_PROMPTS and what not in self._asked:
            self._asked.clear()
        self._asked[what] += 1
        return self._asked[what]

    def accept(self, submission: Submission, choice: Choice, prompt: str, settings: Settings, origin: str) -> Task:
        """A new task, charged; raises Refused 402 when the credits do not suffice.

        `prompt` is the prompt without tags, `origin` the address results are served at. What is left to chance follows
        from the seed, the model, the prompt and how often it was accepted before, so that it can be repeated.
        """
        price = round(submission.amount_usd / USD_PER_CREDIT)
        if price > self.credits:
            raise Refused(402, "The current credits are insufficient. Please top up.")
        turn = self.times_asked(f"task {submission.model.name} {submission.prompt}")
        seed = f"{settings.seed}/{submission.model.name}/{turn}/{submission.prompt}"
        rng = Random(seed)
        fated = fate(settings.rates, rng) if not choice else "success"
        lasts = _planned(submission, choice, settings, rng)
        ending = ending_of(choice, fated)
        task = Task(
            task_id=uuid4().hex,
            submission=submission,
            choice=choice,
            prompt=prompt,
            seed=seed,
            created_at=self.now(),
            ending=ending,
            planned=lasts if ending is not None else None,
            shape=_shape(submission, choice, rng),
            message_named=_message_named(submission, rng),
            origin=origin,
            form=_form(submission, choice),
        )
        self._charge(task, price)
        self._keep(task)
        return task

    def finish(self, task: Task, ending: Ending, picture: bytes | None) -> None:
        """The task ends; with a picture its result is served from this moment on."""
        task.flag, task.error_code, task.error_message = ending.flag, ending.code, ending.message
        task.done_at = self.now()
        if picture is not None:
            name = f"{uuid4().hex}.{_extension(task)}"
            self._pictures[name] = (task, picture)
            self._picture_bytes += len(picture)
            task.picture_name = name
            task.result_url = task.choice.text("result-url") or f"{task.origin}/results/{name}"
        while self._picture_bytes > MOST_PICTURE_BYTES and len(self._pictures) > 1:
            self._picture_bytes -= len(self._pictures.popitem(last=False)[1][1])

    def picture(self, name: str) -> tuple[Task, bytes] | None:
        """The task and the bytes behind a result's name; None if there never was one or it was forgotten."""
        return self._pictures.get(name)

    def _charge(self, task: Task, price: int) -> None:
        self.credits -= price
        self.charged += 1
        self.total_usd = round(self.total_usd + task.submission.amount_usd, 4)
        self.charges.append(Charge(task, task.submission.amount_usd, task.created_at))

    def _keep(self, task: Task) -> None:
        if len(self.tasks) >= MOST_TASKS:
            oldest = next((key for key, old in self.tasks.items() if old.done), next(iter(self.tasks)))
            del self.tasks[oldest]
        self.tasks[task.task_id] = task


def _planned(submission: Submission, choice: Choice, settings: Settings, rng: Random) -> float:
    lasts = seconds(submission.model, submission.resolution, rng) / settings.speed
    if settings.duration is not None:
        lasts = settings.duration
    if "slow" in choice:
        lasts *= choice.number("slow") or SLOW_TIMES
    if "callback-first" in choice:
        lasts = 0.0
    exact = choice.number("duration")
    return lasts if exact is None else exact


def _shape(submission: Submission, choice: Choice, rng: Random) -> str:
    undocumented = rng.choice(("a", "b"))
    if "shape-a" in choice or "shape-b" in choice:
        return "a" if "shape-a" in choice else "b"
    return {"generate": "a", "generate-2": "b"}.get(submission.model.path, undocumented)


def _message_named(submission: Submission, rng: Random) -> str:
    sometimes = rng.choice(("msg", "message"))
    return {"generate": "msg", "generate-pro": "message"}.get(submission.model.path, sometimes)


def _form(submission: Submission, choice: Choice) -> Form:
    forms: tuple[Form, ...] = ("png", "jpg", "webp")
    return next((form for form in forms if f"result-{form}" in choice), submission.form)


def _extension(task: Task) -> str:
    if "result-wrong-extension" in task.choice:
        return "jpg" if task.form == "png" else "png"
    return task.form
