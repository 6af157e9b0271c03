"""What a client sends on a WebSocket after its handshake, taken apart without and with a parser of the library's.

Hardly anything but a hello and pongs ever comes, so these are read here; for all else a parser is made, and let go
again once the client has finished its message.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from websockets.exceptions import ProtocolError
from websockets.frames import Close, Frame, Opcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol
from websockets.utils import apply_mask

MAX_MESSAGE = 64 * 1024
"""Bytes."""

_TEXT, _CLOSE, _PING, _PONG = 0x81, 0x88, 0x89, 0x8A
_PLAIN = frozenset((_TEXT, _CLOSE, _PING, _PONG))
"""The first bytes of frames that are whole messages, and use no extension."""


class Message(NamedTuple):
    """A whole message; text where it is `str`."""

    data: str | bytes


class Ping(NamedTuple):
    """To be answered with the same bytes."""

    data: bytes


class Scrap(NamedTuple):
    """A pong, or a part of a message: nothing to answer, and something to count."""


class Goodbye(NamedTuple):
    """The client closes, or answers our close."""

    code: int


class Broken(NamedTuple):
    """What came breaks the protocol: to be closed with this code, and nothing that follows can be understood."""

    code: int
    reason: str


Said = Message | Ping | Scrap | Goodbye | Broken


class Burst:
    """A parser for as long as a client speaks."""

    __slots__ = ("_is_text", "_message", "_parser", "_tail")

    def __init__(self) -> None:
        self._parser = ServerProtocol(state=OPEN, max_size=MAX_MESSAGE)
        self._tail = b""
        # Not a list of its fragments: of empty ones there may be any number.
        self._message: bytearray | None = None
        self._is_text = False

    @property
    def over(self) -> bool:
        """Whether the client has said all of what it began to say."""
        return not self._tail and self._message is None

    def feed(self, data: bytes) -> Iterator[Said]:
        """What the client said with these bytes; nothing may be fed after `Broken`."""
        self._tail = unfinished(self._tail + data)
        self._parser.receive_data(data)
        for event in self._parser.events_received():
            assert isinstance(event, Frame)
            yield self._understand(event)
        # Its answers are not wanted: whoever asked for this writes his own.
        self._parser.data_to_send()
        if self._parser.parser_exc is not None:
            sent = self._parser.close_sent
            yield Broken(sent.code, sent.reason) if sent else Broken(1002, "protocol error")

    def _understand(self, frame: Frame) -> Said:
        if frame.opcode is Opcode.PING:
            return Ping(bytes(frame.data))
        if frame.opcode is Opcode.CLOSE:
            return Goodbye(Close.parse(bytes(frame.data)).code)
        if frame.opcode is Opcode.PONG:
            return Scrap()
        if self._message is None:
            self._is_text = frame.opcode is Opcode.TEXT
            self._message = bytearray()
        self._message += frame.data
        return self._whole(self._message) if frame.fin else Scrap()

    def _whole(self, message: bytearray) -> Said:
        self._message = None
        if not self._is_text:
            return Message(bytes(message))
        try:
            return Message(message.decode())
        except UnicodeDecodeError:
            return Broken(1007, "invalid UTF-8")


def take_plain(data: bytes) -> tuple[list[Said], bytes]:
    """The frames that the bytes begin with, as far as they are whole, well made and nothing out of the ordinary.

    The rest comes with them; it is for a parser. Plain are control frames, and short texts in one piece: a hello.
    """
    said: list[Said] = []
    start = 0
    # An index and no slices: of a flood of small frames each would copy all that follows.
    while len(data) - start >= 6 and data[start] in _PLAIN and data[start + 1] >= 0x80:
        length, mask = data[start + 1] - 0x80, start + 2
        if length == 126 and data[start] == _TEXT:
            length, mask = int.from_bytes(data[mask : mask + 2], "big"), mask + 2
            if length < 126:
                break
        elif length >= 126:
            break
        end = mask + 4 + length
        if len(data) < end:
            break
        word = _plain(data[start], apply_mask(data[mask + 4 : end], data[mask : mask + 4]))
        if word is None:
            break
        said.append(word)
        start = end
    return said, data[start:]


def _plain(first: int, payload: bytes) -> Said | None:
    """What a whole frame says; None where that is for a parser to judge."""
    if first == _PONG:
        return Scrap()
    if first == _PING:
        return Ping(payload)
    try:
        return Message(payload.decode()) if first == _TEXT else Goodbye(Close.parse(payload).code)
    except (ProtocolError, UnicodeDecodeError):
        return None


def unfinished(data: bytes) -> bytes:
    """What follows the last whole frame; `data` begins with a frame. Every frame of a client is masked."""
    start = 0
    while len(data) - start >= 2:
        length, end = data[start + 1] & 0x7F, start + 2
        if length >= 126:
            size = 2 if length == 126 else 8
            if len(data) - end < size:
                break
            length, end = int.from_bytes(data[end : end + size], "big"), end + size
        end += 4 + length
        if end > len(data):
            break
        start = end
    return data[start:]
