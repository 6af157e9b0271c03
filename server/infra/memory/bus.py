"""News within this process."""

from __future__ import annotations

from collections.abc import AsyncIterator

from server.core.ports import News, Unavailable
from server.infra.backlog import Backlog


class MemoryBus:
    """The port `Bus`. `cut()` and `mend()` take it away and bring it back, as a Redis that restarts."""

    def __init__(self) -> None:
        self._listeners: set[MemorySubscription] = set()
        self.away = False

    async def publish(self, channel: str, message: bytes) -> None:
        """Tell whoever listens now. Raises `Unavailable` while it is cut."""
        if self.away:
            raise Unavailable("the bus is cut")
        for listener in self._listeners:
            listener.hear(channel, message)

    def subscribe(self) -> MemorySubscription:
        """A subscription to no channel yet."""
        listener = MemorySubscription(self)
        self._listeners.add(listener)
        return listener

    def forget(self, listener: MemorySubscription) -> None:
        """Tell this subscription nothing more."""
        self._listeners.discard(listener)

    def cut(self) -> None:
        """Refuse everything from now on."""
        self.away = True

    def mend(self) -> None:
        """Work again; every subscription is told that it may have missed something."""
        self.away = False
        for listener in self._listeners:
            listener.miss()

    async def aclose(self) -> None:
        """Nothing to close."""


class MemorySubscription:
    """The port `Subscription`."""

    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus
        self._channels: set[str] = set()
        self._backlog = Backlog()

    async def add(self, channel: str) -> None:
        """Listen to a channel. Raises `Unavailable` while the bus is cut; it is listened to once that is mended."""
        self._channels.add(channel)
        if self._bus.away:
            raise Unavailable("the bus is cut")

    async def remove(self, channel: str) -> None:
        """Stop listening; harmless twice."""
        self._channels.discard(channel)

    def messages(self) -> AsyncIterator[News]:
        """Channel and message, each alone, until `aclose`; None where news may have been missed."""
        return self._backlog.read()

    def hear(self, channel: str, message: bytes) -> None:
        """Take a message if it is wanted."""
        if channel in self._channels:
            self._backlog.push([(channel, message)])

    def miss(self) -> None:
        """Take note of a gap."""
        self._backlog.gap()

    async def aclose(self) -> None:
        """End the subscription, and its messages."""
        self._bus.forget(self)
        self._backlog.close()
