// A picture became known, by an answer or by the stream: it enters the store, and its provisional makes room.
import { batch } from '@preact/signals'
import type { Image } from './contract.gen'
import { cardKey, settle } from './provisional'
import { known, take } from './shelf'
import type { Change } from './store'

/** Whether a card's picture is known already, so that a late provisional finds out. */
export function isReal(key: string): boolean {
  for (const image of known().images.values()) if (image.batch && cardKey(image) === key) return true
  return false
}

/** Their provisionals go also where an older row was dropped: the picture is known either way. */
export function learn(images: readonly Image[]): (Change<Image> | null)[] {
  return batch(() => {
    const changes = images.map(take)
    settle(images)
    return changes
  })
}

/** The answer of a request that was asked before a reset is worth nothing: the reset fetches what is shown. */
export async function learnFrom<T>(asked: Promise<T>, pick: (answer: T) => readonly Image[]): Promise<T> {
  const { generation } = known()
  const answer = await asked
  if (known().generation === generation) learn(pick(answer))
  return answer
}
