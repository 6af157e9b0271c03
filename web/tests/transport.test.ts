import { beforeEach, describe, expect, test } from 'vitest'
import { REMEMBERED_FOR, TransportChoice, type Memory } from '../src/transport'

const NOON = Date.parse('2030-01-01T12:00:00Z')

let now = NOON
let kept: number | null = null
const memory: Memory = {
  read: () => kept,
  write: (until) => {
    kept = until
  },
}

beforeEach(() => {
  now = NOON
  kept = null
})

/** A page that was just loaded, as the browser's side drives the choice. */
function load(): TransportChoice {
  const choice = new TransportChoice(() => now, memory)
  if (choice.isBlocked()) choice.take('events')
  return choice
}

/** The next connection ends without a word; what it took, and whether HTTP was asked, which answers as told. */
function fail(choice: TransportChoice, http: boolean): [string, boolean] {
  const transport = choice.next()
  const isAsked = choice.failed()
  if (isAsked) choice.hearHttp(http)
  return [transport, isAsked]
}

function succeed(choice: TransportChoice): string {
  const transport = choice.next()
  choice.answered()
  return transport
}

describe('a WebSocket that never gets through while HTTP answers', () => {
  test('is given up after two tries', () => {
    const choice = load()
    expect([fail(choice, true), fail(choice, true)]).toEqual([
      ['websocket', false],
      ['websocket', true],
    ])
    expect(succeed(choice)).toBe('events')
  })

  test('is not tried for an hour, by this page or another one', () => {
    const choice = load()
    fail(choice, true)
    fail(choice, true)
    succeed(choice)
    now += REMEMBERED_FOR - 1
    expect(succeed(choice)).toBe('events')
    expect(succeed(load())).toBe('events')
    now += 1
    expect(choice.next()).toBe('websocket')
    expect(load().next()).toBe('websocket')
  })

  test('is then tried once, and given up for another hour', () => {
    kept = NOON - 1
    const choice = load()
    expect(fail(choice, true)).toEqual(['websocket', true])
    expect(succeed(choice)).toBe('events')
    expect(kept).toBe(NOON + REMEMBERED_FOR)
  })

  test('is not remembered before something was heard the other way', () => {
    const choice = load()
    fail(choice, true)
    fail(choice, true)
    choice.next()
    expect(kept).toBeNull()
  })
})

test('one that gets through again is used, and its trouble forgotten', () => {
  kept = NOON - 1
  const choice = load()
  expect(succeed(choice)).toBe('websocket')
  expect(kept).toBeNull()
})

test('one that worked on this page is given up only when HTTP has answered twice meanwhile', () => {
  const choice = load()
  succeed(choice)
  const tried = Array.from({ length: 4 }, () => fail(choice, true))
  expect(tried.map(([transport]) => transport)).toEqual(Array(4).fill('websocket'))
  expect(choice.next()).toBe('events')
})

test('a server that is gone is no wall: WebSockets are tried until it is back, and HTTP is asked ever less often', () => {
  const choice = load()
  const tried = Array.from({ length: 40 }, () => fail(choice, false))
  expect(tried.every(([transport]) => transport === 'websocket')).toBe(true)
  expect(tried.flatMap(([, isAsked], index) => (isAsked ? [index + 1] : []))).toEqual([2, 4, 8, 16, 32])
})

test('a server that was gone in between proves nothing', () => {
  const choice = load()
  succeed(choice)
  // The second and the fourth are asked about.
  for (const http of [true, true, true, false]) fail(choice, http)
  for (let time = 5; time < 8; time += 1) fail(choice, true)
  expect(fail(choice, true)).toEqual(['websocket', true])
  expect(choice.next()).toBe('websocket')
})

test('where neither gets through, both are tried in turn', () => {
  const choice = load()
  const tried = Array.from({ length: 20 }, () => fail(choice, true)[0])
  expect(tried).toEqual([
    ...Array(2).fill('websocket'),
    ...Array(2).fill('events'),
    ...Array(4).fill('websocket'),
    ...Array(8).fill('events'),
    ...Array(4).fill('websocket'),
  ])
})

test('an answer that comes too late, when something was heard again, changes nothing', () => {
  const choice = load()
  fail(choice, false)
  choice.next()
  expect(choice.failed()).toBe(true)
  succeed(choice)
  choice.hearHttp(true)
  expect(choice.next()).toBe('websocket')
})

test('what was opened before the way was changed, and works after all, is kept to', () => {
  const choice = load()
  fail(choice, false)
  choice.next()
  choice.failed()
  choice.next()
  choice.hearHttp(true)
  choice.answered()
  expect(choice.next()).toBe('websocket')
  expect(kept).toBeNull()
})

test('what a wrong clock has kept for years is not believed', () => {
  kept = NOON + REMEMBERED_FOR + 1
  expect(load().isBlocked()).toBe(false)
})
