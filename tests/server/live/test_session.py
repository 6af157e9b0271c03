"""A session against every order of things, without a network, a clock or an event loop."""

from __future__ import annotations

import json

import pytest

from server.live.close_codes import CloseCode
from server.live.news import Batch, alone
from server.live.session import (
    CLIENT_RATE,
    HELD_LIMIT,
    Catchup,
    Close,
    Join,
    Phase,
    Replay,
    Reset,
    Session,
)
from tests.server.live.events import NOW, frames


def joined(since: int = 0) -> Session:
    session = Session()
    assert isinstance(session.receive('{"type":"hello"}', 0.0), Join)
    assert isinstance(session.welcome(Replay("e1", since, []), NOW), Batch)
    return session


def numbers(action: Batch | Close | None) -> list[int]:
    assert isinstance(action, Batch)
    return [frame.seq for frame in action.frames]


def test_hello_is_understood() -> None:
    session = Session()
    action = session.receive('{"type":"hello","epoch":"e1","since":7,"later":"words"}', 0.0)
    assert isinstance(action, Join)
    assert (action.hello.epoch, action.hello.since, action.hello.workspace) == ("e1", 7, None)
    assert session.phase is Phase.JOINING


@pytest.mark.parametrize(
    "said",
    [
        "",
        "hello",
        "[]",
        "null",
        '{"type":"beat"}',
        '{"type":"hello","since":-1}',
        '{"type":"hello","since":1e40}',
        '{"type":"hello","since":"many"}',
        '{"type":"hello","workspace":"mine"}',
        '{"type":"hello","epoch":"' + "x" * 65 + '"}',
        "[" * 60_000,
        b'{"type":"hello"}',
    ],
)
def test_anything_but_a_hello_comes_too_early(said: str | bytes) -> None:
    session = Session()
    action = session.receive(said, 0.0)
    assert isinstance(action, Close)
    assert action.code is CloseCode.BAD_FRAME
    assert len(action.reason.encode()) <= 123
    assert session.phase is Phase.ENDED


def test_no_hello_in_time() -> None:
    action = Session().time_out()
    assert isinstance(action, Close)
    assert action.code is CloseCode.HELLO_TIMEOUT
    assert joined().time_out() is None


def test_a_second_hello_is_refused_and_later_words_are_let_pass() -> None:
    session = joined()
    assert session.receive('{"type":"wave"}', 0.0) is None
    action = session.receive('{"type":"hello"}', 1.0)
    assert isinstance(action, Close)
    assert action.code is CloseCode.BAD_FRAME


@pytest.mark.parametrize("said", ["{}", '{"type":1}', "\x00", "[" * 60_000, b"\x00"])
def test_nonsense_after_the_hello(said: str | bytes) -> None:
    action = joined().receive(said, 1.0)
    assert isinstance(action, Close)
    assert action.code is CloseCode.BAD_FRAME


def test_too_many_frames() -> None:
    session = joined()
    actions = [session.receive('{"type":"wave"}', 1.0) for _ in range(CLIENT_RATE.limit + 1)]
    assert actions[:-2] == [None] * (len(actions) - 2)
    last = next(action for action in actions if action is not None)
    assert isinstance(last, Close)
    assert last.code is CloseCode.POLICY


def test_a_patient_client_may_talk_for_ever() -> None:
    session = joined()
    assert [session.receive('{"type":"wave"}', 1.0 + i) for i in range(500)] == [None] * 500


def test_replay_then_news() -> None:
    session = Session()
    session.receive('{"type":"hello","epoch":"e1","since":3}', 0.0)
    sent = session.welcome(Replay("e1", 3, frames([4, 5])), NOW)
    assert isinstance(sent, Batch)
    replay = json.loads(sent.frames[0].payload)
    assert (replay["type"], replay["from"], replay["to"], replay["now"]) == ("replay", 4, 5, NOW.isoformat())
    assert [event["seq"] for event in replay["events"]] == [4, 5]
    assert numbers(session.deliver(Batch(frames([6, 7])))) == [6, 7]


def test_news_held_while_joining_follow_the_replay_once() -> None:
    session = Session()
    session.receive('{"type":"hello","epoch":"e1","since":3}', 0.0)
    assert session.deliver(Batch(frames([5, 6]))) is None
    assert session.deliver(Batch(frames([7]))) is None
    assert numbers(session.welcome(Replay("e1", 3, frames([4, 5])), NOW)) == [5, 6, 7]
    assert session.position == 7


def test_news_held_while_joining_follow_a_reset() -> None:
    session = Session()
    session.receive('{"type":"hello"}', 0.0)
    session.deliver(Batch(frames([5, 6])))
    sent = session.welcome(Reset("e2", 5), NOW)
    assert numbers(sent) == [5, 6]
    assert isinstance(sent, Batch)
    assert json.loads(sent.frames[0].payload) == {"type": "reset", "epoch": "e2", "seq": 5, "now": NOW.isoformat()}


def test_a_hole_between_replay_and_news_ends_it() -> None:
    session = Session()
    session.receive('{"type":"hello","epoch":"e1","since":3}', 0.0)
    session.deliver(Batch(frames([6])))
    action = session.welcome(Replay("e1", 3, frames([4])), NOW)
    assert isinstance(action, Close)
    assert action.code is CloseCode.RESYNC


def test_too_much_news_while_joining() -> None:
    session = Session()
    session.receive('{"type":"hello"}', 0.0)
    action = session.deliver(Batch(frames(range(1, HELD_LIMIT + 2))))
    assert isinstance(action, Close)
    assert action.code is CloseCode.RESYNC
    assert session.welcome(Reset("e1", 5), NOW) is None


def test_repeats_are_dropped_and_a_hole_ends_it() -> None:
    session = joined(since=5)
    assert session.deliver(Batch(frames([4, 5]))) is None
    assert numbers(session.deliver(Batch(frames([5, 6])))) == [6]
    action = session.deliver(Batch(frames([8])))
    assert isinstance(action, Close)
    assert action.code is CloseCode.RESYNC
    assert session.deliver(Batch(frames([7]))) is None


def test_the_frames_of_a_room_are_passed_on_without_a_copy() -> None:
    batch = Batch(frames([1, 2]))
    assert joined().deliver(batch) is batch


def test_a_restart_moves_the_position_and_forgets_what_was_held() -> None:
    reset = alone('{"type":"reset"}', 2)
    session = joined(since=9)
    assert numbers(session.restart("e2", 2, reset)) == [2]
    assert numbers(session.deliver(Batch(frames([3])))) == [3]
    joining = Session()
    joining.receive('{"type":"hello"}', 0.0)
    joining.deliver(Batch(frames([9])))
    assert joining.restart("e2", 2, reset) is None
    assert numbers(joining.welcome(Reset("e2", 2), NOW)) == [2]


def test_nothing_is_said_before_the_welcome_or_after_the_end() -> None:
    beat = alone('{"type":"beat"}')
    session = Session()
    assert session.remark(beat) is None
    assert session.deliver(Batch(frames([1]))) is None
    session = joined()
    assert numbers(session.remark(beat)) == [0]
    assert session.end(CloseCode.RESTARTING, "bye") == Close(CloseCode.RESTARTING, "bye")
    assert session.end(CloseCode.NOT_SIGNED_IN, "again") is None
    assert session.remark(beat) is None
    assert session.announce(beat) is None
    assert session.receive('{"type":"hello"}', 0.0) is None
    assert session.deliver(Batch(frames([1]))) is None


def test_who_is_behind_is_told_the_latest_of_each_and_then_goes_on() -> None:
    session = joined(since=5)
    session.fall_behind()
    assert session.phase is Phase.BEHIND
    assert session.deliver(Batch(frames([6, 7, 8]))) is None
    assert session.remark(alone('{"type":"beat"}')) is None
    sent = session.catch_up(Catchup(8, frames([7, 8])), NOW)
    assert numbers(sent) == [8]
    assert isinstance(sent, Batch)
    told = json.loads(sent.frames[0].payload)
    assert (told["type"], told["epoch"], told["from"], told["to"]) == ("catchup", "e1", 6, 8)
    assert [event["seq"] for event in told["events"]] == [7, 8]
    assert numbers(session.deliver(Batch(frames([9])))) == [9]


def test_who_missed_nothing_while_behind_is_told_nothing() -> None:
    session = joined(since=5)
    session.fall_behind()
    assert session.catch_up(Catchup(5, []), NOW) is None
    assert session.phase is Phase.LIVE


def test_who_is_behind_hears_of_another_history_when_it_catches_up() -> None:
    session = joined(since=5)
    session.fall_behind()
    assert session.restart("e2", 2, alone('{"type":"reset"}', 2)) is None
    assert session.epoch == "", "its room knows no such history, even where the name is the same"
    sent = session.catch_up(Reset("e2", 3), NOW)
    assert numbers(sent) == [3]
    assert (session.epoch, session.position, session.phase) == ("e2", 3, Phase.LIVE)


def test_only_who_is_live_falls_behind() -> None:
    session = Session()
    session.fall_behind()
    assert session.phase is Phase.SILENT
    session = joined()
    session.end(CloseCode.RESTARTING, "bye")
    session.fall_behind()
    assert session.phase is Phase.ENDED
    assert session.catch_up(Catchup(8, frames([7, 8])), NOW) is None
