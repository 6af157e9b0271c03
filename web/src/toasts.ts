// When a person is told, and the messages that are on the screen now.
import { signal } from '@preact/signals'
import type { Image } from './contract.gen'
import { isFinished, type Store } from './store'

/** `ready` and `failed` end a wait; `late`: a canceled picture was paid for and came after all. */
export type Outcome = 'ready' | 'failed' | 'late'

/** An event and its picture's end are one transaction; anything further apart is another change of a finished picture. */
const SAME_MOMENT = 2_000

/** What a live event tells of: only the end of a generation that this tab saw unfinished, or that ends in this very event. */
export function outcomeOf(before: Image | undefined, after: Image, at: string): Outcome | null {
  return isEnd(before, after, at) ? ending(after) : null
}

/** Whether a live event ends a picture, well, badly or by a wish. */
export function isEnd(before: Image | undefined, after: Image, at: string): boolean {
  if (!isFinished(after) || (before && isFinished(before))) return false
  return before !== undefined || endsNow(after, at)
}

/** What a replay or a reset tells of, in one message: the generations that ended while this tab did not listen. */
export function outcomesSince(before: Iterable<Image>, store: Store): Map<Outcome, Image[]> {
  const found = new Map<Outcome, Image[]>()
  for (const old of before) {
    const now = store.images.get(old.id)
    if (!now || isFinished(old) || !isFinished(now)) continue
    const outcome = ending(now)
    if (outcome) found.set(outcome, [...(found.get(outcome) ?? []), now])
  }
  return found
}

function ending(image: Image): Outcome | null {
  if (image.kind !== 'generation') return null
  if (image.status === 'completed') return 'ready'
  if (image.status === 'failed') return image.trashed_at ? null : 'failed'
  return image.renditions.original ? 'late' : null
}

function endsNow(image: Image, at: string): boolean {
  return image.finished_at !== null && Math.abs(Date.parse(at) - Date.parse(image.finished_at)) <= SAME_MOMENT
}

export interface ToastAction {
  label: string
  run: () => void
  testId?: string
}

/**
 * A message; it goes by itself after `seconds`, and waits while a pointer or the focus is on it. Messages of one `group`
 * share a place on the screen: the newest says for how many it speaks.
 */
export interface Toast {
  id: number
  tone: 'good' | 'bad' | 'plain'
  text: string
  note?: string
  thumb?: string | null
  action?: ToastAction
  group?: string | undefined
  count: number
  seconds: number
}

const MOST = 4
let last = 0

export const toasts = signal<readonly Toast[]>([])

/** For how many the next message of a group will speak. */
export const nextOf = (group: string): number => 1 + (inGroup(group)?.count ?? 0)

const inGroup = (group: string | undefined): Toast | undefined =>
  group === undefined ? undefined : toasts.value.find((toast) => toast.group === group)

export function tell(toast: Omit<Toast, 'id' | 'seconds' | 'count'> & { seconds?: number }): number {
  const before = inGroup(toast.group)
  if (!before) last += 1
  const seconds = toast.seconds ?? (toast.action ? 8 : 5)
  const told: Toast = { ...toast, seconds, id: before?.id ?? last, count: 1 + (before?.count ?? 0) }
  toasts.value = before ? toasts.value.map((old) => (old === before ? told : old)) : [...toasts.value, told].slice(-MOST)
  return told.id
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id)
}
