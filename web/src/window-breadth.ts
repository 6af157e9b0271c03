import { signal } from '@preact/signals'

/** Pixels, rounded: what is measured once is measured anew only where it may have become quite another. */
const STEP = 160
const rounded = (): number => Math.round(innerWidth / STEP) * STEP

export const windowBreadth = signal(rounded())

addEventListener('resize', () => {
  windowBreadth.value = rounded()
})
