// Timers by name: one of a name at most, and none is forgotten.

/** Durations are milliseconds. */
export interface TimerSource {
  setTimer(run: () => void, milliseconds: number): unknown
  clearTimer(timer: unknown): void
}

export class Timers {
  private readonly running = new Map<string, unknown>()

  constructor(private readonly source: TimerSource) {}

  /** In place of the timer that had this name. */
  start(name: string, milliseconds: number, run: () => void): void {
    this.cancel(name)
    const timer = this.source.setTimer(() => {
      this.running.delete(name)
      run()
    }, milliseconds)
    this.running.set(name, timer)
  }

  has(name: string): boolean {
    return this.running.has(name)
  }

  cancel(...names: string[]): void {
    for (const name of names) {
      const timer = this.running.get(name)
      if (timer !== undefined) this.source.clearTimer(timer)
      this.running.delete(name)
    }
  }
}
