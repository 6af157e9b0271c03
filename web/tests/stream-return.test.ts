import { beforeEach, describe, expect, test } from 'vitest'
import { FIRST_WINDOW, MOST_NAMED, SETTLED, SILENCE, PATIENCE, WIDEST_WINDOW } from '../src/stream-times'
import { beat, begin, catchup, event, live, log, renew, replay, untilNext, world } from './streams'

beforeEach(renew)

/** As many failures as widen the window, and then a connection that stands. */
function returnAfterFailures() {
  begin()
  for (let failure = 0; failure < PATIENCE; failure += 1) {
    world.socket.end(1006)
    untilNext()
  }
  world.socket.open()
  world.socket.say(replay(6, 5))
}

describe('coming back', () => {
  test('full jitter in a window that doubles with every third failure, up to ten seconds', () => {
    begin()
    const windows = []
    for (let failure = 0; failure < 4 * PATIENCE; failure += 1) {
      world.socket.end(1006)
      windows.push(untilNext() * 2)
    }
    expect(windows).toEqual([2000, 4000, 8000, WIDEST_WINDOW].flatMap((width) => Array(PATIENCE).fill(width)))
  })

  test.each([0, 0.25, 0.999])('the dice decide where in the window, the first time as well: %f', (dice) => {
    world.dice = dice
    live()
    world.socket.end(1006)
    expect(untilNext()).toBe(FIRST_WINDOW * dice)
  })

  test.each([1006, 4000, 4003])('no close brings all tabs back at once: %i', (code) => {
    live()
    world.socket.end(code)
    expect(untilNext()).toBe(FIRST_WINDOW / 2)
  })

  test('the server names the window', () => {
    live()
    world.socket.say({ type: 'goodbye', retry_after_ms: 20_000, reason: 'restarting' })
    world.socket.end(4000)
    expect(untilNext()).toBe(10_000)
    world.socket.end(1006)
    expect(untilNext()).toBe(10_000)
  })

  test('for that once: a connection that lasted knows nothing of it', () => {
    live()
    world.socket.say({ type: 'goodbye', retry_after_ms: 20_000, reason: 'restarting' })
    world.socket.end(4000)
    untilNext()
    world.socket.open()
    world.socket.say(replay(6, 5))
    world.pass(SETTLED)
    world.socket.end(1006)
    expect(untilNext()).toBe(FIRST_WINDOW / 2)
  })

  test.each([
    [0, FIRST_WINDOW],
    [-5, FIRST_WINDOW],
    ['soon', FIRST_WINDOW],
    [1e12, MOST_NAMED],
  ])('a window of %s is taken as %i', (named, taken) => {
    live()
    world.socket.say({ type: 'goodbye', retry_after_ms: named, reason: 'restarting' })
    world.socket.end(4000)
    expect(untilNext()).toBe(taken / 2)
  })

  test('only a connection that lasted makes up for failures', () => {
    returnAfterFailures()
    world.socket.end(1006)
    expect(untilNext()).toBe(2_000)
    world.socket.open()
    world.socket.say(replay(6, 5))
    world.pass(SETTLED)
    world.socket.end(1006)
    expect(untilNext()).toBe(1_000)
  })

  test('a catch-up in between does not make a connection young again', () => {
    returnAfterFailures()
    world.pass(SETTLED - 1)
    world.socket.say(catchup(6, 9, [9]))
    world.pass(1)
    world.socket.end(1006)
    expect(untilNext()).toBe(FIRST_WINDOW / 2)
  })

  test('no frame for a minute is a dead line', () => {
    live()
    world.pass(SILENCE - 1)
    world.socket.say(beat(5))
    world.pass(SILENCE - 1)
    expect(log.states.at(-1)).toBe('live')
    world.pass(1)
    expect(log.states.at(-1)).toBe('waiting')
  })

  test('a late word of an old socket is not heard', () => {
    live()
    const old = world.socket
    const hear = old.onmessage
    old.end(1006)
    untilNext()
    hear?.({ data: JSON.stringify(event(6)) })
    expect(old.closed).toBe(true)
    expect(old.onmessage).toBeNull()
  })
})

describe('staying away', () => {
  test.each([4500, 4501, 4502, 4503, 4999])('close code %i', (code) => {
    live()
    world.socket.end(code)
    expect(log.states.at(-1)).toBe('away')
    expect(log.codes.at(-1)).toBe(code)
    world.pass(600_000)
    expect(world.sockets).toHaveLength(1)
  })

  test.each([1000, 1001, 1006, 1008, 1009, 4000, 4001, 4002, 4003, 4004])('not for %i', (code) => {
    live()
    world.socket.end(code)
    expect(log.states.at(-1)).toBe('waiting')
  })
})
