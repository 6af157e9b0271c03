import type { Queue } from '../src/contract.gen'

/** A queue as the server tells it, with what a test cares about. */
export function queueOf(places: Record<string, number> = {}, changes: Partial<Queue> = {}): Queue {
  return {
    paused: false,
    provider: { reason: null, since: null, until: null, credits: null },
    in_flight: 0,
    waiting: Object.keys(places).length,
    places,
    ...changes,
  }
}
