import { beforeEach, describe, expect, test } from 'vitest'
import type { Image } from '../src/contract.gen'
import { Stream, type LiveEvent, type Owner, type Outside, type Position, type Socket } from '../src/stream'
import {
  DOUBTFUL,
  FIRST_WINDOW,
  HELLO_TIMEOUT,
  HIDDEN_FOR,
  MOST_NAMED,
  SETTLED,
  SCARCE_HIDDEN_FOR,
  SILENCE,
  TICK,
  PATIENCE,
  WIDEST_WINDOW,
} from '../src/stream-times'
import { picture } from './pictures'

const AT = '2030-01-01T10:00:00Z'
const EPOCH = 'e1'

class FakeSocket implements Socket {
  onopen: Socket['onopen'] = null
  onmessage: Socket['onmessage'] = null
  onclose: Socket['onclose'] = null
  sent: unknown[] = []
  closed = false
  constructor(readonly isScarce: boolean) {}
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

const MINUTE = 60_000
const HOUR = 3_600_000

/** A world in which time passes when the test says so. With `grain` timers run at its multiples only, as those of hidden pages. */
class World implements Outside {
  time = 0
  grain = 1
  dice = 0.5
  isScarce = false
  needed = false
  isNeeded = (): boolean => this.needed
  sockets: FakeSocket[] = []
  openedAt = 0
  private timers = new Map<number, { at: number; run: () => void }>()
  private last = 0
  open = (): Socket => {
    const socket = new FakeSocket(this.isScarce)
    this.sockets.push(socket)
    this.openedAt = this.time
    return socket
  }
  now = (): number => this.time
  random = (): number => this.dice
  setTimer = (run: () => void, milliseconds: number): number => {
    this.last += 1
    this.timers.set(this.last, { at: Math.ceil((this.time + milliseconds) / this.grain) * this.grain, run })
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
  /** The machine sleeps; timers do not notice, and go on where they were. */
  sleep(milliseconds: number): void {
    this.time += milliseconds
    for (const timer of this.timers.values()) timer.at += milliseconds
  }
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
  answered = 0
  unanswered = 0
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
  onAnswered = (): void => {
    this.answered += 1
  }
  question: Promise<void> | null = null
  onUnanswered = (): Promise<void> | null => {
    this.unanswered += 1
    return this.question
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

/** Milliseconds until the next socket is opened, which then is. */
function untilNext(): number {
  const { time } = world
  const before = world.sockets.length
  while (world.sockets.length === before && world.time < time + HOUR) world.pass(100)
  return world.openedAt - time
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
    begin()
    for (let failure = 0; failure < PATIENCE; failure += 1) {
      world.socket.end(1006)
      untilNext()
    }
    world.socket.open()
    world.socket.say(replay(6, 5))
    world.socket.end(1006)
    expect(untilNext()).toBe(2_000)
    world.socket.open()
    world.socket.say(replay(6, 5))
    world.pass(SETTLED)
    world.socket.end(1006)
    expect(untilNext()).toBe(1_000)
  })

  test('a catch-up in between does not make a connection young again', () => {
    begin()
    for (let failure = 0; failure < PATIENCE; failure += 1) {
      world.socket.end(1006)
      untilNext()
    }
    world.socket.open()
    world.socket.say(replay(6, 5))
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

describe('a connection that ends without a word is told of', () => {
  test.each([
    ['refused', () => world.socket.end(1006)],
    ['never opened', () => world.pass(HELLO_TIMEOUT)],
    ['opened and closed', () => (world.socket.open(), world.socket.end(1006))],
    ['opened and never answered', () => (world.socket.open(), world.pass(HELLO_TIMEOUT))],
    ['answered with what is no frame', () => world.socket.onmessage?.({ data: '<html>' })],
    ['answered with what has no type', () => world.socket.say({})],
  ])('%s', (_, end) => {
    begin()
    end()
    expect([log.answered, log.unanswered]).toEqual([0, 1])
    expect(log.states.at(-1)).toBe('waiting')
  })

  test('but none on which there was one', () => {
    live()
    world.socket.say(beat(5))
    world.socket.end(1006)
    expect([log.answered, log.unanswered]).toEqual([1, 0])
  })

  test.each([4000, 4004, 4501])('nor one that the server closed with a code of its own: %i', (code) => {
    begin()
    world.socket.open()
    world.socket.end(code)
    expect([log.answered, log.unanswered]).toEqual([0, 0])
  })

  test('nor one that this tab let go', () => {
    const stream = begin()
    stream.rest()
    stream.show()
    stream.changeNetwork()
    stream.stop()
    expect([log.answered, log.unanswered]).toEqual([0, 0])
  })
})

describe('while it is asked why a connection ended without a word', () => {
  let answer: () => Promise<void>

  beforeEach(() => {
    let resolve: () => void
    const question = new Promise<void>((kept) => {
      resolve = kept
    })
    log.question = question
    answer = () => (resolve(), question)
  })

  test('none is opened, and the next one as soon as the answer is there', async () => {
    begin()
    world.socket.end(1006)
    world.pass(HELLO_TIMEOUT - 1)
    expect(world.sockets).toHaveLength(1)
    await answer()
    expect(world.sockets).toHaveLength(2)
  })

  test('an answer that comes first cuts no wait short', async () => {
    begin()
    world.socket.end(1006)
    await answer()
    expect(world.sockets).toHaveLength(1)
    expect(untilNext()).toBe(FIRST_WINDOW / 2)
  })

  test('an answer is not waited for longer than that of a connection', async () => {
    begin()
    world.socket.end(1006)
    world.pass(HELLO_TIMEOUT)
    expect(world.sockets).toHaveLength(2)
    await answer()
    expect(world.sockets).toHaveLength(2)
  })

  test('somebody who is back waits for the answer only', async () => {
    const stream = begin()
    world.socket.end(1006)
    stream.show()
    expect(world.sockets).toHaveLength(1)
    await answer()
    expect(world.sockets).toHaveLength(2)
  })

  test('another network is tried at once, and the answer of the old one opens nothing', async () => {
    const stream = begin()
    world.socket.end(1006)
    stream.changeNetwork()
    expect(world.sockets).toHaveLength(2)
    await answer()
    expect(world.sockets).toHaveLength(2)
  })

  test('a stream that has stopped stays so', async () => {
    const stream = begin()
    world.socket.end(1006)
    stream.stop()
    await answer()
    world.pass(HOUR)
    expect(world.sockets).toHaveLength(1)
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

/** Time passes, and a beat comes every 25 s. */
function passWithBeats(milliseconds: number): void {
  for (const end = world.time + milliseconds; world.time < end; ) {
    world.pass(Math.min(25_000, end - world.time))
    world.socket.say(beat(5))
  }
}

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
