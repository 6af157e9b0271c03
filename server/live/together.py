"""Questions to the database that come at once are asked at once: a storm of tabs costs a handful of queries."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

Question = TypeVar("Question", bound=Hashable)
Answer = TypeVar("Answer")


APART = 0.05
"""Seconds between the beginnings of two rounds, where the second would not be a full one."""


class Together(Generic[Question, Answer]):
    """`ask` answers several questions in order; it gets `most` at a time.

    Who asks while a round is under way is answered by the next one: an answer is never older than its question. The
    first to ask waits for nobody, those who follow for each other, so that many cost few rounds.
    """

    def __init__(self, ask: Callable[[Sequence[Question]], Awaitable[Sequence[Answer]]], most: int) -> None:
        self._ask = ask
        self._most = most
        self._waiting: dict[Question, list[asyncio.Future[Answer]]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def answer(self, question: Question) -> Answer:
        """What is true at a moment after this call began. Raises what `ask` raises."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(question, []).append(answer)
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask_all())
        return await answer

    async def _ask_all(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            begun = loop.time()
            questions = list(self._waiting)[: self._most]
            waiting = [self._waiting.pop(question) for question in questions]
            try:
                answers = await self._ask(questions)
            except Exception as error:
                for each in _patient(waiting):
                    each.set_exception(error)
            else:
                for askers, answer in zip(waiting, answers, strict=True):
                    for each in _patient([askers]):
                        each.set_result(answer)
            if 0 < len(self._waiting) < self._most:
                await asyncio.sleep(begun + APART - loop.time())


def _patient(waiting: Iterable[Sequence[asyncio.Future[Answer]]]) -> Iterator[asyncio.Future[Answer]]:
    """Those who have not given up."""
    return (asker for askers in waiting for asker in askers if not asker.done())
