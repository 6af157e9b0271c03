import { beforeEach, describe, expect, test } from 'vitest'
import type { Image } from '../src/contract.gen'
import {
  FIRST_WINDOW,
  HELLO_TIMEOUT,
  HIDDEN_FOR,
  SETTLED,
  SILENCE,
  Stream,
  WIDEST_WINDOW,
  type LiveEvent,
  type Owner,
  type Outside,
  type Position,
  type Socket,
} from '../src/stream'
import { picture } from './pictures'

const AT = '2030-01-01T10:00:00Z'
const EPOCH = 'e1'

class FakeSocket implements Socket {
  onopen: Socket['onopen'] = null
  onmessage: Socket['onmessage'] = null
  onclose: Socket['onclose'] = null
  sent: unknown[] = []
  closed = false
  send(text: string): void {
    this.sent.push(JSON.parse(text))
  }
  close(): void {
    this.closed = true
  }
  open(): void {
    this.onopen?.()
  }
  say(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }
  end(code: number): void {
    this.onclose?.({ code })
  }
}

/** A world in which time passes when the test says so. */
class World implements Outside {
  time = 0
  dice = 0.5
  sockets: FakeSocket[] = []
  private timers = new Map<number, { at: number; run: () => void }>()
  private last = 0
  open = (): Socket => {
    const socket = new FakeSocket()
    this.sockets.push(socket)
    return socket
  }
  now = (): number => this.time
  random = (): number => this.dice
  setTimer = (run: () => void, milliseconds: number): number => {
    this.last += 1
    this.timers.set(this.last, { at: this.time + milliseconds, run })
    return this.last
  }
  clearTimer = (timer: unknown): void => {
    this.timers.delete(timer as number)
  }
  pass(milliseconds: number): void {
    const end = this.time + milliseconds
    for (;;) {
      const due = [...this.timers].filter(([, { at }]) => at <= end).sort((a, b) => a[1].at - b[1].at)[0]
      if (!due) break
      this.timers.delete(due[0])
      this.time = due[1].at
      due[1].run()
    }
    this.time = end
  }
  /** Milliseconds until the next timer. */
  next = (): number => Math.min(...[...this.timers.values()].map(({ at }) => at)) - this.time
  get socket(): FakeSocket {
    return this.sockets.at(-1)!
  }
}

class Log implements Owner {
  states: string[] = []
  codes: (number | null)[] = []
  seqs: number[] = []
  missed: number[][] = []
  resets = 0
  unopened: number[] = []
  onState = (state: string, code: number | null): void => {
    this.states.push(state)
    this.codes.push(code)
  }
  onTime = (): void => {}
  onConnect = (): void => {}
  onReset = (): void => {
    this.resets += 1
  }
  onMissed = (events: LiveEvent[]): void => {
    this.missed.push(events.map(({ seq }) => seq))
  }
  onEvent = ({ seq }: LiveEvent): void => {
    this.seqs.push(seq)
  }
  queues: unknown[] = []
  onQueue = (frame: unknown): void => {
    this.queues.push(frame)
  }
  onUnopened = (failures: number): void => {
    this.unopened.push(failures)
  }
}

const image: Image = picture()
const event = (seq: number) => ({ type: 'event', seq, kind: 'image.changed', at: AT, data: image })
const replay = (from: number, to: number, epoch = EPOCH) => ({
  type: 'replay',
  epoch,
  from,
  to,
  now: AT,
  events: Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => event(from + index)),
})
const catchup = (from: number, to: number, seqs: number[], epoch = EPOCH) => ({
  type: 'catchup',
  epoch,
  from,
  to,
  now: AT,
  events: seqs.map(event),
})
const beat = (seq: number) => ({ type: 'beat', seq, now: AT })

let world: World
let log: Log

beforeEach(() => {
  world = new World()
  log = new Log()
})

function begin(position: Position | null = { epoch: EPOCH, seq: 5 }): Stream {
  const stream = new Stream(world, log, position)
  stream.start()
  return stream
}

function live(seq = 5): Stream {
  const stream = begin({ epoch: EPOCH, seq })
  world.socket.open()
  world.socket.say(replay(seq + 1, seq))
  return stream
}

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
      world = new World()
      log = new Log()
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

describe('coming back', () => {
  test('full jitter in a window that doubles up to ten seconds', () => {
    begin()
    const windows = []
    for (let failure = 0; failure < 7; failure += 1) {
      world.socket.end(1006)
      windows.push(world.next() * 2)
      world.pass(world.next())
    }
    expect(windows).toEqual([2000, 4000, 8000, WIDEST_WINDOW, WIDEST_WINDOW, WIDEST_WINDOW, WIDEST_WINDOW])
  })

  test('the dice decide where in the window', () => {
    world.dice = 0
    begin()
    world.socket.end(1006)
    expect(world.next()).toBe(0)
  })

  test('the server names the window', () => {
    live()
    world.socket.say({ type: 'goodbye', retry_after_ms: 10_000, reason: 'restarting' })
    world.socket.end(4000)
    expect(world.next()).toBe(5_000)
  })

  test('only a connection that lasted makes up for failures', () => {
    begin()
    world.socket.end(1006)
    world.pass(world.next())
    world.socket.open()
    world.socket.say(replay(6, 5))
    world.socket.end(1006)
    expect(world.next()).toBe(2_000)
    world.pass(world.next())
    world.socket.open()
    world.socket.say(replay(6, 5))
    world.pass(SETTLED)
    world.socket.end(1006)
    expect(world.next()).toBe(1_000)
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

  test('a handshake that was refused is reported, one that was not is not', () => {
    begin()
    world.socket.end(1006)
    expect(log.unopened).toEqual([1])
    world.pass(world.next())
    world.socket.open()
    world.socket.end(1006)
    expect(log.unopened).toEqual([1])
  })

  test('a late word of an old socket is not heard', () => {
    live()
    const old = world.socket
    const hear = old.onmessage
    old.end(1006)
    world.pass(world.next())
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

describe('the page', () => {
  test('hidden for five minutes gives its socket back and resumes when shown', () => {
    const stream = live()
    stream.hide()
    for (let beats = 0; beats < 10; beats += 1) {
      world.pass(30_000)
      world.socket.say(beat(5))
    }
    expect(world.time).toBe(HIDDEN_FOR)
    expect(stream.state).toBe('asleep')
    world.pass(3_600_000)
    expect(world.sockets).toHaveLength(1)
    stream.wake()
    world.socket.open()
    expect(world.socket.sent).toEqual([{ type: 'hello', epoch: EPOCH, since: 5 }])
  })

  test('hidden for less keeps it', () => {
    const stream = live()
    stream.hide()
    world.pass(50_000)
    stream.wake()
    world.socket.say(beat(5))
    world.pass(50_000)
    expect(world.sockets).toHaveLength(1)
    expect(stream.state).toBe('live')
  })

  test('does not sit out its wait when the network or the person is back', () => {
    const stream = begin()
    world.socket.end(1006)
    stream.wake()
    expect(world.sockets).toHaveLength(2)
    expect(stream.state).toBe('connecting')
  })

  test('replaces its socket when the network has changed under it', () => {
    const stream = live()
    stream.wake()
    expect(world.sockets).toHaveLength(1)
    stream.wake(true)
    expect(world.sockets[0]!.closed).toBe(true)
    expect(world.sockets).toHaveLength(2)
  })

  test('signed out for good does nothing more', () => {
    const stream = live()
    stream.stop()
    expect(world.socket.closed).toBe(true)
    world.pass(3_600_000)
    expect(world.sockets).toHaveLength(1)
  })
})
