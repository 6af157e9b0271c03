// What is new to this person, as this tab knows it: the marks that the server told, held against the pictures that are known.
import { batch, computed, signal } from '@preact/signals'
import type { ReadMark, Unread as Snapshot } from './contract.gen'
import { learn } from './learn'
import { raised, unreadIn, type Marks, type Unread } from './read-marks'
import { me } from './session'
import { endingsChanged, known, membershipChanged, projects } from './shelf'
import { moment } from './store'

const NONE: Unread = new Map()
const marks = signal<Marks>(new Map())

/** Whether the marks are those of the pictures that are known; until then stays on the screen what stood there. */
const fresh = signal(false)
let last = NONE

/** Whether all that is new to this person is known here. */
export const isUnreadKnown = computed(() => fresh.value)

export const unread = computed<Unread>(() => {
  endingsChanged()
  membershipChanged()
  void projects.value
  if (fresh.value) last = unreadIn(known(), marks.value)
  return last
})

const all = computed<ReadonlySet<string>>(() => new Set([...unread.value.values()].flatMap((ids) => [...ids])))

export const isUnread = (id: string): boolean => all.value.has(id)

/** All that is known is about to be fetched anew. */
export function awaitUnread(): void {
  batch(() => {
    fresh.value = false
    marks.value = new Map()
  })
}

/** The snapshot; what the stream has told meanwhile may be newer, and stays. */
export function takeUnread(snapshot: Snapshot): void {
  batch(() => {
    snapshot.marks.forEach(hearMark)
    learn(snapshot.images)
    fresh.value = true
  })
}

/** Whether what ended then is seen already, here or elsewhere. */
export const isSeen = ({ project, seen_at }: Pick<ReadMark, 'project' | 'seen_at'>): boolean =>
  (marks.peek().get(project) ?? 0) >= moment(seen_at)

/** Marks of others who share the workspace are their own business. */
export function hearMark(mark: ReadMark): void {
  if (mark.account === me.value?.account.id) marks.value = raised(marks.value, mark)
}

export function forgetUnread(): void {
  last = NONE
  awaitUnread()
}
