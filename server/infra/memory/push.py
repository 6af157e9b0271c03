"""Push services in memory, for tests to look at and to let answer as they wish."""

from __future__ import annotations

from server.core.ports import Delivery, Envelope, Outcome


class MemoryPush:
    """The port `Push`. `sent` is what arrived in order; `answers` are given one after the other, then all is well."""

    def __init__(self, *answers: Delivery) -> None:
        self.sent: list[Envelope] = []
        self.answers = list(answers)

    async def send(self, envelope: Envelope) -> Delivery:
        """Take it, or answer otherwise."""
        delivery = self.answers.pop(0) if self.answers else Delivery(Outcome.SENT)
        if delivery.outcome is Outcome.SENT:
            self.sent.append(envelope)
        return delivery
