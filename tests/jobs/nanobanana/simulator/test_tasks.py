"""The book of tasks and charges, on a clock of the test's."""

from __future__ import annotations

import pytest

from jobs.nanobanana.simulator import tasks
from jobs.nanobanana.simulator.choices import Choice, chosen
from jobs.nanobanana.simulator.endings import ENDINGS
from jobs.nanobanana.simulator.envelope import Refused
from jobs.nanobanana.simulator.models import NANO_BANANA_2, NANO_BANANA_PRO
from jobs.nanobanana.simulator.settings import Settings, changed
from jobs.nanobanana.simulator.tasks import Book, Task
from jobs.nanobanana.simulator.timing import FailureRates
from jobs.nanobanana.simulator.validation import Submission


def accepted(book: Book, prompt: str = "a cat", choice: Choice | None = None, settings: Settings | None = None) -> Task:
    submission = Submission(model=NANO_BANANA_2, prompt=prompt, raw="{}")
    return book.accept(submission, choice or Choice(), prompt, settings or Settings(), "http://here")


@pytest.fixture
def book() -> Book:
    return Book(lambda: 1000.0)


def test_accepting_charges_once_and_takes_credits(book: Book) -> None:
    before = book.credits
    task = accepted(book)
    assert [(charge.task, charge.amount_usd, charge.at) for charge in book.charges] == [(task, 0.04, 1000.0)]
    assert (before - book.credits, book.total_usd, book.charged) == (8, 0.04, 1)


def test_without_credits_nothing_is_accepted(book: Book) -> None:
    book.credits = 7
    with pytest.raises(Refused) as refusal:
        accepted(book)
    assert refusal.value.code == 402
    assert (book.credits, len(book.charges), len(book.tasks)) == (7, 0, 0)


def test_chance_is_the_same_for_the_same_seed_prompt_and_turn() -> None:
    def story(seed: int) -> list[object]:
        book, settings = Book(lambda: 0.0), Settings(seed=seed, rates=FailureRates(0.3, 0.3, 0.3))
        return [
            (task.planned, task.ending, task.seed)
            for task in (accepted(book, f"p{n % 5}", None, settings) for n in range(40))
        ]

    assert story(1) == story(1)
    assert story(1) != story(2)


def test_task_ids_are_never_the_same_again() -> None:
    assert len({accepted(Book(lambda: 0.0)).task_id for _ in range(50)}) == 50


def test_what_is_chosen_leaves_nothing_to_chance(book: Book) -> None:
    doomed = changed(Settings(), {"failure_rates": {"never": 0, "flag_3": 1, "flag_2": 0}}, now=0)
    assert accepted(book, settings=doomed).ending == ENDINGS["flag-3"]
    assert accepted(book, choice=chosen(["ok"]), settings=doomed).ending == ENDINGS["success"]


def test_durations(book: Book) -> None:
    fixed = Settings(duration=3)
    assert accepted(book, settings=fixed).planned == 3
    assert accepted(book, choice=chosen(["slow"]), settings=fixed).planned == 15
    assert accepted(book, choice=chosen(["slow:2"]), settings=fixed).planned == 6
    assert accepted(book, choice=chosen(["duration:0.5", "slow"]), settings=fixed).planned == 0.5
    assert accepted(book, choice=chosen(["never"]), settings=fixed).planned is None


def test_the_speed_divides_the_time() -> None:
    slow, fast = (accepted(Book(lambda: 0.0), settings=Settings(speed=speed)).planned for speed in (1, 100))
    assert slow is not None and fast == pytest.approx(slow / 100)


def test_shapes_and_message_names_by_endpoint(book: Book) -> None:
    pro = [
        book.accept(Submission(model=NANO_BANANA_PRO, prompt=f"{n}", raw="{}"), Choice(), f"{n}", Settings(), "")
        for n in range(30)
    ]
    second = [accepted(book, f"{n}") for n in range(30)]
    assert {task.shape for task in pro} == {"a", "b"} and {task.message_named for task in pro} == {"message"}
    assert {task.shape for task in second} == {"b"} and {task.message_named for task in second} == {"msg", "message"}


def test_the_oldest_picture_goes_when_there_are_too_many(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "MOST_PICTURE_BYTES", 25)
    kept = [accepted(book) for _ in range(4)]
    for task in kept:
        book.finish(task, ENDINGS["success"], b"0123456789")
    assert [book.picture(task.picture_name or "") is not None for task in kept] == [False, False, True, True]


def test_the_oldest_finished_task_goes_when_there_are_too_many(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "MOST_TASKS", 3)
    waiting, done = accepted(book), accepted(book)
    book.finish(done, ENDINGS["success"], None)
    accepted(book)
    accepted(book)
    assert waiting.task_id in book.tasks and done.task_id not in book.tasks and len(book.tasks) == 3
    assert book.charged == 4
