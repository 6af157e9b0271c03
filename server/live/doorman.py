"""Who may sit in a room, and who has to go: viewers are looked up many at once, when they come and ever again."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable

from server.core.account import Viewer
from server.core.ports import Database
from server.live.close_codes import CloseCode
from server.live.news import alone
from server.live.socket import Socket
from server.live.write_frames import goodbye_text
from server.usecases.check_viewers import Standing, check_viewers

TOGETHER = 100
"""Viewers looked up in one transaction."""

_DISMISSALS = {
    Standing.SIGNED_OUT: (CloseCode.NOT_SIGNED_IN, "signed out"),
    Standing.NOT_A_MEMBER: (CloseCode.NO_SUCH_WORKSPACE, "no such workspace"),
}


class Doorman:
    """One for a process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[Viewer, asyncio.Future[Standing]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def standing(self, viewer: Viewer) -> Standing:
        """The viewer's standing at a moment after this call began. Raises `Unavailable`.

        Those who ask while a query runs are answered together by the next one.
        """
        answer = self._waiting.get(viewer)
        if answer is None:
            answer = self._waiting[viewer] = asyncio.get_running_loop().create_future()
            # Whoever gave up waiting does not read the error.
            answer.add_done_callback(lambda done: done.cancelled() or done.exception())
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask_all())
        return await asyncio.shield(answer)

    async def recheck(self, sockets: Iterable[Socket], distrust: bool = False) -> None:
        """Look at everybody again. Where the database is away, only those who are distrusted have to go."""
        of_viewer: defaultdict[Viewer, list[Socket]] = defaultdict(list)
        for socket in sockets:
            of_viewer[socket.viewer].append(socket)
        viewers = list(of_viewer)
        for start in range(0, len(viewers), TOGETHER):
            some = viewers[start : start + TOGETHER]
            answers = await asyncio.gather(*map(self.standing, some), return_exceptions=True)
            for viewer, answer in zip(some, answers, strict=True):
                if isinstance(answer, Standing):
                    dismiss(of_viewer[viewer], answer)
                elif distrust:
                    send_away(of_viewer[viewer], "the session could not be checked")

    async def _ask_all(self) -> None:
        while self._waiting:
            viewers = list(self._waiting)[:TOGETHER]
            answers = [self._waiting.pop(viewer) for viewer in viewers]
            try:
                standings = await check_viewers(self._database, viewers)
            except Exception as error:
                for answer in answers:
                    answer.set_exception(error)
            else:
                for answer, standing in zip(answers, standings, strict=True):
                    answer.set_result(standing)


def dismiss(sockets: Iterable[Socket], standing: Standing) -> None:
    """Close the sockets of those who may not look; harmless for those who may."""
    if standing is Standing.GOOD:
        return
    for socket in sockets:
        socket.end(*_DISMISSALS[standing])


def send_away(sockets: Iterable[Socket], reason: str) -> None:
    """Close sockets that cannot be served now; they come back within some seconds."""
    goodbye = alone(goodbye_text(5.0, "unavailable"))
    for socket in sockets:
        socket.end(CloseCode.UNAVAILABLE, reason, goodbye)
