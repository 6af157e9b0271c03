// The outcomes as they are listed: those of one request that ended alike are one line. Pure.
import type { Image } from '../contract.gen'
import { moment } from '../store'

/** `images`: last ended first; `key` stays while more of them end. */
export interface Group {
  key: string
  kind: 'ready' | 'failed'
  images: readonly [Image, ...Image[]]
}

/** So many outcomes are listed, as the server lists them. */
export const MOST = 50

export const isOutcome = ({ kind, status, trashed_at, finished_at }: Image): boolean =>
  kind === 'generation' && (status === 'completed' || status === 'failed') && trashed_at === null && finished_at !== null

/** The last of them, last ended first. */
export function groupsOf(images: Iterable<Image>): Group[] {
  const last = [...images].filter(isOutcome).sort((a, b) => moment(b.finished_at!) - moment(a.finished_at!) || (a.id < b.id ? 1 : -1))
  const groups = new Map<string, Group>()
  for (const image of last.slice(0, MOST)) {
    const kind = image.status === 'completed' ? 'ready' : 'failed'
    const key = `${kind}:${image.project}:${image.batch ?? image.id}`
    const group = groups.get(key)
    groups.set(key, group ? { ...group, images: [...group.images, image] } : { key, kind, images: [image] })
  }
  return [...groups.values()]
}
