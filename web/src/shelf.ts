// The store as signals: what the views read. A card reads its own picture's signal, so an event draws one card again.
import { batch, computed, signal, type ReadonlySignal, type Signal } from '@preact/signals'
import type { Image, Project, Tombstone } from './contract.gen'
import {
  bury,
  emptyStore,
  mergeImage,
  mergePage,
  mergeProject,
  shownImages,
  shownProjects,
  type Change,
  type Store,
} from './store'

let store: Store = emptyStore()
let held = false

const pictures = new Map<string, Signal<Image>>()
const membership = signal(0)
const endings = signal(0)

export const projects = signal<Project[]>([])

/** Pictures whose list is about to change, by a request that is still under way: gone from the screen already. */
export const hiding = signal<ReadonlySet<string>>(new Set())

/** The rules' own value, for those that ask without drawing. */
export const known = (): Store => store

export const pictureOf = (id: string): Signal<Image> | undefined => pictures.get(id)

/** The picture as it is known now; reading it in a view draws the view again when the picture changes or arrives. */
export function readPicture(id: string): Image | undefined {
  const picture = pictures.get(id)
  if (!picture) void membership.value
  return picture?.value
}

/** The loaded pictures of one project's grid, or of the trash. */
export function gridOf(list: string): ReadonlySignal<Image[]> {
  let last: Image[] = []
  return computed(() => {
    void membership.value
    const gone = hiding.value
    if (!held) last = shownImages(store, list)
    return gone.size ? last.filter((image) => !gone.has(image.id)) : last
  })
}

/** Whether the first page of a list is here, and whether more can be asked for. */
export function listingOf(list: string): { loaded: boolean; next: string | null } {
  void membership.value
  const listing = store.listings.get(list)
  return { loaded: listing !== undefined, next: listing?.next ?? null }
}

export function take(image: Image): Change<Image> | null {
  const change = mergeImage(store, image)
  if (change) publish(change)
  return change
}

export function takeAll(images: Image[]): void {
  batch(() => images.forEach(take))
}

export function takePage(list: string, items: Image[], next: string | null): void {
  batch(() => {
    mergePage(store, list, items, next).forEach(publish)
    bump()
  })
}

export function takeProject(project: Project): void {
  if (mergeProject(store, project) && !held) projects.value = shownProjects(store)
}

export function takeGone(tombstone: Tombstone): void {
  if (!bury(store, tombstone)) return
  if (!store.images.has(tombstone.id)) pictures.delete(tombstone.id)
  batch(() => {
    if (!held) projects.value = shownProjects(store)
    bump()
  })
}

/** Forgets everything, but leaves it on the screen until `show`, so that a reset does not blank the page. */
export function startAfresh(): Store {
  const before = store
  store = emptyStore(before.generation + 1)
  held = true
  return before
}

/** Shows what has been learnt since `startAfresh`. */
export function show(): void {
  held = false
  batch(() => {
    for (const id of pictures.keys()) if (!store.images.has(id)) pictures.delete(id)
    projects.value = shownProjects(store)
    bump()
  })
}

/** Signed out: nothing of it may stay. */
export function clear(): void {
  startAfresh()
  show()
}

function publish({ before, after }: Change<Image>): void {
  const picture = pictures.get(after.id)
  if (picture) picture.value = after
  else pictures.set(after.id, signal(after))
  const moved =
    !before ||
    before.trashed_at !== after.trashed_at ||
    before.project !== after.project ||
    before.favorite !== after.favorite
  if (moved) bump()
  if (!held && before?.finished_at !== after.finished_at) endings.value += 1
}

/** Draws again whoever reads it when a picture comes, goes, moves or becomes a favourite. */
export const membershipChanged = (): void => void membership.value

/** Draws again whoever reads it when a picture ends, or begins anew. */
export const endingsChanged = (): void => void endings.value

function bump(): void {
  if (!held) membership.value += 1
}
