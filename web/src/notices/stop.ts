// How a stop for want of credits is known again, as the server knows it. Pure.
import type { Queue } from '../contract.gen'

/** By its beginning; null where there is none. */
export function stopKey(queue: Queue | null): string | null {
  const { reason, since } = queue?.provider ?? {}
  return reason === 'out_of_credits' && since ? `credits:${Date.parse(since)}` : null
}

export const isStopKey = (key: string): boolean => key.startsWith('credits:')
