"""What happens to a task between its acceptance and its last callback."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx

from .callbacks import deliver
from .endings import ENDINGS, SUCCESS, UNPAINTED, UNREADABLE, Ending
from .painters import PainterFailed, Painters
from .painting.commission import Commission, UnreadableInput
from .tasks import Book, Task

# A task that never ends is let go of after a day.
FOR_EVER = 86_400.0


class Generation:
    """Runs every task in the background: paints while it waits, ends it, calls back."""

    def __init__(self, book: Book, painters: Painters, client: httpx.AsyncClient, speed: Callable[[], float]) -> None:
        self._book = book
        self._painters = painters
        self._client = client
        self._speed = speed
        self._running: dict[str, asyncio.Task[None]] = {}
        self._releases: dict[str, asyncio.Event] = {}
        self._changed = asyncio.Condition()

    def start(self, task: Task, inputs: tuple[bytes, ...]) -> None:
        """Sets the task going; returns at once."""
        self._releases[task.task_id] = asyncio.Event()
        running = asyncio.create_task(self._run(task, inputs))
        self._running[task.task_id] = running
        running.add_done_callback(lambda _: self._forget(task.task_id))

    def release(self, task_id: str | None) -> int:
        """Ends one waiting task now, or all of them; also those that would never end. Says how many."""
        waiting = [key for key in self._releases if task_id in (None, key) and not self._releases[key].is_set()]
        for key in waiting:
            self._releases[key].set()
        return len(waiting)

    async def until(self, ready: Callable[[], bool], timeout: float) -> bool:
        """Waits until something is so of a task, looking whenever one changes; False when the time is over."""
        try:
            async with asyncio.timeout(timeout), self._changed:
                await self._changed.wait_for(ready)
        except TimeoutError:
            return False
        return True

    async def stop(self) -> None:
        """Drops everything under way."""
        running = list(self._running.values())
        for one in running:
            one.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _run(self, task: Task, inputs: tuple[bytes, ...]) -> None:
        ending, picture = await self._generated(task, inputs)
        self._releases.pop(task.task_id, None)
        self._book.finish(task, ending, picture)
        await self._tell()
        await deliver(task, self._client, self._book.now, self._speed())
        task.callbacks_over = True
        await self._tell()

    async def _generated(self, task: Task, inputs: tuple[bytes, ...]) -> tuple[Ending, bytes | None]:
        ending = task.ending
        painting = None
        if ending is not None and ending.flag == SUCCESS:
            # Painted while the clock runs: when the task is done, the picture is there to be fetched.
            painting = asyncio.create_task(self._painters.paint(_commission(task, inputs)))
        await self._wait(task)
        if ending is None:
            ending = task.ending = ENDINGS["success"]
            painting = asyncio.create_task(self._painters.paint(_commission(task, inputs)))
        if painting is None:
            return ending, None
        try:
            return ending, await painting
        except UnreadableInput:
            task.ending = UNREADABLE
        except PainterFailed:
            task.ending = UNPAINTED
        return task.ending, None

    async def _wait(self, task: Task) -> None:
        lasts = FOR_EVER if task.planned is None else task.created_at + task.planned - self._book.now()
        try:
            async with asyncio.timeout(max(0.0, lasts)):
                await self._releases[task.task_id].wait()
        except TimeoutError:
            return

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _forget(self, task_id: str) -> None:
        self._running.pop(task_id, None)
        self._releases.pop(task_id, None)


def _commission(task: Task, inputs: tuple[bytes, ...]) -> Commission:
    asked = task.submission
    return Commission(
        prompt=task.prompt,
        seed=task.seed,
        ratio=asked.ratio,
        resolution=asked.resolution,
        form=task.form,
        inputs=inputs,
        watermark=asked.watermark,
        black="black" in task.choice,
        small="small" in task.choice,
    )
