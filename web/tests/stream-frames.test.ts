import { beforeEach, describe, expect, test } from 'vitest'
import { FIRST_WINDOW, HELLO_TIMEOUT, SILENCE } from '../src/stream-times'
import { AT, EPOCH, beat, begin, catchup, event, live, log, renew, replay, world } from './streams'

beforeEach(renew)

test('a queue frame is handed on and moves nothing', () => {
  const stream = live()
  const frame = { type: 'queue', waiting: 3 }
  world.socket.say(frame)
  expect(log.queues).toEqual([frame])
  expect(stream.position).toEqual({ epoch: EPOCH, seq: 5 })
  world.pass(SILENCE - 1)
  expect(world.sockets).toHaveLength(1)
})

describe('hello', () => {
  test('names the position that the pages were read at', () => {
    begin()
    world.socket.open()
    expect(world.socket.sent).toEqual([{ type: 'hello', epoch: EPOCH, since: 5 }])
  })

  test('without pages asks for a fresh start', () => {
    begin(null)
    world.socket.open()
    expect(world.socket.sent).toEqual([{ type: 'hello' }])
    world.socket.say({ type: 'reset', epoch: 'e2', seq: 40, now: AT })
    expect(log.resets).toBe(1)
    world.socket.say(event(41))
    expect(log.seqs).toEqual([41])
  })

  test('must be answered within ten seconds', () => {
    begin()
    world.socket.open()
    world.pass(HELLO_TIMEOUT - 1)
    expect(world.socket.closed).toBe(false)
    world.pass(1)
    expect(world.sockets[0]!.closed).toBe(true)
    expect(log.states.at(-1)).toBe('waiting')
  })

  test('a socket that never opens is given up too', () => {
    begin()
    world.pass(HELLO_TIMEOUT)
    expect(log.states.at(-1)).toBe('waiting')
  })
})

describe('events', () => {
  test('a replay goes on where the tab was', () => {
    const stream = begin()
    world.socket.open()
    world.socket.say(replay(6, 9))
    expect(log.missed).toEqual([[6, 7, 8, 9]])
    expect(stream.position).toEqual({ epoch: EPOCH, seq: 9 })
    expect(stream.state).toBe('live')
  })

  test('a replay of another epoch, or with a hole, leads to a fresh start', () => {
    for (const frame of [replay(6, 9, 'other'), replay(7, 9), { ...replay(6, 9), events: [event(6), event(9)] }]) {
      renew()
      begin()
      world.socket.open()
      world.socket.say(frame)
      expect(log.missed).toEqual([])
      world.pass(FIRST_WINDOW)
      world.socket.open()
      expect(world.socket.sent).toEqual([{ type: 'hello' }])
    }
  })

  test('each is heard once and in order', () => {
    live()
    ;[6, 7, 7, 6, 8].forEach((seq) => world.socket.say(event(seq)))
    expect(log.seqs).toEqual([6, 7, 8])
  })

  test('a gap is not passed over: the tab asks again from its last number', () => {
    live()
    world.socket.say(event(6))
    world.socket.say(event(8))
    expect(log.seqs).toEqual([6])
    world.pass(FIRST_WINDOW)
    world.socket.open()
    expect(world.socket.sent).toEqual([{ type: 'hello', epoch: EPOCH, since: 6 }])
  })

  test('a beat above the last number is a gap, one at or below it is not', () => {
    live()
    world.socket.say(beat(5))
    world.socket.say(beat(4))
    expect(log.states.at(-1)).toBe('live')
    world.socket.say(beat(6))
    expect(log.states.at(-1)).toBe('waiting')
  })

  test('what is no frame ends the connection, not the page', () => {
    live()
    world.socket.onmessage?.({ data: '{' })
    expect(log.states.at(-1)).toBe('waiting')
  })
})

describe('a catch-up', () => {
  test('brings a slow tab up to its end, over the holes', () => {
    const stream = live()
    world.socket.say(catchup(6, 40, [9, 31, 40]))
    expect(log.missed.at(-1)).toEqual([9, 31, 40])
    expect(stream.position).toEqual({ epoch: EPOCH, seq: 40 })
    expect(stream.state).toBe('live')
    world.socket.say(event(40))
    world.socket.say(event(41))
    expect(log.seqs).toEqual([41])
    expect(world.sockets).toHaveLength(1)
  })

  test('may be the answer to a hello', () => {
    const stream = begin()
    world.socket.open()
    world.socket.say(catchup(6, 8, [8]))
    expect(stream.state).toBe('live')
    expect(stream.position).toEqual({ epoch: EPOCH, seq: 8 })
  })

  test.each([
    ['of another epoch', catchup(6, 9, [9], 'other')],
    ['that leaves something out', catchup(7, 9, [9])],
    ['of what is known', catchup(5, 9, [9])],
    ['beyond its own end', catchup(6, 9, [10])],
    ['before its own beginning', catchup(6, 9, [5, 9])],
    ['out of order', catchup(6, 9, [9, 7])],
    ['that repeats', catchup(6, 9, [7, 7])],
  ])('%s leads to a fresh start', (_, frame) => {
    live()
    world.socket.say(frame)
    expect(log.missed).toEqual([[]])
    world.pass(FIRST_WINDOW)
    world.socket.open()
    expect(world.socket.sent).toEqual([{ type: 'hello' }])
  })
})
