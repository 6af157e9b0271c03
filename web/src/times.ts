// How long a picture took, and how much of that was waiting. Pure.
import type { Image } from './contract.gen'

/** Seconds; `generated` and `waited` are null where the provider did not say when it began and ended. */
export interface Times {
  took: number
  generated: number | null
  waited: number | null
}

/** Null for what is not finished. The provider's own times are only compared with each other: its clock is not ours. */
export function timesOf({ created_at, finished_at, metadata }: Pick<Image, 'created_at' | 'finished_at' | 'metadata'>): Times | null {
  if (!finished_at) return null
  const took = (Date.parse(finished_at) - Date.parse(created_at)) / 1000
  const generated = (momentOf(metadata.completeTime) - momentOf(metadata.createTime)) / 1000
  if (!(generated >= 0 && generated <= took)) return { took, generated: null, waited: null }
  return { took, generated, waited: took - generated }
}

function momentOf(told: unknown): number {
  if (typeof told === 'number') return told
  return typeof told === 'string' ? Date.parse(told) : NaN
}
