// The server's time as this tab knows it. The machine's own clock is never trusted: only how long ago is.

/** Milliseconds to add to `elapsed()` to get the server's time in milliseconds since 1970. */
export interface Clock {
  offset: number | null
}

/** Milliseconds on a clock that no one can set. */
export const elapsed = (): number => performance.now()

/**
 * A clock that never goes back and goes on while the machine sleeps, when `elapsed()` stands still in some browsers: what
 * the machine's own clock gained meanwhile is added. One that is set forward counts as a sleep; one that is set back does not.
 */
export function lastingClock(awake: () => number, wall: () => number): () => number {
  let gap = wall() - awake()
  let slept = 0
  return () => {
    const now = wall() - awake()
    slept += Math.max(0, now - gap)
    gap = now
    return awake() + slept
  }
}

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
