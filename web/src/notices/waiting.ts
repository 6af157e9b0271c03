// What a hidden tab holds back before it asks whether to tell: each outcome for a while of its own. Pure; times in milliseconds.

/** So long has a tab in front, here or in another browser, to say that it told. A push to this device is held back longer. */
export const FIRST = 3_000
/** Between two questions. */
export const PAUSE = 1_000
export const MOST_PATIENT = 60_000
/** Asked at once. */
export const MOST = 500

export class Waiting {
  /** From when on each may be told, in that order. */
  private readonly ripe = new Map<string, number>()
  private nextAt = 0
  private patience = FIRST

  /** What comes while others wait already is not asked about with them: nobody had the time to tell it. */
  add(keys: Iterable<string>, now: number): void {
    for (const key of keys) if (!this.ripe.has(key)) this.ripe.set(key, now + FIRST)
  }

  /** Until something is to be asked; null where nothing waits. */
  wait(now: number): number | null {
    const [first] = this.ripe.values()
    return first === undefined ? null : Math.max(0, first - now, this.nextAt - now)
  }

  due(now: number): string[] {
    return [...this.ripe].flatMap(([key, at]) => (at <= now ? [key] : [])).slice(0, MOST)
  }

  /** Told, or not to be told. */
  settle(keys: Iterable<string>, now: number): void {
    for (const key of keys) this.ripe.delete(key)
    this.patience = FIRST
    this.nextAt = now + PAUSE
  }

  /** There was no answer: later and later. */
  postpone(now: number): void {
    this.patience = Math.min(2 * this.patience, MOST_PATIENT)
    this.nextAt = now + this.patience
  }

  clear(): void {
    this.ripe.clear()
  }
}
