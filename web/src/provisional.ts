// What was asked for and is not confirmed yet: shown at once, marked as such, replaced by the real picture whichever way
// that arrives first. A provisional and its picture share one key, so there are never two cards for one.
import { signal, type Signal } from '@preact/signals'
import type { Refused } from './api'
import type { Image } from './contract.gen'

interface Common {
  batch: string
  position: number
  project: string
  /** The server's time of the click, in microseconds: its place in the grid. */
  at: number
  shape: number
  refused: Refused | null
  retry: () => void
  dismiss: () => void
}

/** A file on its way up; `done` is a share in [0, 1]. */
export interface ProvisionalUpload extends Common {
  kind: 'upload'
  name: string
  preview: string
  done: Signal<number>
}

/** A wish on its way; `waits` while one of its inputs is still going up. */
export interface ProvisionalGeneration extends Common {
  kind: 'generation'
  prompt: string
  backdrop: string | null
  waits: boolean
  edit: () => void
}

export type Provisional = ProvisionalUpload | ProvisionalGeneration

export const slotKey = (batch: string, position: number): string => `${batch}:${position}`

/** The key of a picture's card; the same as that of the provisional it replaces. */
export const cardKey = (image: Image): string => (image.batch ? slotKey(image.batch, image.position) : image.id)

export const provisionals = signal<readonly Provisional[]>([])

/** Adds what is not already there as a picture. */
export function propose(fresh: Provisional[], isReal: (key: string) => boolean): void {
  const missing = fresh.filter(({ batch, position }) => !isReal(slotKey(batch, position)))
  const keys = new Set(missing.map(({ batch, position }) => slotKey(batch, position)))
  provisionals.value = [...without(provisionals.value, keys), ...missing]
}

/** The real pictures are here: their provisionals go. */
export function settle(images: readonly Image[]): void {
  if (provisionals.value.length) retain(without(provisionals.value, new Set(images.map(cardKey))))
}

/** Nothing of a request is to be seen any longer. */
export function withdraw(batch: string): void {
  retain(provisionals.value.filter((provisional) => provisional.batch !== batch))
}

/** The request was refused: one card is left of it, which says why. */
export function refuse(batch: string, refused: Refused): void {
  retain(
    provisionals.value
      .filter((provisional) => provisional.batch !== batch || provisional.position === 0)
      .map((provisional) => (provisional.batch === batch ? { ...provisional, refused } : provisional)),
  )
}

export function change(batch: string, changes: Partial<ProvisionalGeneration>): void {
  provisionals.value = provisionals.value.map((provisional) =>
    provisional.batch === batch && provisional.kind === 'generation' ? { ...provisional, ...changes } : provisional,
  )
}

function without(list: readonly Provisional[], keys: ReadonlySet<string>): Provisional[] {
  return list.filter(({ batch, position }) => !keys.has(slotKey(batch, position)))
}

function retain(list: readonly Provisional[]): void {
  if (list.length !== provisionals.value.length || list.some((item, index) => item !== provisionals.value[index])) {
    provisionals.value = list
  }
}
