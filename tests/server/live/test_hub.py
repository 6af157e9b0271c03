"""The hub on a real PostgreSQL; the bus can be cut, emptied and made to lose what a test wants lost."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import uuid4

from server.infra.database import PostgresDatabase
from server.live.close_codes import CloseCode
from server.live.ear import Hearing
from server.live.frames import SERVER_FRAME
from server.live.hub import MAX_SOCKETS
from server.live.queued_line import FULL
from server.live.session import Phase
from server.live.socket import QUEUE_BYTES
from server.usecases import sign_in
from server.usecases.check_viewers import tell_ended
from tests.server.live.peers import PATIENCE, Peer, Stream, eventually
from tests.server.live.people import commit, new_person, publish, sql
from tests.server.live.scene import QUIET, Scene


async def test_two_tabs_see_what_is_committed(scene: Scene) -> None:
    hub = await scene.hub()
    tabs = [await scene.tab(hub), await scene.tab(hub)]
    top = await scene.change(3)
    for tab in tabs:
        await tab.until_at(top)
        assert tab.stream.numbers == [top - 2, top - 1, top]
        for frame in tab.stream.frames:
            SERVER_FRAME.validate_python(frame)


async def test_a_returning_tab_gets_what_it_missed(scene: Scene) -> None:
    hub = await scene.hub()
    tab = await scene.tab(hub)
    at = tab.stream.position
    await tab.leave()
    top = await scene.change(5)
    back = await scene.tab(hub, tab.stream)
    await back.until_at(top)
    assert back.stream.resets == 1
    assert back.stream.frames[-1]["type"] == "replay"
    SERVER_FRAME.validate_python(back.stream.frames[-1])
    assert at is not None
    assert back.stream.numbers == list(range(at + 1, top + 1))


async def test_another_process_brings_a_tab_what_it_missed(scene: Scene) -> None:
    tab = await scene.tab(await scene.hub())
    await tab.leave()
    top = await scene.commit(5)
    back = await scene.tab(await scene.hub(), tab.stream)
    await back.until_at(top)
    assert back.stream.resets == 1


async def test_a_gap_is_read_at_once_and_once_for_the_room(scene: Scene) -> None:
    hub = await scene.hub()
    tabs = [await scene.tab(hub) for _ in range(5)]
    await commit(scene.real, scene.person.workspace)
    asked = scene.database.asked
    top = await scene.change()
    for tab in tabs:
        await tab.until_at(top)
    assert scene.database.asked == asked + 1


async def test_publishing_in_another_order_than_committing_costs_no_query(scene: Scene) -> None:
    hub = await scene.hub(replace(QUIET, gap=3600))
    tab = await scene.tab(hub)
    first = await commit(scene.real, scene.person.workspace)
    second = await commit(scene.real, scene.person.workspace)
    asked = scene.database.asked
    await publish(scene.bus, second)
    await publish(scene.bus, first)
    await publish(scene.bus, first)
    await tab.until_at(second[0].seq)
    assert scene.database.asked == asked


async def test_what_was_never_published_arrives_by_the_check(scene: Scene) -> None:
    tab = await scene.tab(await scene.hub(replace(QUIET, check=0.05)))
    await tab.until_at(await scene.commit())


async def test_without_a_bus_tabs_join_and_events_arrive_by_the_check(scene: Scene) -> None:
    scene.bus.cut()
    hub = await scene.hub(replace(QUIET, check=0.05, probe=0.05))
    assert hub.hearing is Hearing.DEGRADED
    tab = await scene.tab(hub)
    await tab.until_at(await scene.commit())
    scene.bus.mend()
    await eventually(lambda: hub.hearing is Hearing.HEALTHY)


async def test_after_a_gap_of_the_bus_all_rooms_are_compared(scene: Scene) -> None:
    tab = await scene.tab(await scene.hub())
    scene.bus.cut()
    top = await scene.commit()
    scene.bus.mend()
    await tab.until_at(top)


async def test_a_subscription_that_is_silent_is_opened_again(scene: Scene) -> None:
    hub = await scene.hub(replace(QUIET, probe=0.02, silence=0.05))
    tab = await scene.tab(hub)
    scene.bus.forget(scene.bus.opened[-1])
    top = await scene.commit()
    await tab.until_at(top)
    await eventually(lambda: hub.hearing is Hearing.HEALTHY)
    await tab.until_at(await scene.change())


async def test_nonsense_on_the_bus_harms_nobody(scene: Scene) -> None:
    tab = await scene.tab(await scene.hub())
    channel = f"live:{scene.person.workspace}"
    for nonsense in (b"", b"\xff", b"{}", b"[", b"[1]", b'[{"seq":"x"}]', b'[{"seq":true}]'):
        await scene.bus.publish(channel, nonsense)
    await scene.bus.publish("sessions", b"nobody")
    await tab.until_at(await scene.change())
    assert tab.closed is None


async def test_the_database_away_sends_new_tabs_away_and_keeps_the_others(scene: Scene) -> None:
    hub = await scene.hub(replace(QUIET, check=0.02, retry=0.02, recheck=0.02))
    tab = await scene.tab(hub)
    top = await scene.commit()
    scene.database.away = True
    scene.database.refused.clear()
    late = await scene.tab(hub)
    assert await late.until_closed() == CloseCode.UNAVAILABLE
    assert late.stream.frames[-1]["type"] == "goodbye"
    await asyncio.wait_for(scene.database.refused.wait(), PATIENCE)
    assert tab.closed is None
    scene.database.away = False
    await tab.until_at(top)


async def test_cut_connections_to_the_database_are_survived(scene: Scene, database_url: str) -> None:
    tab = await scene.tab(await scene.hub(replace(QUIET, check=0.02, retry=0.02)))
    await sql(
        database_url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    elsewhere = PostgresDatabase(database_url, pool=1)
    await elsewhere.connect()
    top = (await commit(elsewhere, scene.person.workspace))[-1].seq
    await elsewhere.disconnect()
    await tab.until_at(top)


async def test_another_epoch_resets_everybody(scene: Scene, database_url: str) -> None:
    hub = await scene.hub(replace(QUIET, check=0.02))
    tab = await scene.tab(hub)
    old = tab.stream.epoch
    await sql(database_url, "UPDATE stream SET epoch = gen_random_uuid()")
    await tab.until(lambda peer: peer.stream.epoch != old)
    assert tab.stream.resets == 2
    await tab.until_at(await scene.change())
    back = await scene.tab(hub, Stream(old, 0))
    assert back.stream.frames[0]["type"] == "reset"


async def test_a_tab_of_another_epoch_learns_it_before_the_check_does(scene: Scene, database_url: str) -> None:
    hub = await scene.hub()
    tab = await scene.tab(hub)
    await sql(database_url, "UPDATE stream SET epoch = gen_random_uuid()")
    fresh = await scene.tab(await scene.hub())
    late = await scene.tab(hub, Stream(fresh.stream.epoch, fresh.stream.position))
    assert late.stream.resets == 0
    await tab.until(lambda peer: peer.stream.epoch == fresh.stream.epoch)


async def test_a_page_newer_than_the_room_is_no_reason_for_a_reset(scene: Scene) -> None:
    hub = await scene.hub()
    tab = await scene.tab(hub)
    top = await scene.commit(2)
    late = await scene.tab(hub, Stream(tab.stream.epoch, top))
    assert late.stream.resets == 0
    assert late.stream.position == top
    await tab.until_at(top)
    ahead = await scene.tab(hub, Stream(tab.stream.epoch, top + 1))
    assert ahead.stream.resets == 1


async def test_pruned_events_are_a_reset(scene: Scene, database_url: str) -> None:
    tab = await scene.tab(await scene.hub())
    await tab.leave()
    top = await scene.commit(5)
    await sql(database_url, "DELETE FROM event WHERE seq <= $1", top - 3)
    hub = await scene.hub()
    back = await scene.tab(hub, Stream(tab.stream.epoch, top - 4))
    assert back.stream.frames[0]["type"] == "reset"
    recent = await scene.tab(hub, Stream(tab.stream.epoch, top - 3))
    assert recent.stream.numbers == [top - 2, top - 1, top]


async def test_too_much_missed_is_a_reset(scene: Scene) -> None:
    tab = await scene.tab(await scene.hub())
    await tab.leave()
    top = await scene.commit(1_001)
    at = tab.stream.position
    assert at is not None
    hub = await scene.hub()
    back = await scene.tab(hub, Stream(tab.stream.epoch, at))
    assert (back.stream.resets, back.stream.position) == (1, top)
    nearly = await scene.tab(hub, Stream(tab.stream.epoch, at + 1))
    assert (nearly.stream.resets, len(nearly.stream.numbers)) == (0, 1_000)


async def test_nobody_hears_of_another_workspace(scene: Scene) -> None:
    hub = await scene.hub(replace(QUIET, check=0.02))
    tab = await scene.tab(hub)
    other = await new_person(scene.real, "mallory@atelier.example")
    intruder = Peer(hub, other.by_session)
    await intruder.join(scene.person.workspace)
    assert await intruder.until_closed() == CloseCode.NO_SUCH_WORKSPACE
    nowhere = Peer(hub, other.by_session)
    await nowhere.join(uuid4())
    assert await nowhere.until_closed() == CloseCode.NO_SUCH_WORKSPACE
    assert nowhere.reason == intruder.reason
    theirs = Peer(hub, other.by_session)
    await theirs.join()
    await tab.until_at(await scene.change())
    assert intruder.stream.frames == nowhere.stream.frames == []
    assert theirs.stream.numbers == []


async def test_an_ended_session_closes_its_sockets_at_once(scene: Scene) -> None:
    hub = await scene.hub()
    tab = await scene.tab(hub)
    other = Peer(hub, scene.person.by_key)
    await other.join()
    await sign_in.close_session(scene.real, scene.person.by_session)
    assert scene.person.by_session.session is not None
    await tell_ended(scene.bus, scene.person.by_session.session)
    async with asyncio.timeout(2):
        assert await tab.until_closed() == CloseCode.NOT_SIGNED_IN
    assert other.closed is None
    assert scene.person.by_key.key is not None
    await tell_ended(scene.bus, scene.person.by_key.key)
    assert await other.until_closed() == CloseCode.NOT_SIGNED_IN


async def test_a_removed_member_is_closed_at_once(scene: Scene, database_url: str) -> None:
    tab = await scene.tab(await scene.hub())
    await tell_ended(scene.bus, scene.person.account)
    await tab.until_at(await scene.change())
    assert tab.closed is None, "nothing had changed for this account"
    await sql(database_url, "DELETE FROM membership")
    await tell_ended(scene.bus, scene.person.account)
    async with asyncio.timeout(2):
        assert await tab.until_closed() == CloseCode.NO_SUCH_WORKSPACE


async def test_what_comes_after_a_role_is_taken_away_is_not_told(scene: Scene, database_url: str) -> None:
    """However long the database takes to say that it was."""
    hub = await scene.hub()
    tab = await scene.tab(hub)
    before = await scene.change()
    await tab.until_at(before)
    await sql(database_url, "DELETE FROM membership")
    with scene.database.held() as asked:
        await tell_ended(scene.bus, scene.person.account)
        await asyncio.wait_for(asked.wait(), PATIENCE)
        await scene.change(3)
        late = Peer(hub, scene.person.by_key)
        await eventually(lambda: tab.socket.session.position == before + 3)
    assert await tab.until_closed() == CloseCode.NO_SUCH_WORKSPACE
    assert tab.stream.position == before
    await late.join()
    assert await late.until_closed() == CloseCode.NO_SUCH_WORKSPACE
    assert late.stream.frames == []


async def test_a_doubt_that_was_none_costs_nothing_but_time(scene: Scene) -> None:
    tab = await scene.tab(await scene.hub())
    with scene.database.held() as asked:
        await tell_ended(scene.bus, scene.person.account)
        await asyncio.wait_for(asked.wait(), PATIENCE)
        top = await scene.change(3)
        await eventually(lambda: tab.socket.session.position == top)
        assert tab.stream.numbers == []
    await tab.until_at(top)
    assert tab.stream.numbers == [top - 2, top - 1, top]
    assert tab.stream.catchups == 0


async def test_a_changed_account_that_cannot_be_checked_goes_away(scene: Scene) -> None:
    tab = await scene.tab(await scene.hub())
    scene.database.away = True
    await tell_ended(scene.bus, scene.person.account)
    assert await tab.until_closed() == CloseCode.UNAVAILABLE


async def test_sessions_are_checked_again_without_being_told(scene: Scene) -> None:
    tab = await scene.tab(await scene.hub(replace(QUIET, recheck=0.05)))
    await sign_in.close_session(scene.real, scene.person.by_session)
    assert await tab.until_closed() == CloseCode.NOT_SIGNED_IN


async def test_a_session_that_ends_while_a_tab_joins_does_not_slip_in(scene: Scene) -> None:
    hub = await scene.hub()
    peer = Peer(hub, scene.person.by_session)
    await sign_in.close_session(scene.real, scene.person.by_session)
    await peer.join()
    assert await peer.until_closed() == CloseCode.NOT_SIGNED_IN
    assert peer.stream.frames == []


async def test_the_newest_of_too_many_sockets_is_refused(scene: Scene) -> None:
    hub = await scene.hub()
    tabs = [Peer(hub, scene.person.by_session) for _ in range(MAX_SOCKETS)]
    extra = Peer(hub, scene.person.by_session)
    assert not extra.admitted
    assert await extra.until_closed() == CloseCode.TOO_MANY_SOCKETS
    assert all(tab.admitted and tab.closed is None for tab in tabs)
    await tabs[0].leave()
    assert Peer(hub, scene.person.by_session).admitted


async def test_a_slow_reader_catches_up_in_one_frame_and_the_others_go_on(scene: Scene) -> None:
    hub = await scene.hub()
    slow, quick = await scene.tab(hub), await scene.tab(hub)
    slow.reading.clear()
    while slow.socket.session.phase is not Phase.BEHIND:
        await quick.until_at(await scene.change(100))
        assert slow.line.waiting <= QUEUE_BYTES
    await quick.until_at(await scene.change(100))
    slow.reading.set()
    assert quick.stream.position is not None
    await slow.until_at(quick.stream.position)
    assert (slow.stream.catchups, slow.stream.resets, slow.closed) == (1, 1, None)
    top = await scene.change()
    await slow.until_at(top)
    assert slow.stream.catchups == 1


async def test_a_reader_that_stalls_is_cut(scene: Scene) -> None:
    hub = await scene.hub(replace(QUIET, stall=0.05))
    tab = await scene.tab(hub)
    tab.reading.clear()
    while tab.line.waiting <= FULL:
        await scene.change(100)
    await tab.until(lambda peer: peer.aborted)
    assert hub.sockets == []


async def test_beats_tell_the_top(scene: Scene) -> None:
    tab = await scene.tab(await scene.hub(replace(QUIET, beat=0.1)))
    await tab.until(lambda peer: sum(frame["type"] == "beat" for frame in peer.stream.frames) >= 3)
    beat = tab.stream.frames[-1]
    SERVER_FRAME.validate_python(beat)
    assert beat["seq"] == tab.stream.position


async def test_leaving_in_order(scene: Scene) -> None:
    hub = await scene.hub()
    tabs = [await scene.tab(hub) for _ in range(5)]
    silent = Peer(hub, scene.person.by_session)
    order: list[float] = []
    loop = asyncio.get_running_loop()
    start = loop.time()

    async def watch(peer: Peer) -> None:
        await peer.until_closed()
        order.append(loop.time() - start)

    watching = [asyncio.create_task(watch(peer)) for peer in [*tabs, silent]]
    await hub.drain(0.3)
    await asyncio.gather(*watching)
    for peer in [*tabs, silent]:
        assert peer.closed == CloseCode.RESTARTING
        goodbye = peer.stream.frames[-1]
        SERVER_FRAME.validate_python(goodbye)
        assert (goodbye["type"], goodbye["retry_after_ms"], goodbye["reason"]) == ("goodbye", 300, "restarting")
    assert order[-1] > 0.2, "closes are spread over the window"
    assert hub.sockets == []
    refused = Peer(hub, scene.person.by_session)
    assert await refused.until_closed() == CloseCode.RESTARTING


async def test_an_empty_room_is_kept_for_a_while_and_then_forgotten(scene: Scene) -> None:
    hub = await scene.hub(replace(QUIET, check=0.02, linger=0.2))
    tab = await scene.tab(hub)
    await tab.leave()
    again = await scene.tab(hub, tab.stream)
    assert again.stream.frames[-1]["type"] == "replay"
    await again.leave()
    assert hub.rooms == 1
    listens = scene.bus.opened[-1]
    await eventually(lambda: hub.rooms == 0)
    assert f"live:{scene.person.workspace}" not in listens.channels
    third = await scene.tab(hub, tab.stream)
    await third.until_at(await scene.change())
