// The first load, and every load after a reset: the same road.
import { batch, signal } from '@preact/signals'
import { fetchImage, fetchImages, fetchMe, fetchProjects, fetchQueue, fetchTrash, fetchUnread, Refused, signIn } from './api'
import { forgetCap } from './cap'
import type { ImagePage, ProjectPage, Unread } from './contract.gen'
import { learnFrom } from './learn'
import { listen, unfinished } from './live'
import { awaitedLate, awaitOutcomes, tellAwaited } from './news'
import { settle } from './provisional'
import { forgetQueue, takeAnswer } from './queue'
import { go, parsePath, place } from './route'
import { linkExpired, me, phase } from './session'
import { clear, known, listingOf, show, startAfresh, takePage, takeProject } from './shelf'
import type { Position } from './stream'
import { recall, remember } from './preferences'
import { TRASH } from './store'
import { awaitUnread, forgetUnread, takeUnread } from './unread'

const LAST_PROJECT = 'atelier:project'

/** Lists whose pictures could not be fetched, and why. */
export const failedListings = signal<ReadonlyMap<string, Refused>>(new Map())

/** From nothing to a page that listens. A token in the address is used up first. */
export async function begin(): Promise<void> {
  clearTimeout(retry)
  if (phase.value !== 'unreachable') phase.value = 'loading'
  linkExpired.value = false
  try {
    await useToken()
    await loadAll()
    failures = 0
    phase.value = 'ready'
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    phase.value = error.code === 'not_signed_in' ? 'signed-out' : 'unreachable'
    if (phase.value === 'unreachable') retryLater()
  }
}

let failures = 0
let retry: number | undefined

/** Nobody answers: the page tries again by itself, ever less often. */
function retryLater(): void {
  const wait = Math.min(RETRY_FIRST * 2 ** failures, RETRY_MOST)
  failures += 1
  retry = window.setTimeout(() => void begin(), Math.random() * wait)
}

/** A link to sign in with was opened in a tab that is already here. */
export function followLinks(): void {
  addEventListener('hashchange', () => {
    if (location.hash.startsWith('#token=')) void begin()
  })
}

/** A link that no longer works is told of only to those who are not signed in already. */
async function useToken(): Promise<void> {
  const token = new URLSearchParams(location.hash.slice(1)).get('token')
  if (!token) return
  history.replaceState(null, '', location.pathname)
  const refused = await settled(signIn(token))
  if (!(refused instanceof Refused)) return
  if (mayPass(refused)) throw refused
  linkExpired.value = true
}

async function loadAll(): Promise<void> {
  clear()
  forgetQueue()
  forgetCap()
  forgetUnread()
  place.value = parsePath(location.pathname)
  const wanted = shownList()
  const images = wanted ? settled(fetchList(wanted, null)) : null
  // Why nothing goes ahead stands above the pictures, and would push them down if it came later.
  const queued = settled(takeAnswer(fetchQueue()))
  const [who, folders] = await Promise.all([fetchMe(), fetchProjects()])
  me.value = who
  folders.items.forEach(takeProject)
  show()
  settlePlace()
  const page = await (images ?? firstListing())
  if (wanted && page) takeListing(wanted, page)
  await queued
  void findOpenImage()
  listen(positionOf(page instanceof Refused || !page ? [folders] : [folders, page]), refetch)
  // Only now: it is read later than the stream begins, so between the two nothing can be missed, and nobody waits for it.
  void findUnread(patiently(fetchUnread, known().generation))
}

/** What came after the marks, unless another reset asks for it anew. */
async function findUnread(asked: Promise<Unread | Refused | null>): Promise<void> {
  const { generation } = known()
  const answer = await asked
  if (answer && !(answer instanceof Refused) && known().generation === generation) takeUnread(answer)
}

/** Without a project in the address: the last one this browser showed, or the first. */
function settlePlace(): void {
  const { projects } = known()
  const shown = [...projects.values()].filter((project) => project.trashed_at === null)
  if (shownList() !== null || !shown.length) return
  const last = recall(LAST_PROJECT)
  const project = shown.find(({ id }) => id === last) ?? shown[0]!
  go({ project: project.id, image: null }, 'replace')
}

async function firstListing(): Promise<ImagePage | Refused | null> {
  const { project } = place.value
  if (!project) return null
  const page = await settled(fetchImages(project, null))
  takeListing(project, page)
  return page
}

/** The list that is on the screen: a project's, or the trash. */
export const shownList = (): string | null => (place.value.trash ? TRASH : place.value.project)

const fetchList = (list: string, cursor: string | null): Promise<ImagePage> =>
  list === TRASH ? fetchTrash(cursor) : fetchImages(list, cursor)

/** The lowest seq of the pages is where the stream has to go on; pages of two epochs need a fresh start. */
function positionOf(pages: (ImagePage | ProjectPage)[]): Position | null {
  const [first, ...others] = pages
  if (!first || others.some(({ epoch }) => epoch !== first.epoch)) return null
  return { epoch: first.epoch, seq: Math.min(...pages.map(({ seq }) => seq)) }
}

/** After a reset: what is shown is fetched anew, and shown until the new is here. */
async function refetch(): Promise<void> {
  awaitOutcomes(unfinished())
  startAfresh()
  awaitUnread()
  const { generation } = known()
  const list = shownList()
  const unread = patiently(fetchUnread, generation)
  const [folders, page] = await Promise.all([
    patiently(fetchProjects, generation),
    list ? patiently(() => fetchList(list, null), generation) : null,
  ])
  if (known().generation !== generation || !folders) return
  if (folders instanceof Refused) return leave(folders)
  batch(() => {
    folders.items.forEach(takeProject)
    if (list && page) takeListing(list, page)
    show()
  })
  void findOpenImage()
  await findUnread(unread)
  // What ended in a project that is not on the screen came with what is new; a canceled one that was paid for is not new.
  await findAll(awaitedLate())
  if (known().generation === generation) tellAwaited()
}

function leave({ code }: Refused): void {
  phase.value = code === 'not_signed_in' ? 'signed-out' : 'unreachable'
}

const RETRY_FIRST = 1_000
const RETRY_MOST = 30_000

/** Asks until it is answered for good, or (null) until another reset makes the question idle. */
async function patiently<T>(ask: () => Promise<T>, generation: number): Promise<T | Refused | null> {
  for (let wait = RETRY_FIRST; known().generation === generation; wait = Math.min(wait * 2, RETRY_MOST)) {
    const answer = await settled(ask())
    if (!(answer instanceof Refused) || !mayPass(answer)) return answer
    await new Promise((go) => setTimeout(go, Math.random() * wait))
  }
  return null
}

/** Whether the same may be answered otherwise in a while. */
export const mayPass = ({ code }: Refused): boolean =>
  code === 'unreachable' || code === 'unavailable' || code === 'internal' || code === 'rate_limited'

async function settled<T>(asked: Promise<T>): Promise<T | Refused> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof Refused) return error
    throw error
  }
}

function takeListing(list: string, page: ImagePage | Refused): void {
  const failed = new Map(failedListings.value)
  if (page instanceof Refused) failed.set(list, page)
  else {
    failed.delete(list)
    takePage(list, page.items, page.next)
    settle(page.items)
  }
  failedListings.value = failed
}

/** Pages on their way, so that none is asked for twice. */
const asked = new Map<string, Promise<void>>()

/** Fetches a list's first page, or the one after what is loaded. */
export function loadMore(list: string): Promise<void> {
  const underway = asked.get(list)
  if (underway) return underway
  const { generation } = known()
  const { next } = listingOf(list)
  const fetching = settled(fetchList(list, next)).then((page) => {
    asked.delete(list)
    if (known().generation === generation) takeListing(list, page)
  })
  asked.set(list, fetching)
  return fetching
}

/** Opens a list: its pictures are fetched unless they are here, and then the stream keeps them true. */
export function visit(list: string): void {
  if (list !== TRASH) remember(LAST_PROJECT, list)
  if (!listingOf(list).loaded) void loadMore(list)
}

/** The project that was open last in this browser, if it is still there. */
export function lastProject(): string | null {
  const last = recall(LAST_PROJECT)
  return last !== null && known().projects.get(last)?.trashed_at === null ? last : null
}

/** The large view may be opened by its address on a picture that no page has brought. */
async function findOpenImage(): Promise<void> {
  const { image } = place.value
  if (image) await find(image)
}

/** Fetches one picture unless it is known; answers whether it is there. */
export async function find(id: string): Promise<boolean> {
  if (known().images.has(id)) return true
  try {
    await learnFrom(fetchImage(id), (image) => [image])
    return true
  } catch {
    return false
  }
}

/** Fetches, a few at a time, those pictures that are not known. */
export async function findAll(ids: readonly string[]): Promise<void> {
  const missing = ids.filter((id) => !known().images.has(id) && !sought.has(id))
  missing.forEach((id) => sought.add(id))
  const next = missing.values()
  const work = async (): Promise<void> => {
    for (const id of next) {
      // What is gone is not looked for again.
      if (await find(id)) sought.delete(id)
    }
  }
  await Promise.all(Array.from({ length: FINDERS }, work))
}

const FINDERS = 4
const sought = new Set<string>()
