import type { Image } from '../src/contract.gen'
import { Stream, type LiveEvent, type Owner, type Outside, type Position, type Socket } from '../src/stream'
import { picture } from './pictures'

export const AT = '2030-01-01T10:00:00Z'
export const EPOCH = 'e1'

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

export const MINUTE = 60_000
export const HOUR = 3_600_000

/**
 * A world in which time passes when the test says so. With `grain` timers run at its multiples only, as those of hidden
 * pages.
 */
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
export const event = (seq: number) => ({ type: 'event', seq, kind: 'image.changed', at: AT, data: image })
export const replay = (from: number, to: number, epoch = EPOCH) => ({
  type: 'replay',
  epoch,
  from,
  to,
  now: AT,
  events: Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => event(from + index)),
})
export const catchup = (from: number, to: number, seqs: number[], epoch = EPOCH) => ({
  type: 'catchup',
  epoch,
  from,
  to,
  now: AT,
  events: seqs.map(event),
})
export const beat = (seq: number) => ({ type: 'beat', seq, now: AT })

export let world: World
export let log: Log

/** Nothing has happened yet. */
export function renew(): void {
  world = new World()
  log = new Log()
}

export function begin(position: Position | null = { epoch: EPOCH, seq: 5 }): Stream {
  const stream = new Stream(world, log, position)
  stream.start()
  return stream
}

export function live(seq = 5): Stream {
  const stream = begin({ epoch: EPOCH, seq })
  world.socket.open()
  world.socket.say(replay(seq + 1, seq))
  return stream
}

/** Milliseconds until the next socket is opened, which then is. */
export function untilNext(): number {
  const { time } = world
  const before = world.sockets.length
  while (world.sockets.length === before && world.time < time + HOUR) world.pass(100)
  return world.openedAt - time
}

/** Time passes, and a beat comes every 25 s. */
export function passWithBeats(milliseconds: number): void {
  for (const end = world.time + milliseconds; world.time < end; ) {
    world.pass(Math.min(25_000, end - world.time))
    world.socket.say(beat(5))
  }
}
