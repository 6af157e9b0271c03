import { beforeEach, describe, expect, test } from 'vitest'
import { DOUBTFUL, HIDDEN_FOR, SCARCE_HIDDEN_FOR, TICK } from '../src/stream-times'
import { EPOCH, HOUR, begin, live, passWithBeats, renew, replay, world } from './streams'

beforeEach(renew)

describe('the page', () => {
  test('hidden for five minutes gives its socket back and resumes when shown', () => {
    const stream = live()
    stream.hide()
    passWithBeats(HIDDEN_FOR - 1)
    expect(stream.state).toBe('live')
    world.pass(1)
    expect(stream.state).toBe('asleep')
    expect(world.socket.closed).toBe(true)
    world.pass(HOUR)
    expect(world.sockets).toHaveLength(1)
    stream.show()
    world.socket.open()
    expect(world.socket.sent).toEqual([{ type: 'hello', epoch: EPOCH, since: 5 }])
  })

  test('hidden for ten seconds gives back what a browser has only few of', () => {
    world.isScarce = true
    const stream = live()
    stream.hide()
    world.pass(SCARCE_HIDDEN_FOR - 1)
    expect(stream.state).toBe('live')
    world.pass(1)
    expect(stream.state).toBe('asleep')
    stream.show()
    world.socket.open()
    world.socket.say(replay(6, 5))
    passWithBeats(HOUR)
    expect(world.sockets).toHaveLength(2)
  })

  test('hidden goes on for as long as nothing else would tell what it waits for', () => {
    world.needed = true
    const stream = live()
    stream.hide()
    passWithBeats(HOUR)
    expect(stream.state).toBe('live')
    expect(world.sockets).toHaveLength(1)
    world.needed = false
    passWithBeats(TICK)
    expect(stream.state).toBe('asleep')
  })

  test('hidden gives back what a browser has only few of, whatever it waits for', () => {
    world.needed = world.isScarce = true
    const stream = live()
    stream.hide()
    passWithBeats(SCARCE_HIDDEN_FOR)
    expect(stream.state).toBe('asleep')
  })

  test('told twice that it is hidden counts from the first time', () => {
    const stream = live()
    stream.hide()
    passWithBeats(HIDDEN_FOR / 2)
    stream.hide()
    passWithBeats(HIDDEN_FOR / 2)
    expect(stream.state).toBe('asleep')
  })

  test('that is hidden already when it begins goes to sleep, too', () => {
    const stream = begin()
    stream.hide()
    for (let failure = 0; failure < 100 && stream.state !== 'asleep'; failure += 1) {
      world.socket.end(1006)
      world.pass(10_000)
    }
    expect(stream.state).toBe('asleep')
    expect(world.time).toBeLessThanOrEqual(HIDDEN_FOR + 10_000)
  })

  test('hidden for less keeps it', () => {
    const stream = live()
    stream.hide()
    passWithBeats(HIDDEN_FOR - 1)
    stream.show()
    passWithBeats(HOUR)
    expect(world.sockets).toHaveLength(1)
    expect(stream.state).toBe('live')
  })

  test('hidden again and again begins to count anew each time it was shown', () => {
    const stream = live()
    for (let times = 0; times < 3; times += 1) {
      stream.hide()
      passWithBeats(HIDDEN_FOR / 2)
      stream.hide()
      passWithBeats(HIDDEN_FOR / 3)
      stream.show()
    }
    expect(world.sockets).toHaveLength(1)
  })

  test('does not sit out its wait when the person is back', () => {
    const stream = begin()
    world.socket.end(1006)
    stream.show()
    expect(world.sockets).toHaveLength(2)
    expect(stream.state).toBe('connecting')
  })

  test('shown again trusts a line that was heard lately, and no other', () => {
    const stream = live()
    stream.hide()
    world.pass(DOUBTFUL)
    stream.show()
    expect(world.sockets).toHaveLength(1)
    stream.hide()
    world.pass(1)
    stream.show()
    expect(world.sockets[0]!.closed).toBe(true)
    expect(world.sockets).toHaveLength(2)
  })

  test('that may be kept for the back button has no socket, and another one when it is shown again', () => {
    const stream = live()
    stream.rest()
    expect(world.socket.closed).toBe(true)
    expect(stream.state).toBe('asleep')
    world.sleep(HOUR)
    world.pass(HOUR)
    expect(world.sockets).toHaveLength(1)
    stream.show()
    world.socket.open()
    expect(world.socket.sent).toEqual([{ type: 'hello', epoch: EPOCH, since: 5 }])
  })

  test.each(['idle', 'away'])('neither rests nor wakes what is %s', (state) => {
    const stream = live()
    if (state === 'idle') stream.stop()
    else world.socket.end(4501)
    stream.rest()
    stream.show()
    stream.changeNetwork()
    stream.hide()
    world.pass(HOUR)
    expect(stream.state).toBe(state)
    expect(world.sockets).toHaveLength(1)
  })

  test('signed out for good does nothing more', () => {
    const stream = live()
    stream.stop()
    expect(world.socket.closed).toBe(true)
    world.pass(HOUR)
    expect(world.sockets).toHaveLength(1)
  })
})
