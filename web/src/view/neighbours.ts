import { useEffect, useMemo, useRef } from 'preact/hooks'
import { restore } from '../actions'
import { fetchImage, Refused } from '../api'
import type { Image } from '../contract.gen'
import { t } from '../i18n'
import { learnFrom } from '../learn'
import { loadMore } from '../load'
import { successor } from '../looking'
import { closeImage, go, place } from '../route'
import { passes } from '../scene'
import { mayWrite } from '../session'
import { gridOf, hiding, known, listingOf } from '../shelf'
import { tell, type ToastAction } from '../toasts'

/** So near to the end of what is loaded, the next page is fetched. */
const NEAR = 3

export interface Neighbours {
  back: Image | undefined
  on: Image | undefined
  first: Image | undefined
  last: Image | undefined
  /** From 1; 0 where the picture is not among those that are loaded. */
  place: number
  count: number
  /** There are more than are counted. */
  open: boolean
}

/** Why a picture is left; `here`: this tab itself took it away, and says so by itself. */
type Reason = 'here' | 'deleted' | 'trashed' | 'moved' | 'lost' | 'unreachable'

/** The pictures around the open one. What goes away, here or elsewhere, is left for its neighbour. */
export function useNeighbours(project: string, id: string, image: Image | undefined): Neighbours {
  const grid = useMemo(() => gridOf(project), [project])
  // What is looked at stays, even if a filter lets it go meanwhile.
  const row = grid.value.filter((other) => other.renditions.preview && (passes(other) || other.id === id))
  const index = row.findIndex((neighbour) => neighbour.id === id)
  /** The row as it was when this picture was last in it. */
  const seen = useRef<{ id: string; ids: string[] } | null>(null)
  if (index >= 0) seen.current = { id, ids: row.map((neighbour) => neighbour.id) }
  const before = seen.current?.id === id ? seen.current.ids : null

  const reason = reasonOf(id, image, project, before !== null)
  /** Going back is not done at once, and one leaves but once. */
  const left = useRef<string | null>(null)
  if (left.current !== id) left.current = null
  const leave = (why: Reason): void => {
    if (left.current === id) return
    left.current = id
    const next = before && successor(id, before, row.map((neighbour) => neighbour.id))
    if (why !== 'here') explain(why, image)
    if (next) go({ project, image: next }, 'replace')
    else closeImage()
  }
  useEffect(() => {
    if (reason) leave(reason)
  }, [id, reason])

  const latest = useRef(leave)
  latest.current = leave
  useEffect(() => {
    if (!image) void seek(id).then((why) => why && place.value.image === id && latest.current(why))
  }, [id, image === undefined])

  const { next } = listingOf(project)
  const nearEnd = index >= 0 && index >= row.length - NEAR
  useEffect(() => {
    if (nearEnd && next !== null) void loadMore(project)
  }, [nearEnd, next])

  const [first, last] = [row[0], row.at(-1)]
  const around = index < 0 ? { back: undefined, on: undefined } : { back: row[index - 1], on: row[index + 1] }
  return { ...around, first, last, place: index + 1, count: row.length, open: next !== null }
}

function reasonOf(id: string, image: Image | undefined, project: string, wasHere: boolean): Reason | null {
  if (hiding.value.has(id)) return 'here'
  if (!image) return null
  if (image.trashed_at !== null) return wasHere ? 'deleted' : 'trashed'
  return wasHere && image.project !== project ? 'moved' : null
}

/** Looks for a picture that no page has brought, or that went away; null where it is there. */
async function seek(id: string): Promise<Reason | null> {
  if (known().images.has(id)) return null
  try {
    await learnFrom(fetchImage(id), (image) => [image])
    return null
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return error.code === 'not_found' ? 'lost' : 'unreachable'
  }
}

function explain(why: Exclude<Reason, 'here'>, image: Image | undefined): void {
  const action = image && wayBack(why, image)
  tell({ tone: 'plain', text: t.value.gone[why], ...(action && { action }) })
}

function wayBack(why: Reason, image: Image): ToastAction | null {
  const open = (): void => go({ project: image.project, image: image.id }, place.value.image ? 'replace' : 'push')
  if (why === 'moved') return { label: t.value.action.show, run: open }
  if (!mayWrite.value || (why !== 'deleted' && why !== 'trashed')) return null
  const bringBack = async (): Promise<void> => {
    await restore(image)
    if (known().images.get(image.id)?.trashed_at === null) open()
  }
  return { label: t.value.action.restore, run: () => void bringBack(), testId: 'restore' }
}
