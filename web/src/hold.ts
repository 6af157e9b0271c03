// Waits for one thing, though not for ever.
import type { Timers } from './timers'

export class Hold {
  private until: Promise<void> | null = null

  constructor(private readonly timers: Timers) {}

  isOn(): boolean {
    return this.until !== null
  }

  /** In place of what was waited for before. `longest` is milliseconds. */
  start(until: Promise<void>, longest: number, then: () => void): void {
    const end = (): void => {
      if (this.until !== until) return
      this.drop()
      then()
    }
    this.until = until
    this.timers.start('hold', longest, end)
    void until.then(end)
  }

  drop(): void {
    this.until = null
    this.timers.cancel('hold')
  }
}
