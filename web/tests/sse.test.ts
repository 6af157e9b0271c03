import { beforeEach, expect, test } from 'vitest'
import { openEvents } from '../src/sse'
import type { Socket } from '../src/stream'

/** What a browser's EventSource would be told. */
class FakeSource {
  onmessage: ((message: { data: unknown }) => void) | null = null
  onerror: (() => void) | null = null
  closed = 0
  private closing: ((message: { data: unknown }) => void) | null = null
  constructor(readonly url: string) {}
  addEventListener(name: string, run: (message: { data: unknown }) => void): void {
    if (name === 'close') this.closing = run
  }
  close(): void {
    this.closed += 1
  }
  sayClose(data: string): void {
    this.closing?.({ data })
  }
}

let sources: FakeSource[] = []
let heard: unknown[] = []
let codes: number[] = []

beforeEach(() => {
  sources = []
  heard = []
  codes = []
})

/** The socket of a machine that says this hello. */
async function say(hello: object, isShared = false): Promise<Socket> {
  const open = (url: string): EventSource => {
    sources.push(new FakeSource(url))
    return sources.at(-1) as unknown as EventSource
  }
  const socket = openEvents(open, isShared)
  socket.onopen = () => socket.send(JSON.stringify(hello))
  socket.onmessage = ({ data }) => heard.push(data)
  socket.onclose = ({ code }) => codes.push(code)
  await Promise.resolve()
  return socket
}

test('the hello is in the address', async () => {
  await say({ type: 'hello', epoch: 'e1', since: 5 })
  await say({ type: 'hello', epoch: 'a b', since: 0, workspace: 'w' })
  await say({ type: 'hello' })
  const asked = sources.map(({ url }) => new URL(url, 'https://atelier.example'))
  expect(asked.map(({ pathname }) => pathname)).toEqual(Array(3).fill('/api/live/events'))
  expect(asked.map(({ searchParams }) => Object.fromEntries(searchParams))).toEqual([
    { since: 'e1:5' },
    { workspace: 'w', since: 'a b:0' },
    {},
  ])
})

test('frames are handed on as they are', async () => {
  await say({})
  sources[0]!.onmessage?.({ data: '{"type":"beat"}' })
  expect(heard).toEqual(['{"type":"beat"}'])
})

test('a line that broke is closed, lest it come back by itself', async () => {
  await say({})
  sources[0]!.onerror?.()
  expect(sources[0]!.closed).toBe(1)
  expect(codes).toEqual([1006])
})

test.each([
  ['{"code":4501,"reason":"signed out"}', 4501],
  ['{"code":"4501"}', 1006],
  ['null', 1006],
  ['gone', 1006],
])('the server closes with %s', async (data, code) => {
  await say({})
  sources[0]!.sayClose(data)
  expect(sources[0]!.closed).toBe(1)
  expect(codes).toEqual([code])
})

test('let go before it was opened it opens nothing', async () => {
  const opened = say({})
  const socket = openEvents(() => expect.unreachable(), false)
  socket.onopen = null
  socket.close()
  await opened
  expect(sources).toHaveLength(1)
})

test('it is scarce where connections are not shared', async () => {
  expect((await say({}, false)).isScarce).toBe(true)
  expect((await say({}, true)).isScarce).toBe(false)
})
