// What this tab knows of the workspace, and the rules by which it learns. Pages and events commute: the order in which
// they arrive makes no difference. No signals and no DOM in here.
import type { Image, Project, Tombstone } from './contract.gen'

/** An entity that carries its version. */
interface Versioned {
  id: string
  version: number
}

/** The trash is a list like a project's; no project has this id. */
export const TRASH = 'trash'

/** A list's pictures are known down to `oldest` (in its own order); `next` asks for more. */
export interface Listing {
  oldest: number | null
  next: string | null
}

/** `generation` rises with each reset: what was asked for before it is worth nothing. */
export interface Store {
  generation: number
  images: Map<string, Image>
  projects: Map<string, Project>
  tombstones: Map<string, number>
  listings: Map<string, Listing>
}

/** What a merge changed; `before` is undefined for something new. */
export interface Change<T> {
  before: T | undefined
  after: T
}

export function emptyStore(generation = 0): Store {
  return { generation, images: new Map(), projects: new Map(), tombstones: new Map(), listings: new Map() }
}

export const mergeImage = (store: Store, image: Image): Change<Image> | null => merge(store, store.images, image)

export const mergeProject = (store: Store, project: Project): Change<Project> | null =>
  merge(store, store.projects, project)

/** The higher version wins; what is at or below a remembered tombstone is dropped. */
function merge<T extends Versioned>(store: Store, known: Map<string, T>, fresh: T): Change<T> | null {
  const grave = store.tombstones.get(fresh.id)
  if (grave !== undefined && fresh.version <= grave) return null
  const before = known.get(fresh.id)
  if (before && before.version >= fresh.version) return null
  known.set(fresh.id, fresh)
  return { before, after: fresh }
}

/** Gone for good; answers whether anything known went with it. A newer row than the tombstone stays. */
export function bury(store: Store, tombstone: Tombstone): boolean {
  const { id, version } = tombstone
  const grave = store.tombstones.get(id)
  if (grave === undefined || grave < version) store.tombstones.set(id, version)
  const goes = (known: Versioned | undefined): boolean => known !== undefined && known.version <= version
  const image = goes(store.images.get(id)) && store.images.delete(id)
  const project = goes(store.projects.get(id)) && store.projects.delete(id)
  return image || project
}

/** Takes a page of a list's pictures in, and with it the interval in which insertions are shown. */
export function mergePage(store: Store, list: string, items: Image[], next: string | null): Change<Image>[] {
  const changes = items.flatMap((image) => mergeImage(store, image) ?? [])
  const last = items.at(-1)
  const oldest = next === null || !last ? null : placeIn(list, last)
  store.listings.set(list, { oldest, next })
  return changes
}

/** The list in which a picture is. */
const listOf = (image: Image): string => (image.trashed_at === null ? image.project : TRASH)

/** What a list is ordered by, in microseconds. */
const placeIn = (list: string, image: Image): number => moment(list === TRASH ? (image.trashed_at ?? image.created_at) : image.created_at)

/** Whether a picture is to be seen in its list as far as that is loaded. */
export function isShown(store: Store, image: Image): boolean {
  const list = listOf(image)
  const listing = store.listings.get(list)
  return listing !== undefined && (listing.oldest === null || placeIn(list, image) >= listing.oldest)
}

/** The pictures of a project's grid, newest first, or of the trash, last trashed first, as the server orders them. */
export function shownImages(store: Store, list: string): Image[] {
  const found: Image[] = []
  for (const image of store.images.values()) {
    if (listOf(image) === list && isShown(store, image)) found.push(image)
  }
  return found.sort(list === TRASH ? lastTrashedFirst : newestFirst)
}

/** Projects that are not in the trash, oldest first. */
export function shownProjects(store: Store): Project[] {
  const found = [...store.projects.values()].filter((project) => project.trashed_at === null)
  return found.sort((a, b) => moment(a.created_at) - moment(b.created_at) || compare(a.id, b.id))
}

export function newestFirst(a: Image, b: Image): number {
  return moment(b.created_at) - moment(a.created_at) || b.position - a.position || compare(b.id, a.id)
}

function lastTrashedFirst(a: Image, b: Image): number {
  return placeIn(TRASH, b) - placeIn(TRASH, a) || a.position - b.position || compare(a.id, b.id)
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Microseconds since 1970 of a time as the server writes it; a Date alone would cut them off. */
export function moment(iso: string): number {
  const fraction = /\.(\d+)/.exec(iso)?.[1] ?? ''
  const beyond = Number(fraction.slice(3, 6).padEnd(3, '0'))
  return Date.parse(iso) * 1000 + beyond
}

export const isFinished = (image: Image): boolean =>
  image.status === 'completed' || image.status === 'failed' || image.status === 'canceled'
