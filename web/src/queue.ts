// The queue as the server told it last, with what was just asked of it shown as if it were done.
import { batch, computed, signal, type ReadonlySignal } from '@preact/signals'
import type { Queue } from './contract.gen'
import { withFirst } from './order'

const told = signal<Queue | null>(null)

/** A pause or its end that is not confirmed yet. */
export const pausing = signal<boolean | null>(null)

/** The pictures that are to go first, as long as that is not confirmed. */
export const ordering = signal<readonly string[] | null>(null)

export const queue: ReadonlySignal<Queue | null> = computed(() => {
  if (!told.value) return null
  const paused = pausing.value ?? told.value.paused
  const ordered = ordering.value ? withFirst(told.value, ordering.value) : told.value
  return paused === ordered.paused ? ordered : { ...ordered, paused }
})

/** A waiting picture's place among all that wait; null where it has none. */
export const placeOf = (id: string): number | null => queue.value?.places[id] ?? null

/** Whether the list of what waits is on the screen. */
export const queueOpen = signal(false)

let heard = 0
const waiters = new Set<() => void>()

/** A frame of the stream: the newest there is. */
export function hearQueue(frame: Queue): void {
  heard += 1
  told.value = frame
  for (const go of waiters) go()
  waiters.clear()
}

export function forgetQueue(): void {
  batch(() => {
    told.value = pausing.value = ordering.value = null
    queueOpen.value = false
  })
}

/** How long an answer that may be old is not shown, while the frame that will say the same is on its way. */
const FRAME_SOON = 1_500

/** Takes the answer, unless a frame came meanwhile: no one can say which of the two is older, and another frame follows. */
export async function takeAnswer(asked: Promise<Queue>): Promise<void> {
  const before = heard
  const answer = await asked
  if (heard === before) told.value = answer
  else if (!told.value || gist(told.value) !== gist(answer)) await nextFrame()
}

const gist = ({ paused, waiting, in_flight, places }: Queue): string => JSON.stringify([paused, waiting, in_flight, places])

function nextFrame(): Promise<void> {
  return new Promise((go) => {
    waiters.add(go)
    setTimeout(() => {
      waiters.delete(go)
      go()
    }, FRAME_SOON)
  })
}
