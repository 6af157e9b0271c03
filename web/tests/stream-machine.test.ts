import { beforeEach, describe, expect, test } from 'vitest'
import { FIRST_WINDOW, HIDDEN_FOR, MOST_NAMED, SETTLED, TICK, PATIENCE } from '../src/stream-times'
import { EPOCH, HOUR, MINUTE, begin, live, passWithBeats, renew, replay, untilNext, world } from './streams'

beforeEach(renew)

describe('a network that changed', () => {
  test('is tried at once, whatever the socket of the old one was doing', () => {
    const stream = begin()
    stream.changeNetwork()
    expect(world.sockets[0]!.closed).toBe(true)
    world.socket.end(1006)
    stream.changeNetwork()
    world.socket.open()
    world.socket.say(replay(6, 5))
    stream.changeNetwork()
    expect(world.sockets).toHaveLength(4)
    expect(world.sockets.map(({ closed }) => closed)).toEqual([true, true, true, false])
  })

  test('does not wake what nobody looks at, nor keep it awake', () => {
    const stream = live()
    stream.hide()
    passWithBeats(HIDDEN_FOR - 1)
    stream.changeNetwork()
    world.pass(1)
    expect(stream.state).toBe('asleep')
    stream.changeNetwork()
    expect(stream.state).toBe('asleep')
    expect(world.sockets).toHaveLength(2)
  })
})

describe('a machine that slept', () => {
  test('trusts no socket, and asks again on waking', () => {
    const stream = live()
    world.sleep(HOUR)
    world.pass(TICK)
    expect(world.sockets[0]!.closed).toBe(true)
    expect(stream.state).toBe('connecting')
    world.socket.open()
    expect(world.socket.sent).toEqual([{ type: 'hello', epoch: EPOCH, since: 5 }])
  })

  test('nor one that it slept a moment over: the server may have given it up', () => {
    live()
    world.sleep(30_000)
    world.pass(TICK)
    expect(world.sockets).toHaveLength(2)
  })

  test('sits out no wait', () => {
    live()
    world.socket.say({ type: 'goodbye', retry_after_ms: MOST_NAMED, reason: 'restarting' })
    world.socket.end(4000)
    world.sleep(HOUR)
    world.pass(TICK)
    expect(world.sockets).toHaveLength(2)
  })

  test('behind a closed lid, where the page is hidden, asks again when it is shown', () => {
    const stream = live()
    stream.hide()
    world.sleep(HIDDEN_FOR / 2)
    stream.show()
    expect(world.sockets).toHaveLength(2)
  })

  test('and goes on hidden wakes nothing that has been hidden for so long', () => {
    const stream = live()
    stream.hide()
    world.sleep(HOUR)
    world.pass(TICK)
    expect(stream.state).toBe('asleep')
    expect(world.sockets).toHaveLength(1)
  })
})

describe('timers that come a minute late, as those of hidden pages', () => {
  beforeEach(() => {
    world.grain = MINUTE
  })

  test('disturb no line that is heard', () => {
    const stream = live()
    stream.hide()
    passWithBeats(HIDDEN_FOR - 1)
    world.grain = 1
    stream.show()
    passWithBeats(HIDDEN_FOR)
    expect(stream.state).toBe('live')
    expect(world.sockets).toHaveLength(1)
  })

  test('find a dead line in two minutes at most', () => {
    const stream = live()
    stream.hide()
    world.pass(2 * MINUTE)
    expect(stream.state).not.toBe('live')
    expect(world.sockets[0]!.closed).toBe(true)
  })

  test('bring a page to sleep a minute late at most', () => {
    const stream = live()
    stream.hide()
    passWithBeats(HIDDEN_FOR + MINUTE)
    expect(stream.state).toBe('asleep')
  })

  test('make no failure of a connection that lasted', () => {
    const stream = live()
    stream.hide()
    for (let failure = 0; failure < PATIENCE; failure += 1) {
      world.socket.end(1006)
      untilNext()
    }
    world.socket.open()
    world.socket.say(replay(6, 5))
    world.pass(SETTLED)
    world.grain = 1
    world.socket.end(1006)
    expect(untilNext()).toBe(FIRST_WINDOW / 2)
  })

  test('come back late, but they come', () => {
    const stream = begin()
    stream.hide()
    world.socket.end(1006)
    expect(untilNext()).toBe(MINUTE)
    world.socket.open()
    world.socket.say(replay(6, 7))
    expect(stream.position).toEqual({ epoch: EPOCH, seq: 7 })
  })
})
