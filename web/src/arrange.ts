// The order of the cards: pictures, and what was asked for and is not confirmed yet.
import type { Image } from './contract.gen'
import { cardKey, slotKey, type Provisional } from './provisional'
import { moment } from './store'

/** One card's place: a known picture's, or that of one which was asked for. `at` is in microseconds. */
export interface Slot {
  key: string
  at: number
  image?: Image
  provisional?: Provisional
}

/** Pictures and provisionals in one order; a key that two pictures claim belongs to the first. */
export function arrange(images: readonly Image[], waiting: readonly Provisional[]): Slot[] {
  const taken = new Set<string>()
  const slots: Slot[] = images.map((image) => {
    const wanted = cardKey(image)
    const key = taken.has(wanted) ? image.id : wanted
    taken.add(key)
    return { key, at: moment(image.created_at), image }
  })
  const later = [...waiting].reverse().map((provisional) => ({
    key: slotKey(provisional.batch, provisional.position),
    at: provisional.at,
    provisional,
  }))
  const fresh = later.filter(({ key }) => !taken.has(key))
  return [...fresh, ...slots].sort((a, b) => b.at - a.at)
}
