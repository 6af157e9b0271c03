// How a person likes to look at pictures, remembered by this browser, and where one goes when a picture goes.
import { signal } from '@preact/signals'
import { recall, remember } from './preferences'

/** An edit beside what it was made from: under one line that moves, next to each other, or not at all. */
export type Comparison = 'slider' | 'side' | 'off'

const COMPARISON_KEY = 'atelier:comparison'
const DETAILS_KEY = 'atelier:details'

export const comparison = signal<Comparison>('slider')
export const detailsOpen = signal(true)

/** Reads what is remembered and follows the other tabs; answers how to stop. Where there is room the details are open at first. */
export function followLooking(hasRoom: boolean): () => void {
  const read = (): void => {
    comparison.value = parseComparison(recall(COMPARISON_KEY))
    detailsOpen.value = (recall(DETAILS_KEY) ?? (hasRoom ? 'open' : 'closed')) === 'open'
  }
  const hear = ({ key }: StorageEvent): void => {
    if (key === COMPARISON_KEY || key === DETAILS_KEY || key === null) read()
  }
  read()
  addEventListener('storage', hear)
  return () => removeEventListener('storage', hear)
}

export const parseComparison = (kept: string | null): Comparison => (kept === 'side' || kept === 'off' ? kept : 'slider')

export function chooseComparison(chosen: Comparison): void {
  comparison.value = chosen
  remember(COMPARISON_KEY, chosen)
}

export function showDetails(open: boolean): void {
  detailsOpen.value = open
  remember(DETAILS_KEY, open ? 'open' : 'closed')
}

/** Who takes the place of `gone`: the next one of the row as it was that is still there, or else the one before. */
export function successor(gone: string, before: readonly string[], now: readonly string[]): string | null {
  const left = new Set(now)
  left.delete(gone)
  const place = before.indexOf(gone)
  if (place < 0) return null
  const isLeft = (id: string): boolean => left.has(id)
  return before.slice(place + 1).find(isLeft) ?? before.slice(0, place).findLast(isLeft) ?? null
}
