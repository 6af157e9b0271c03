// What a person has seen: a picture is new until it was looked at for a while, here or anywhere. No signals and no DOM in here.
import type { Image, Project, ReadMark } from './contract.gen'
import { moment, type Store } from './store'

/** Up to when a project's pictures are seen, by project, in microseconds. */
export type Marks = ReadonlyMap<string, number>

/** New pictures by project. */
export type Unread = ReadonlyMap<string, ReadonlySet<string>>

/** With the mark, or (the very same) without one that has risen beyond it: in any order they come to the same. */
export function raised(marks: Marks, { project, seen_at }: ReadMark): Marks {
  const seen = moment(seen_at)
  return seen > (marks.get(project) ?? 0) ? new Map(marks).set(project, seen) : marks
}

/** What ended after its project's mark, after the project was made, and after it was last moved by hand. */
export function unreadIn({ images, projects }: Store, marks: Marks): Unread {
  const found = new Map<string, Set<string>>()
  const since = new Map<string, number>()
  for (const project of projects.values()) if (project.trashed_at === null) since.set(project.id, readUpTo(project, marks))
  for (const image of images.values()) {
    const from = since.get(image.project)
    if (from === undefined || !mayBeNew(image) || moment(image.finished_at!) <= Math.max(from, movedAt(image))) continue
    const among = found.get(image.project)
    if (among) among.add(image.id)
    else found.set(image.project, new Set([image.id]))
  }
  return found
}

const readUpTo = ({ id, created_at }: Project, marks: Marks): number => Math.max(moment(created_at), marks.get(id) ?? 0)

/** An event from before this was written down lacks it. */
const movedAt = ({ moved_at }: Image): number => (moved_at ? moment(moved_at) : 0)

const mayBeNew = ({ kind, status, trashed_at }: Image): boolean =>
  kind === 'generation' && (status === 'completed' || status === 'failed') && trashed_at === null

/** So long, in milliseconds, is a picture looked at before it is seen. */
export const SEEN_AFTER = 1_500

/** Since when each picture is looked at without a break. */
export type Gaze = ReadonlyMap<string, number>

/** The gaze at `now`: it goes on where it was, and ends where it is no longer. */
export const lookAt = (gaze: Gaze, ids: Iterable<string>, now: number): Gaze =>
  new Map([...ids].map((id) => [id, gaze.get(id) ?? now]))

/** What has been looked at for long enough. */
export const seenBy = (gaze: Gaze, now: number): string[] =>
  [...gaze].filter(([, since]) => now - since >= SEEN_AFTER).map(([id]) => id)

/** When the next picture will have been looked at for long enough; infinity where none is. */
export const nextSeen = (gaze: Gaze): number => Math.min(...gaze.values()) + SEEN_AFTER
