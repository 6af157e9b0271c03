// What became of pictures and whether somebody saw it in this tab: for the part of the page that comes late, which tells it elsewhere.
import type { Image } from './contract.gen'

/** `shown`: a message told of them here, or their picture is being looked at. `hidden`: this tab is not looked at. */
export type Fate = 'shown' | 'hidden'

type Ear = (images: readonly Image[], fate: Fate) => void

const early: Parameters<Ear>[] = []
let ear: Ear | null = null

/** One outcome of one picture: another try of the same picture is another one. */
export const keyOf = ({ id, attempt }: Pick<Image, 'id' | 'attempt'>): string => `${id}:${attempt}`

/** So many are remembered; whoever is told of more at once is told in one sentence. */
const MOST = 500
const told = new Set<string>()

/** Whether this tab has told of it. */
export const isToldHere = (key: string): boolean => told.has(key)

export function keepTold(keys: Iterable<string>): void {
  for (const key of keys) told.delete(key), told.add(key)
  for (const key of told) {
    if (told.size <= MOST) break
    told.delete(key)
  }
}

export function noteOutcomes(images: readonly Image[], fate: Fate): void {
  if (!images.length) return
  if (fate === 'shown') keepTold(images.map(keyOf))
  if (ear) ear(images, fate)
  else early.push([images, fate])
}

/** Hears of all of them, those before included. */
export function followOutcomes(run: Ear): void {
  ear = run
  early.splice(0).forEach((one) => run(...one))
}

/** Those that nobody told outside of this browser's tabs; all, as long as nobody knows better. */
export let leftToTell = (images: readonly Image[]): Promise<readonly Image[]> => Promise.resolve(images)

export function knowBetter(left: typeof leftToTell): void {
  leftToTell = left
}
