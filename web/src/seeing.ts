// What is looked at in this tab: a new picture that was on the screen for a while is seen, and the server is told, once.
import { computed, effect, signal, untracked } from '@preact/signals'
import { markRead, Refused } from './api'
import { elapsed } from './clock'
import { link } from './live'
import { mayPass } from './load'
import { lookAt, nextSeen, seenBy, type Gaze } from './read-marks'
import { place } from './route'
import { known, projects } from './shelf'
import { moment } from './store'
import { hearMark, isSeen, isUnread, unread } from './unread'

/** Milliseconds between two marks, and at most so many after marks that did not arrive. */
const PAUSE = 2_000
const PAUSE_MOST = 60_000
/** So much of a card, or of the window, is to be on the screen. */
const ENOUGH = 0.5
const NOTHING: ReadonlySet<string> = new Set()

const inView = signal<ReadonlySet<string>>(NOTHING)
const isVisible = signal(document.visibilityState === 'visible')

/** What somebody may be looking at now: nothing in a hidden tab, and before the large view only its picture. */
const lookedAt = computed<ReadonlySet<string>>(() => {
  if (!isVisible.value) return NOTHING
  const { image } = place.value
  return image === null ? inView.value : new Set([image])
})

/** How many of a project's pictures are new, but for those on the screen of this tab. */
export function newIn(project: string): number {
  const among = unread.value.get(project) ?? NOTHING
  let count = 0
  for (const id of among) if (!lookedAt.value.has(id)) count += 1
  return count
}

/** How many are new in all projects. */
export const newInAll = computed(() => projects.value.reduce((sum, { id }) => sum + newIn(id), 0))

const cards = new Map<Element, string>()

const watcher = new IntersectionObserver(
  (entries) => {
    const seen = new Set(inView.value)
    for (const entry of entries) {
      const id = cards.get(entry.target)
      if (id === undefined) continue
      if (isEnough(entry)) seen.add(id)
      else seen.delete(id)
    }
    inView.value = seen
  },
  { threshold: [0, ENOUGH / 2, ENOUGH] },
)

/** On a low screen no half of a tall card may ever be seen at once. */
const isEnough = ({ intersectionRatio, intersectionRect, rootBounds }: IntersectionObserverEntry): boolean =>
  intersectionRatio >= ENOUGH || (rootBounds !== null && intersectionRect.height >= rootBounds.height * ENOUGH)

/** Watches whether a new picture's card is on the screen, until the answer is called. */
export function watchCard(id: string, card: Element): () => void {
  cards.set(card, id)
  watcher.observe(card)
  return () => {
    watcher.unobserve(card)
    cards.delete(card)
    if (!inView.value.has(id)) return
    const rest = new Set(inView.value)
    rest.delete(id)
    inView.value = rest
  }
}

let gaze: Gaze = new Map()
/** What was seen and is not told yet, by project, as the server wrote it. */
const untold = new Map<string, string>()
/** Up to when it was told, or is about to be, in microseconds: no mark is sent twice. */
const told = new Map<string, number>()
let nextAt = 0
let failures = 0
let isSending = false
let timer: number | undefined

/** Tells what is seen in this tab from now on. */
export function followSeeing(): void {
  document.addEventListener('visibilitychange', () => {
    isVisible.value = document.visibilityState === 'visible'
  })
  effect(() => {
    void unread.value
    void link.value
    const ids = [...lookedAt.value].filter(isToBeSeen)
    untracked(() => {
      gaze = lookAt(gaze, ids, elapsed())
      proceed()
    })
  })
}

export function forgetSeen(): void {
  clearTimeout(timer)
  gaze = new Map()
  untold.clear()
  told.clear()
  nextAt = failures = 0
}

function isToBeSeen(id: string): boolean {
  const image = known().images.get(id)
  return image !== undefined && isUnread(id) && moment(image.finished_at!) > (told.get(image.project) ?? 0)
}

/** Does what is due now, and comes back when the next thing is. */
function proceed(): void {
  clearTimeout(timer)
  const now = elapsed()
  const seen = seenBy(gaze, now)
  seen.forEach(note)
  gaze = new Map([...gaze].filter(([id]) => !seen.includes(id)))
  // Somebody may have seen it elsewhere while this tab could not tell.
  for (const [project, seen_at] of untold) if (isSeen({ project, seen_at })) untold.delete(project)
  const mayTell = untold.size > 0 && !isSending && link.value.state === 'live'
  if (mayTell && now >= nextAt) return void tellNext(now)
  const next = Math.min(nextSeen(gaze), mayTell ? nextAt : Infinity)
  // A timer may come a little early; it is then set once more.
  if (next < Infinity) timer = window.setTimeout(proceed, Math.max(next - now, 1))
}

/** Seen: with it all of its project that ended before. */
function note(id: string): void {
  const image = known().images.get(id)
  if (!image || !isToBeSeen(id)) return
  untold.set(image.project, image.finished_at!)
  told.set(image.project, moment(image.finished_at!))
}

/** One mark at a time. One that may yet arrive is sent again later, unless a newer one was seen meanwhile. */
async function tellNext(now: number): Promise<void> {
  const [project, seenAt] = untold.entries().next().value!
  untold.delete(project)
  isSending = true
  nextAt = now + PAUSE
  try {
    hearMark(await markRead(project, seenAt))
    failures = 0
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    if (mayPass(error)) {
      if (!untold.has(project)) untold.set(project, seenAt)
      failures += 1
      nextAt = elapsed() + Math.max((error.retryAfter ?? 0) * 1000, Math.min(PAUSE * 2 ** failures, PAUSE_MOST))
    }
  } finally {
    isSending = false
    proceed()
  }
}
