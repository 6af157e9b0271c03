// The server's time as this tab knows it. The machine's own clock is never trusted: only how long ago is.

/** Milliseconds to add to `elapsed()` to get the server's time in milliseconds since 1970. */
export interface Clock {
  offset: number | null
}

/** Milliseconds on a clock that no one can set. */
export const elapsed = (): number => performance.now()

export const clock: Clock = { offset: null }

/** Forget the samples: a new connection, or the machine may have slept. */
export function forget(clock: Clock): void {
  clock.offset = null
}

/** A time that the server wrote, and when it arrived. Latency makes a sample smaller, never larger: the largest is nearest. */
export function sample(clock: Clock, written: string, arrivedAt: number): void {
  const offset = Date.parse(written) - arrivedAt
  if (Number.isNaN(offset)) return
  if (clock.offset === null || offset > clock.offset) clock.offset = offset
}

/** The server's time in milliseconds since 1970; the machine's own until the server has spoken. */
export function serverNow(clock: Clock, at: number = elapsed()): number {
  return clock.offset === null ? performance.timeOrigin + at : clock.offset + at
}
