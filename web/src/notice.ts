// Which one sentence stands over the pictures when they do not go ahead. Pure.
import type { Halt, Queue } from './contract.gen'

/** `paused` is this workspace's own pause; the others are the provider's or the operator's. */
export type NoticeKind = 'paused' | Halt

/** `until`: when it is tried again; null where somebody must act, or where it is being tried now. */
export interface Notice {
  kind: NoticeKind
  until: string | null
  waiting: number
}

/** First what a person of this workspace can lift; a short wait that holds nothing of theirs up is not worth a word. */
export function noticeOf(queue: Queue | null): Notice | null {
  if (!queue) return null
  const { paused, provider, waiting, in_flight } = queue
  if (paused) return { kind: 'paused', until: null, waiting }
  const { reason, until } = provider
  if (!reason || (reason === 'rate_limited' && waiting + in_flight === 0)) return null
  return { kind: reason, until: passesByItself(reason) ? until : null, waiting }
}

/** What no waiting mends: somebody has to act. */
export const isStop = (kind: NoticeKind): boolean => kind === 'out_of_credits' || kind === 'bad_key'

export const passesByItself = (kind: NoticeKind): boolean => !isStop(kind) && kind !== 'held' && kind !== 'paused'

/** Seconds as a clock shows them: `0:07`, `12:30`, `1:02:03`. */
export function countdown(seconds: number): string {
  const left = Math.max(0, Math.ceil(seconds))
  const parts = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60]
  const shown = parts[0] ? parts : parts.slice(1)
  return shown.map((part, index) => (index ? String(part).padStart(2, '0') : String(part))).join(':')
}
