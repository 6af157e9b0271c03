// The countdown after "too many requests": while it runs, nothing is sent.
import { signal } from '@preact/signals'
import { elapsed } from './clock'

/** Whole seconds left, 0 when one may go on. */
export const secondsLeft = signal(0)

let until = 0
let timer: number | undefined

/** Waits `seconds` from now, unless a longer wait is under way. */
export function hold(seconds: number): void {
  until = Math.max(until, elapsed() + seconds * 1000)
  tick()
}

function tick(): void {
  clearTimeout(timer)
  const left = until - elapsed()
  secondsLeft.value = Math.max(0, Math.ceil(left / 1000))
  if (left > 0) timer = window.setTimeout(tick, left % 1000 || 1000)
}
