// The live stream `atelier.v1` as a machine: the socket, the timers and the dice are handed in, so that all of it can be
// tested without a browser. It keeps the position; what the frames mean for the screen is its owner's business.
import type { Catchup, Goodbye, ImageChanged, ProjectChanged, QueueFrame, ReadMarkChanged, Removed, Replay, Reset } from './contract.gen'
import { isInOrder, isWhole, parse } from './frames'
import { Hold } from './hold'
import { DOUBTFUL, FIRST_WINDOW, HELLO_TIMEOUT, HIDDEN_FOR, MOST_NAMED, PATIENCE, SCARCE_HIDDEN_FOR, SETTLED, SILENCE, SLEPT, TICK, WIDEST_WINDOW } from './stream-times'
import { Timers, type TimerSource } from './timers'

export type LiveEvent = ImageChanged | ProjectChanged | Removed | ReadMarkChanged

/** `asleep`: closed because nobody looks. `away`: the server said to stay away, see the close code. */
export type StreamState = 'idle' | 'connecting' | 'live' | 'waiting' | 'asleep' | 'away'

/** Events up to `seq` of `epoch` are known. */
export interface Position {
  epoch: string
  seq: number
}

/** The part of a WebSocket that is used. `isScarce`: a browser has only a few of them, so a tab that is hidden soon lets go. */
export interface Socket {
  readonly isScarce?: boolean
  onopen: (() => void) | null
  onmessage: ((message: { data: unknown }) => void) | null
  onclose: ((event: { code: number }) => void) | null
  send(text: string): void
  close(code?: number): void
}

/** The world outside. Durations are milliseconds; `now` counts a sleep of the machine, too; `random` is in [0, 1). */
export interface Outside extends TimerSource {
  open(): Socket
  now(): number
  random(): number
  /** Whether it goes on though nobody looks. */
  isNeeded?(): boolean
}

/**
 * Whoever owns the stream. `onTime` hands on each time the server wrote, `onMissed` what happened while it could not be
 * told one by one. `onAnswered`: the first word on a connection. `onUnanswered`: one has ended without any; where the owner
 * asks why, the next is opened when that is known.
 */
export interface Owner {
  onState(state: StreamState, code: number | null): void
  onTime(written: string): void
  onConnect(): void
  onReset(frame: Reset): void
  onMissed(events: LiveEvent[]): void
  onEvent(event: LiveEvent): void
  onQueue(frame: QueueFrame): void
  onAnswered(): void
  onUnanswered(): Promise<void> | null
}

export class Stream {
  state: StreamState = 'idle'
  position: Position | null
  private socket: Socket | null = null
  private isAnswered = false
  private failures = 0
  private window = FIRST_WINDOW
  private named: number | null = null
  private heardAt = 0
  private liveSince: number | null = null
  private hiddenAt: number | null = null
  private readonly timers: Timers
  private readonly question: Hold

  constructor(
    private readonly outside: Outside,
    private readonly owner: Owner,
    position: Position | null,
  ) {
    this.position = position
    this.timers = new Timers(outside)
    this.question = new Hold(this.timers)
  }

  start(): void {
    this.connect()
  }

  /** For good, as when signing out. */
  stop(): void {
    this.end('idle')
  }

  /** Somebody looks: no wait is sat out, and a line that has been too quiet is not trusted. */
  show(): void {
    this.hiddenAt = null
    if (this.state === 'waiting') this.comeBack()
    else if (this.state === 'asleep' || this.silence() > DOUBTFUL) this.connect()
    // The tick that runs may be late because the page was hidden.
    else if (this.isUp()) this.watch()
  }

  /** Nobody looks; after five minutes of that the socket is given back, one that is scarce after ten seconds. */
  hide(): void {
    this.hiddenAt ??= this.outside.now()
  }

  /** Gives the socket back until the page is shown. */
  rest(): void {
    if (this.isUp()) this.end('asleep')
  }

  /** The network is another one, or back: the socket of the old one may stay silent for ever. */
  changeNetwork(): void {
    if (this.isUp()) this.connect()
  }

  private isUp(): boolean {
    return this.state === 'connecting' || this.state === 'live' || this.state === 'waiting'
  }

  private silence(): number {
    return this.state === 'live' ? this.outside.now() - this.heardAt : 0
  }

  private hiddenFor(): number {
    return this.hiddenAt === null ? 0 : this.outside.now() - this.hiddenAt
  }

  private connect(): void {
    this.drop()
    this.enter('connecting')
    this.owner.onConnect()
    this.heardAt = this.outside.now()
    this.named = null
    this.isAnswered = false
    const socket = this.outside.open()
    this.socket = socket
    this.awaitAnswer()
    socket.onopen = () => {
      socket.send(JSON.stringify(this.hello()))
      this.awaitAnswer()
    }
    socket.onmessage = ({ data }) => this.hear(data)
    socket.onclose = ({ code }) => this.closed(code)
    this.watch()
  }

  private awaitAnswer(): void {
    this.timers.start('hello', HELLO_TIMEOUT, () => this.lose())
  }

  /** What lasts is measured by the clock, however late the timers are: a sleep, a dead line, a page that nobody looks at. */
  private watch(): void {
    const patience = this.socket?.isScarce ? SCARCE_HIDDEN_FOR : HIDDEN_FOR
    const left = patience - this.hiddenFor()
    const wait = Math.min(TICK, SILENCE - this.silence(), left > 0 ? left : TICK)
    const due = this.outside.now() + wait
    this.timers.start('watch', wait, () => {
      const hasSlept = this.hiddenAt === null && this.outside.now() - due > SLEPT
      if (hasSlept) return this.connect()
      if (this.hiddenFor() >= patience && !this.isNeeded()) return this.rest()
      if (this.silence() >= SILENCE) this.retry()
      this.watch()
    })
  }

  /** What a browser has only few of is given back all the same. */
  private isNeeded(): boolean {
    return !this.socket?.isScarce && (this.outside.isNeeded?.() ?? false)
  }

  private hello(): object {
    const { position } = this
    return position ? { type: 'hello', epoch: position.epoch, since: position.seq } : { type: 'hello' }
  }

  private hear(data: unknown): void {
    this.heardAt = this.outside.now()
    const frame = parse(data)
    if (!frame?.type) return this.lose()
    if (!this.isAnswered) this.owner.onAnswered()
    this.isAnswered = true
    switch (frame.type) {
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

  /** Zero, or what is no number, is no window. */
  private hearGoodbye(frame: Goodbye): void {
    this.named = Math.min(MOST_NAMED, Math.max(0, frame.retry_after_ms)) || null
  }

  private settle(): void {
    this.timers.cancel('hello')
    this.liveSince ??= this.outside.now()
    this.enter('live')
  }

  private closed(code: number): void {
    if (code >= 4500 && code <= 4999) return this.end('away', code)
    // A code of the server's own is a word, too.
    if (code >= 4000) return this.retry()
    this.lose()
  }

  private lose(): void {
    const wasAnswered = this.isAnswered
    this.retry()
    const question = wasAnswered ? null : this.owner.onUnanswered()
    if (question) this.question.start(question, HELLO_TIMEOUT, () => this.timers.has('retry') || this.connect())
  }

  /** The wait is over; on the answer to a question hangs which way is taken. */
  private comeBack(): void {
    this.timers.cancel('retry')
    if (!this.question.isOn()) this.connect()
  }

  /** Full jitter: anywhere in a window that doubles with every third failure. */
  private retry(): void {
    if (this.liveSince !== null && this.outside.now() - this.liveSince >= SETTLED) {
      this.failures = 0
      this.window = FIRST_WINDOW
    }
    this.window = this.named ?? this.window
    this.drop()
    const grown = Math.min(WIDEST_WINDOW, this.window * 2 ** Math.floor(this.failures / PATIENCE))
    const delay = this.outside.random() * Math.max(this.window, grown)
    this.failures += 1
    this.timers.start('retry', delay, () => this.comeBack())
    this.enter('waiting')
  }

  private end(state: StreamState, code: number | null = null): void {
    this.timers.cancel('watch')
    this.drop()
    this.enter(state, code)
  }

  private drop(): void {
    this.timers.cancel('hello', 'retry')
    this.question.drop()
    this.liveSince = null
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
}
