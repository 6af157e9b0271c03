// Frames of the live stream, and whether they keep their word.
import type { Catchup, Replay, ServerFrame } from './contract.gen'

export function parse(data: unknown): ServerFrame | null {
  try {
    return JSON.parse(String(data)) as ServerFrame
  } catch {
    return null
  }
}

/** Whether every number of a replay is there. */
export const isWhole = ({ from, to, events }: Replay): boolean =>
  to === from - 1 + events.length && events.every(({ seq }, index) => seq === from + index)

/** Whether the numbers of a catch-up rise within its bounds. */
export const isInOrder = ({ from, to, events }: Catchup): boolean =>
  events.every(({ seq }, index) => seq > (events[index - 1]?.seq ?? from - 1) && seq <= to)
