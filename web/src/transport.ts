// Which way the live stream takes. No DOM in here.

/** `websocket` wherever it gets through; `events`, those that a server sends by HTTP, where something on the way lets none through. */
export type Transport = 'websocket' | 'events'

/** So long, in milliseconds, does this browser go by events before it tries a WebSocket again. */
export const REMEMBERED_FOR = 3_600_000

/** Keeps, for the browser, until when no WebSocket is tried: milliseconds since 1970, null where none was ever blocked. */
export interface Memory {
  read(): number | null
  write(until: number | null): void
}

/**
 * A WebSocket is blocked when connection after connection ends without a word while HTTP answers: once is enough where one
 * was blocked before, twice asked and twice answered where one has worked since the page was loaded.
 */
export class TransportChoice {
  private transport: Transport = 'websocket'
  /** That of the newest connection. */
  private opened: Transport = 'websocket'
  private until: number | null
  private unanswered = 0
  private proofs = 0
  private hasWorked = false

  constructor(
    private readonly now: () => number,
    private readonly memory: Memory,
  ) {
    const until = memory.read()
    // Further away than it is ever put, it was written by a clock that was wrong.
    this.until = until !== null && until - now() <= REMEMBERED_FOR ? until : null
  }

  /** Whether this browser found out not long ago that no WebSocket gets through. */
  isBlocked(): boolean {
    return this.until !== null && this.now() < this.until
  }

  take(transport: Transport): void {
    this.transport = transport
    this.proofs = 0
    // The WebSocket has had its new chance; the next one is due when this has worked for an hour.
    if (transport === 'events' && !this.isBlocked()) this.until = null
  }

  /** The way of the connection that is about to be opened. */
  next(): Transport {
    const isLapsed = this.until !== null && !this.isBlocked()
    if (this.transport === 'events' && isLapsed) this.take('websocket')
    this.opened = this.transport
    return this.opened
  }

  /** Something was heard on the newest connection. */
  answered(): void {
    this.unanswered = 0
    this.take(this.opened)
    if (this.opened === 'websocket') {
      this.hasWorked = true
      this.keep(null)
    } else if (!this.isBlocked()) this.keep(this.now() + REMEMBERED_FOR)
  }

  /** The newest connection ended without a word. Answers whether it is time to ask something over HTTP: ever less often. */
  failed(): boolean {
    this.unanswered += 1
    const wasBlocked = this.transport === 'websocket' && this.until !== null
    return this.unanswered === 1 ? wasBlocked : Number.isInteger(Math.log2(this.unanswered))
  }

  /** What became of the question; it may be time to take the other way. */
  hearHttp(isAnswered: boolean): void {
    if (this.unanswered === 0) return
    this.proofs = isAnswered ? this.proofs + 1 : 0
    const needed = this.transport === 'websocket' && this.hasWorked ? 2 : 1
    if (this.proofs >= needed) this.take(this.transport === 'websocket' ? 'events' : 'websocket')
  }

  private keep(until: number | null): void {
    if (until === this.until) return
    this.until = until
    this.memory.write(until)
  }
}
