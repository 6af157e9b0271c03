"""What a client may do to a WebSocket, case by case, in the numbers of the Autobahn TestSuite.

Its server echoes, and ours does not. So where Autobahn waits for an echo, a message here is one that the live protocol
passes over, and the socket must go on living; what is no JSON object is closed by a code of its own, which shows that
the bytes were understood. Twins of a case that differ only in how the bytes are cut are one row here, for every row is
sent whole and in pieces. Left out: 9.7, 9.8 and the like, which measure an echo; 12 and 13, for nothing is compressed
here; and a ping right behind a message that will be refused, which is answered before or behind the close, or not at
all: where an application reads from a queue, as at every door but the sleeping one, that is a race.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import NamedTuple

from websockets.utils import apply_mask

from server.live.client_frames import MAX_MESSAGE
from server.live.close_codes import CloseCode

MASK = b"\x37\xfa\x21\x3d"
FIN, CONT, TEXT, BINARY, CLOSE, PING, PONG = 0x80, 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
PROTOCOL_ERROR, INVALID_TEXT = 1002, 1007
NO_CODE = 1005
FLOOD = b"again and again"
"""However many pongs with this come one after another, they count as one."""


class Pong(NamedTuple):
    """The answer to a ping."""

    data: bytes


class Closed(NamedTuple):
    """The server's last frame; `NO_CODE` where it is empty."""

    code: int


Answer = Pong | Closed


class Case(NamedTuple):
    """`sent` after the hello and its answer, and all that must come back. Without a `Closed` the socket goes on living.

    `stock` is what comes from uvicorn's own protocol, where that is known to be something else, and `why`.
    """

    number: str
    sent: bytes
    answers: Sequence[Answer] = ()
    stock: Sequence[Answer] | None = None
    why: str = ""


def said(head: int, data: bytes = b"") -> bytes:
    """A client's frame; `head` is its first byte as it is."""
    size = len(data)
    if size < 126:
        length = bytes([0x80 | size])
    elif size < 1 << 16:
        length = b"\xfe" + size.to_bytes(2, "big")
    else:
        length = b"\xff" + size.to_bytes(8, "big")
    return bytes([head]) + length + MASK + apply_mask(data, MASK)


def text(data: bytes) -> bytes:
    return said(FIN | TEXT, data)


def ping(data: bytes = b"") -> bytes:
    return said(FIN | PING, data)


def close(code: int = 1000, reason: bytes = b"") -> bytes:
    return said(FIN | CLOSE, code.to_bytes(2, "big") + reason)


def fragments(parts: Sequence[bytes], kind: int = TEXT) -> list[bytes]:
    """The frames of one message."""
    heads = [kind, *[CONT] * (len(parts) - 1)]
    heads[-1] |= FIN
    return [said(head, part) for head, part in zip(heads, parts, strict=True)]


def message(size: int = 0) -> bytes:
    """A message that is passed over, of so many bytes where that is more than it needs."""
    return words(b"*" * (size - len(words(b""))))


def words(what: bytes) -> bytes:
    """A message that is passed over, with `what` in it."""
    return b'{"type":"wave","what":"' + what + b'"}'


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def failed(code: int) -> Sequence[Answer]:
    return (Closed(code),)


WRONG = failed(PROTOCOL_ERROR)
NO_TEXT = failed(INVALID_TEXT)
REFUSED = failed(CloseCode.BAD_FRAME)
TOO_BIG = failed(CloseCode.TOO_BIG)
WAVE = text(message())
PAYLOAD = b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff"


def messages() -> Iterator[Case]:
    """1: text and binary messages of all sizes."""
    for place, size in enumerate((0, 125, 126, 127, 128, 65_535, 65_536), 1):
        yield Case(f"1.1.{place}", text(message(size) if size else b""), () if size else REFUSED)
        yield Case(f"1.1.{place} as Autobahn says it", text(b"*" * size), REFUSED)
        yield Case(f"1.2.{place}", said(FIN | BINARY, b"\xfe" * size), REFUSED)


def pings_and_pongs() -> Iterator[Case]:
    """2"""
    for place, data in enumerate((b"", b"Hello, world!", PAYLOAD, b"\xfe" * 125), 1):
        yield Case(f"2.{place}", ping(data), [Pong(data)])
    yield Case("2.5", ping(b"\xfe" * 126), WRONG)
    yield Case("2.5 with the length of a message", said(FIN | PING, b"\xfe" * 65_536), WRONG)
    yield Case("2.7", said(FIN | PONG))
    yield Case("2.8", said(FIN | PONG, b"unsolicited"))
    yield Case("2.9", said(FIN | PONG, b"unsolicited") + ping(b"asked"), [Pong(b"asked")])
    ten = [b"payload-%d" % i for i in range(10)]
    yield Case("2.10", b"".join(map(ping, ten)), [Pong(data) for data in ten])


def reserved_bits() -> Iterator[Case]:
    """3: no extension was agreed on, so none of the three bits has a meaning."""
    after = WAVE, ping()
    yield Case("3.1", said(FIN | 0x10 | TEXT, message()), WRONG)
    for place, bit in ((2, 0x20), (3, 0x30), (4, 0x40)):
        yield Case(f"3.{place}", after[0] + said(FIN | bit | TEXT, message()) + after[1], WRONG)
    yield Case("3.5", said(FIN | 0x50 | BINARY, PAYLOAD), WRONG)
    yield Case("3.6", said(FIN | 0x60 | PING, b"Hello, world!"), WRONG)
    yield Case("3.7", said(FIN | 0x70 | CLOSE), WRONG)


def opcodes() -> Iterator[Case]:
    """4: those that mean nothing yet."""
    for section, codes in ((1, range(3, 8)), (2, range(11, 16))):
        first, second, third, fourth, fifth = (FIN | code for code in codes)
        yield Case(f"4.{section}.1", said(first), WRONG)
        yield Case(f"4.{section}.2", said(second, b"reserved opcode payload"), WRONG)
        yield Case(f"4.{section}.3", WAVE + said(third) + ping(), WRONG)
        yield Case(f"4.{section}.4", WAVE + said(fourth, b"reserved opcode payload") + ping(), WRONG)
        yield Case(f"4.{section}.5", WAVE + said(fifth, b"reserved opcode payload") + ping(), WRONG)


def fragmentation() -> Iterator[Case]:
    """5"""
    yield Case("5.1", said(PING, b"fragment1") + said(FIN | CONT, b"fragment2"), WRONG)
    yield Case("5.2", said(PONG, b"fragment1") + said(FIN | CONT, b"fragment2"), WRONG)
    yield Case("5.2 for a close", said(CLOSE, b"\x03\xe8") + said(FIN | CONT, b"fragment2"), WRONG)
    first, second = fragments([message()[:9], message()[9:]])
    yield Case("5.3", first + second)
    yield Case("5.6", first + ping(b"between") + second, [Pong(b"between")])
    nothing, whole = said(CONT, b"of nothing"), said(FIN | CONT, b"of nothing")
    yield Case("5.9", whole + WAVE, WRONG)
    yield Case("5.12", nothing + WAVE, WRONG)
    yield Case("5.15", first + second + nothing + WAVE, WRONG)
    yield Case("5.16", (nothing + said(TEXT, b"fragment2") + said(FIN | CONT, b"fragment3")) * 2, WRONG)
    yield Case("5.17", (whole + said(TEXT, b"fragment2") + said(FIN | CONT, b"fragment3")) * 2, WRONG)
    yield Case("5.18", said(TEXT, b"fragment1") + said(FIN | TEXT, b"fragment2"), WRONG)
    parts = fragments(cut(message(60), 12))
    assert len(parts) == 5
    story = [*parts[:2], ping(b"pongme 1!"), *parts[2:4], ping(b"pongme 2!"), parts[4]]
    yield Case("5.19", b"".join(story), [Pong(b"pongme 1!"), Pong(b"pongme 2!")])


GREEK = "κ\u1f79σμε".encode()
"""Its second letter is a sequence of three bytes."""
HELLO = "Hello-µ@ßöäüàá-UTF-8!!".encode()
BEYOND = b"\xf4\x90\x80\x80"
"""Would be U+110000."""
SEQUENCES: dict[str, Sequence[bytes]] = {
    "6.5": [b"hello$world", *[f"hello{c}world".encode() for c in "¢€\U00024b62"], GREEK],
    "6.6": [GREEK[:size] for size in range(1, len(GREEK) + 1)],
    "6.7": [b"\x00", b"\xc2\x80", b"\xe0\xa0\x80", b"\xf0\x90\x80\x80"],
    "6.8": [b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80"],
    "6.9": [b"\x7f", b"\xdf\xbf", b"\xef\xbf\xbf", b"\xf4\x8f\xbf\xbf"],
    "6.10": [b"\xf7\xbf\xbf\xbf", b"\xfb\xbf\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf\xbf"],
    "6.11": [b"\xed\x9f\xbf", b"\xee\x80\x80", b"\xef\xbf\xbd", b"\xf4\x8f\xbf\xbf", BEYOND],
    "6.12": [b"\x80", b"\xbf", *[(b"\x80\xbf" * 3)[:size] for size in range(2, 7)], bytes(range(0x80, 0xC0))],
    "6.13": [
        b" ".join(bytes([lead]) for lead in leads) + b" "
        for leads in (range(0xC0, 0xE0), range(0xE0, 0xF0), range(0xF0, 0xF8), range(0xF8, 0xFC), range(0xFC, 0xFE))
    ],
    "6.14": [bytes([lead]) + b"\x80" * more for more, lead in enumerate((0xC0, 0xE0, 0xF0, 0xF8, 0xFC))]
    + [bytes([lead]) + b"\xbf" * more for more, lead in enumerate((0xDF, 0xEF, 0xF7, 0xFB, 0xFD))],
    "6.15": [b"\xc0\xe0\x80\xf0\x80\x80\xdf\xef\xbf\xf7\xbf\xbf"],
    "6.16": [b"\xfe", b"\xff", b"\xfe\xfe\xff\xff"],
    "6.17": [b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xf8\x80\x80\x80\xaf", b"\xfc\x80\x80\x80\x80\xaf"],
    "6.18": [b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf", b"\xf8\x87\xbf\xbf\xbf", b"\xfc\x83\xbf\xbf\xbf\xbf"],
    "6.19": [b"\xc0\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\xf8\x80\x80\x80\x80", b"\xfc\x80\x80\x80\x80\x80"],
    "6.20": [b"\xed" + rest for rest in (b"\xa0\x80", b"\xad\xbf", b"\xae\x80", b"\xaf\xbf", b"\xb0\x80", b"\xbf\xbf")],
    "6.21": [
        b"\xed" + high + b"\xed" + low
        for high in (b"\xa0\x80", b"\xad\xbf", b"\xae\x80", b"\xaf\xbf")
        for low in (b"\xb0\x80", b"\xbf\xbf")
    ],
    "6.22": [chr(plane << 16 | end).encode() for plane in range(17) for end in (0xFFFE, 0xFFFF)],
    "6.23": [chr(special).encode() for special in range(0xFFF9, 0x10000)],
}
VALID = {"6.5", "6.7", "6.9", "6.22", "6.23"}
ALSO_VALID = {f"6.6.{size}" for size in (2, 5, 7, 9, 11)} | {f"6.11.{place}" for place in range(1, 5)}


def utf8() -> Iterator[Case]:
    """6: text is UTF-8. We say so of whole messages, as most do; Autobahn calls that non-strict for 6.4, where the
    message can be known to be wrong before its end.
    """
    yield Case("6.1.1", text(b""), REFUSED)
    yield Case("6.1.2", b"".join(fragments([b"", b"", b""])), REFUSED)
    yield Case("6.1.3", b"".join(fragments([b"", message(), b""])))
    yield Case("6.2.1", text(words(HELLO)))
    between = len(words(b"")) - 2 + len("Hello-µ@ßöä".encode())
    yield Case("6.2.2", b"".join(fragments([words(HELLO)[:between], words(HELLO)[between:]])))
    yield Case("6.2.3", b"".join(fragments(cut(words(HELLO), 1))))
    yield Case("6.2.4", b"".join(fragments(cut(words(GREEK), 1))))
    invalid = GREEK + b"\xed\xa0\x80" + b"edited"
    yield Case("6.3.1", text(invalid), NO_TEXT)
    yield Case("6.3.2", b"".join(fragments(cut(invalid, 1))), NO_TEXT)
    yield Case("6.4.1", b"".join(fragments([GREEK, BEYOND, b"edited"])), NO_TEXT)
    yield Case("6.4.2", b"".join(fragments([GREEK + BEYOND[:1], BEYOND[1:2], BEYOND[2:] + b"edited"])), NO_TEXT)
    yield Case("6.4.3", text(GREEK + BEYOND + b"edited"), NO_TEXT)
    for section, sequences in SEQUENCES.items():
        for place, sequence in zip(count(1), sequences, strict=False):
            number = f"{section}.{place}"
            valid = section in VALID or number in ALSO_VALID
            yield Case(number, text(words(sequence)), _passed_over(sequence) if valid else NO_TEXT)


def _passed_over(sequence: bytes) -> Sequence[Answer]:
    """JSON has no control characters in its strings."""
    return REFUSED if sequence < b"\x20" else ()


def closing() -> Iterator[Case]:
    """7"""
    yield Case("7.1.1", WAVE + close(), failed(1000))
    yield Case("7.1.2", close() + close(), failed(1000))
    yield Case("7.1.3", close() + ping(), failed(1000))
    yield Case("7.1.4", close() + WAVE, failed(1000))
    first, second = fragments([message()[:9], message()[9:]])
    # Autobahn hears 1000, for a close may come within a message; the library, which all our doors go by, wants its end.
    yield Case("7.1.5", first + close() + second, WRONG)
    yield Case("7.1.6", text(message(MAX_MESSAGE)) + close() + ping(), failed(1000))
    yield Case("7.1.6 as Autobahn says it", text(b"*" * 256 * 1024) + close() + ping(), TOO_BIG)
    yield Case("7.3.1", said(FIN | CLOSE), failed(NO_CODE))
    yield Case("7.3.2", said(FIN | CLOSE, b"a"), WRONG)
    yield Case("7.3.3", close(1000), failed(1000))
    yield Case("7.3.4", close(1000, b"Hello World!"), failed(1000))
    yield Case("7.3.5", close(1000, b"*" * 123), failed(1000))
    yield Case("7.3.6", close(1000, b"*" * 124), WRONG)
    yield Case("7.5.1", close(1000, GREEK + b"\xed\xa0\x80" + b"edited"), NO_TEXT)
    allowed = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
    for place, code in enumerate(allowed, 1):
        yield Case(f"7.7.{place}", close(code), failed(code))
    forbidden = (0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999)
    for place, code in enumerate(forbidden, 1):
        yield Case(f"7.9.{place}", close(code), WRONG)
    for place, code in ((1, 5000), (2, 65_535)):
        yield Case(f"7.13.{place}", close(code), WRONG)


def limits() -> Iterator[Case]:
    """9 and 10: of so many bytes, and no more. Autobahn's sizes go far beyond ours."""
    most = message(MAX_MESSAGE)
    assert len(most) == MAX_MESSAGE
    yield Case("9.1.1", text(most))
    yield Case("9.1.2", text(most + b" "), TOO_BIG)
    yield Case("9.2.1", said(FIN | BINARY, bytes(MAX_MESSAGE)), REFUSED)
    yield Case("9.2.2", said(FIN | BINARY, bytes(MAX_MESSAGE + 1)), TOO_BIG)
    for place, size in enumerate((64, 256, 1024, 4096, 16_384, 65_536), 1):
        yield Case(f"9.3.{place}", b"".join(fragments(cut(most, size))))
        yield Case(f"9.3.{place} and a byte", b"".join(fragments([*cut(most, size), b" "])), TOO_BIG)
        yield Case(f"9.4.{place}", b"".join(fragments(cut(bytes(MAX_MESSAGE), size), BINARY)), REFUSED)
    yield Case("9.3 in fragments of nothing", b"".join(fragments([b""] * 1_000 + [message()])))
    yield Case("10.1.1", b"".join(fragments(cut(most, 1300))))


def our_own() -> Iterator[Case]:
    """What the live protocol adds: after its hello a client has nothing to say."""
    yield Case("own.1 a second hello", text(b'{"type":"hello"}'), REFUSED)
    for place, what in enumerate((b"{}", b"[]", b"null", b'{"type":1}', b"{", b"[" * 60_000, b'"type"', b"NaN"), 2):
        yield Case(f"own.{place} {what[:8]!r}", text(what), REFUSED)
    yield Case("own.10 as many messages as are allowed", WAVE * 19)
    yield Case("own.11 far more", WAVE * 40, failed(CloseCode.POLICY))
    yield Case("own.12 without a mask", bytes([FIN | TEXT, 5]) + b"hello", WRONG)
    yield Case("own.13 a ping without a mask", bytes([FIN | PING, 0]), WRONG)
    yield Case("own.14 a length of 2^62", bytes([FIN | TEXT, 0xFF]) + (1 << 62).to_bytes(8, "big"), TOO_BIG)
    yield Case("own.15 a word behind a refusal", text(b"{}") + WAVE, REFUSED)
    yield Case(
        "own.16 a flood of pings",
        ping(FLOOD) * 60,
        [Pong(FLOOD), Closed(CloseCode.POLICY)],
        stock=[Pong(FLOOD)],
        why="uvicorn counts no pings",
    )


CASES = [
    case
    for chapter in (
        messages,
        pings_and_pongs,
        reserved_bits,
        opcodes,
        fragmentation,
        utf8,
        closing,
        limits,
        our_own,
    )
    for case in chapter()
]
