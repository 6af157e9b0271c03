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
from server.live.together import Together
from server.live.write_frames import goodbye_text
from server.usecases.check_viewers import Standing, check_viewers

TOGETHER = 500
"""Viewers looked up in one query."""

_DISMISSALS = {
    Standing.SIGNED_OUT: (CloseCode.NOT_SIGNED_IN, "signed out"),
    Standing.NOT_A_MEMBER: (CloseCode.NO_SUCH_WORKSPACE, "no such workspace"),
}


class Doorman:
    """One for a process."""

    def __init__(self, database: Database) -> None:
        self._standings: Together[Viewer, Standing] = Together(
            lambda viewers: check_viewers(database, viewers), TOGETHER
        )

    async def standing(self, viewer: Viewer) -> Standing:
        """The viewer's standing at a moment after this call began. Raises `Unavailable`."""
        return await self._standings.answer(viewer)

    async def recheck(self, sockets: Iterable[Socket], distrust: bool = False) -> None:
        """Look at everybody again. Those who are distrusted, and therefore in doubt, go where the database is away."""
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
                if distrust:
                    for socket in of_viewer[viewer]:
                        socket.trust()


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
