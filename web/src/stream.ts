// The live stream `atelier.v1` as a machine: the socket, the timers and the dice are handed in, so that all of it can be
// tested without a browser. It keeps the position; what the frames mean for the screen is its owner's business.
import type {
  Catchup,
  Goodbye,
  ImageChanged,
  ProjectChanged,
  QueueFrame,
  ReadMarkChanged,
  Removed,
  Replay,
  Reset,
  ServerFrame,
} from './contract.gen'

export type LiveEvent = ImageChanged | ProjectChanged | Removed | ReadMarkChanged

/** `asleep`: closed because nobody looks. `away`: the server said to stay away, see the close code. */
export type StreamState = 'idle' | 'connecting' | 'live' | 'waiting' | 'asleep' | 'away'

/** Events up to `seq` of `epoch` are known. */
export interface Position {
  epoch: string
  seq: number
}

/** The part of a WebSocket that is used. */
export interface Socket {
  onopen: (() => void) | null
  onmessage: ((message: { data: unknown }) => void) | null
  onclose: ((event: { code: number }) => void) | null
  send(text: string): void
  close(code?: number): void
}

/** The world outside. Durations are milliseconds, `random` is in [0, 1). */
export interface Outside {
  open(): Socket
  now(): number
  random(): number
  setTimer(run: () => void, milliseconds: number): unknown
  clearTimer(timer: unknown): void
}

/**
 * Whoever owns the stream. `onTime` hands on each time the server wrote, `onMissed` what happened while it could not be
 * told one by one. `onUnopened`: it has been refused n times in a row.
 */
export interface Owner {
  onState(state: StreamState, code: number | null): void
  onTime(written: string): void
  onConnect(): void
  onReset(frame: Reset): void
  onMissed(events: LiveEvent[]): void
  onEvent(event: LiveEvent): void
  onQueue(frame: QueueFrame): void
  onUnopened(failures: number): void
}

export const HELLO_TIMEOUT = 10_000
export const SILENCE = 60_000
export const HIDDEN_FOR = 300_000
export const FIRST_WINDOW = 2_000
export const WIDEST_WINDOW = 10_000
/** A connection that lived this long was no failure. */
export const SETTLED = 5_000

export class Stream {
  state: StreamState = 'idle'
  position: Position | null
  private socket: Socket | null = null
  private failures = 0
  private window = FIRST_WINDOW
  private heardAt = 0
  private timers = new Map<string, unknown>()

  constructor(
    private readonly outside: Outside,
    private readonly owner: Owner,
    position: Position | null,
  ) {
    this.position = position
  }

  start(): void {
    this.connect()
  }

  /** For good, as when signing out. */
  stop(): void {
    this.drop()
    this.enter('idle')
  }

  /** The network is back, or the page is: do not sit out the wait, and do not trust an old silence. */
  wake(networkChanged = false): void {
    this.cancel('hidden')
    const silent = this.outside.now() - this.heardAt > SILENCE
    if (this.state === 'waiting' || this.state === 'asleep') this.connect()
    else if (this.state === 'live' && (networkChanged || silent)) this.connect()
  }

  /** Nobody looks; after five minutes of that the socket is given back. */
  hide(): void {
    this.after('hidden', HIDDEN_FOR, () => {
      if (this.state === 'idle' || this.state === 'away') return
      this.drop()
      this.enter('asleep')
    })
  }

  private connect(): void {
    this.drop()
    this.enter('connecting')
    this.owner.onConnect()
    this.heardAt = this.outside.now()
    let opened = false
    const socket = this.outside.open()
    this.socket = socket
    this.after('hello', HELLO_TIMEOUT, () => this.retry())
    socket.onopen = () => {
      opened = true
      socket.send(JSON.stringify(this.hello()))
      this.after('hello', HELLO_TIMEOUT, () => this.retry())
    }
    socket.onmessage = ({ data }) => this.hear(data)
    socket.onclose = ({ code }) => this.closed(code, opened)
  }

  private hello(): object {
    const { position } = this
    return position ? { type: 'hello', epoch: position.epoch, since: position.seq } : { type: 'hello' }
  }

  private hear(data: unknown): void {
    this.listen()
    const frame = parse(data)
    switch (frame?.type) {
      case 'replay':
        return this.hearMissed(frame, isWhole(frame))
      case 'catchup':
        return this.hearMissed(frame, isInOrder(frame))
      case 'reset':
        return this.hearReset(frame)
      case 'event':
        return this.hearEvent(frame)
      case 'beat':
        this.owner.onTime(frame.now)
        if (this.position && frame.seq > this.position.seq) this.retry()
        return
      case 'queue':
        return this.owner.onQueue(frame)
      case 'goodbye':
        return this.hearGoodbye(frame)
      case undefined:
        return this.retry()
    }
  }

  private hearMissed(frame: Replay | Catchup, isSound: boolean): void {
    const { position } = this
    if (!isSound || frame.epoch !== position?.epoch || frame.from !== position.seq + 1) {
      // What does not follow on cannot be mended by asking again from the same place.
      this.position = null
      return this.retry()
    }
    this.owner.onTime(frame.now)
    this.position = { epoch: frame.epoch, seq: frame.to }
    this.owner.onMissed(frame.events)
    this.settle()
  }

  private hearReset(frame: Reset): void {
    this.owner.onTime(frame.now)
    this.position = { epoch: frame.epoch, seq: frame.seq }
    this.owner.onReset(frame)
    this.settle()
  }

  private hearEvent(event: LiveEvent): void {
    if (!this.position || event.seq <= this.position.seq) return
    if (event.seq !== this.position.seq + 1) return this.retry()
    this.owner.onTime(event.at)
    this.position = { epoch: this.position.epoch, seq: event.seq }
    this.owner.onEvent(event)
  }

  private hearGoodbye(frame: Goodbye): void {
    this.window = Math.max(0, frame.retry_after_ms)
  }

  private settle(): void {
    this.cancel('hello')
    this.enter('live')
    this.after('settled', SETTLED, () => {
      this.failures = 0
    })
  }

  private listen(): void {
    this.heardAt = this.outside.now()
    this.after('silence', SILENCE, () => this.retry())
  }

  private closed(code: number, opened: boolean): void {
    this.drop()
    if (code >= 4500 && code <= 4999) return this.enter('away', code)
    this.retry()
    if (!opened) this.owner.onUnopened(this.failures)
  }

  /** Full jitter: anywhere in a window that doubles with each failure. */
  private retry(): void {
    this.drop()
    const grown = Math.min(WIDEST_WINDOW, this.window * 2 ** this.failures)
    const delay = this.outside.random() * Math.max(this.window, grown)
    this.failures += 1
    this.after('retry', delay, () => this.connect())
    this.enter('waiting')
  }

  private drop(): void {
    for (const name of ['hello', 'silence', 'settled', 'retry']) this.cancel(name)
    const socket = this.socket
    this.socket = null
    if (!socket) return
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close()
  }

  private enter(state: StreamState, code: number | null = null): void {
    this.state = state
    this.owner.onState(state, code)
  }

  private after(name: string, milliseconds: number, run: () => void): void {
    this.cancel(name)
    const timer = this.outside.setTimer(() => {
      this.timers.delete(name)
      run()
    }, milliseconds)
    this.timers.set(name, timer)
  }

  private cancel(name: string): void {
    const timer = this.timers.get(name)
    if (timer === undefined) return
    this.outside.clearTimer(timer)
    this.timers.delete(name)
  }
}

function parse(data: unknown): ServerFrame | null {
  try {
    return JSON.parse(String(data)) as ServerFrame
  } catch {
    return null
  }
}

/** Whether every number of a replay is there. */
const isWhole = ({ from, to, events }: Replay): boolean =>
  to === from - 1 + events.length && events.every(({ seq }, index) => seq === from + index)

/** Whether the numbers of a catch-up rise within its bounds. */
const isInOrder = ({ from, to, events }: Catchup): boolean =>
  events.every(({ seq }, index) => seq > (events[index - 1]?.seq ?? from - 1) && seq <= to)
