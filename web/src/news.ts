// Tells what became of pictures, each once in each tab that is looked at.
import { fileUrl, restoreImage } from './api'
import type { Image } from './contract.gen'
import { t } from './i18n'
import { learn } from './learn'
import { isToldHere, keyOf, leftToTell, noteOutcomes } from './outcomes'
import { go, place } from './route'
import { known } from './shelf'
import { isFinished } from './store'
import { isEnd, nextOf, outcomeOf, outcomesSince, tell, type Outcome, type ToastAction } from './toasts'

/** Endings that came while nobody looked; told in one message when somebody does. */
const unseen = new Map<string, Image>()

/** What was waited for when all was forgotten, until it is known anew how each of them stands. */
const awaited = new Map<string, Image>()

export function tellOutcome(before: Image | undefined, after: Image, at: string): void {
  const isHidden = document.visibilityState !== 'visible'
  // What was canceled is told to nobody, but it may have been the last of its batch.
  if (isHidden && isEnd(before, after, at)) noteOutcomes([after], 'hidden')
  const outcome = outcomeOf(before, after, at)
  if (!outcome) return
  awaited.delete(after.id)
  if (isToldHere(keyOf(after))) return
  if (!isHidden) return tellOne(outcome, after)
  if (before) unseen.set(after.id, before)
}

/** At most one message for all that ended unseen. */
export function tellMissed(before: Iterable<Image>): void {
  if (document.visibilityState !== 'visible') {
    for (const image of before) if (!unseen.has(image.id)) unseen.set(image.id, image)
    noteOutcomes([...before].flatMap(({ id }) => known().images.get(id) ?? []).filter(isFinished), 'hidden')
    return
  }
  const news = [...before].filter(({ id }) => !isTold(id))
  const outcomes = outcomesSince(news, known())
  const all = [...outcomes.values()].flat()
  const [first] = all
  if (!first) return
  if (all.length === 1) return tellOne([...outcomes.keys()][0]!, first)
  tellSummary(outcomes)
  noteOutcomes(all, 'shown')
}

function isTold(id: string): boolean {
  const image = known().images.get(id)
  return image !== undefined && isToldHere(keyOf(image))
}

/** These are about to be forgotten by a reset; `tellAwaited` tells what became of them. */
export function awaitOutcomes(waited: Iterable<Image>): void {
  for (const image of waited) if (!awaited.has(image.id)) awaited.set(image.id, image)
}

/** Those among them that may have ended in the trash, where nothing is new. */
export const awaitedLate = (): string[] => [...awaited.values()].filter((image) => image.cancel_requested).map(({ id }) => id)

/** Once all that can be known of them is. What ended within sight meanwhile was told then. */
export function tellAwaited(): void {
  const before = [...awaited.values()]
  awaited.clear()
  tellMissed(before)
}

export function followVisibility(): void {
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible') return
    const before = [...unseen.values()]
    unseen.clear()
    if (before.length) void tellLeft(before)
  })
}

/** What the system has told meanwhile on this device need not be told again. */
async function tellLeft(before: readonly Image[]): Promise<void> {
  const ended = before.flatMap(({ id }) => known().images.get(id) ?? [])
  const left = new Set((await leftToTell(ended)).map(({ id }) => id))
  tellMissed(before.filter(({ id }) => left.has(id)))
}

function tellOne(outcome: Outcome, image: Image): void {
  noteOutcomes([image], 'shown')
  // Who looks at it sees what became of it.
  if (place.value.image === image.id) return
  const words = t.value
  const note = image.prompt
  const thumb = fileUrl(image, 'thumb')
  if (outcome === 'late') return void tell({ tone: 'good', text: words.toast.late, note, thumb, action: restore(image) })
  // Pictures of one request end one after the other: one message counts them.
  const group = `${outcome}:${image.batch ?? image.id}`
  const count = nextOf(group)
  if (outcome === 'ready') {
    const text = count > 1 ? words.toast.readyCount(count) : words.toast.ready
    tell({ tone: 'good', text, note, thumb, action: view(image), group })
  } else {
    const text = count > 1 ? words.toast.failedCount(count) : why(image)
    tell({ tone: 'bad', text, note, action: viewGrid(image), group })
  }
}

function why({ error }: Image): string {
  const words = t.value
  return (error && words.problems[error.code]) ?? words.toast.failed
}

function tellSummary(outcomes: Map<Outcome, Image[]>): void {
  const words = t.value
  const ready = outcomes.get('ready') ?? []
  const failed = outcomes.get('failed') ?? []
  const late = outcomes.get('late') ?? []
  const parts = [
    ready.length && words.toast.readyCount(ready.length),
    failed.length && words.toast.failedCount(failed.length),
    late.length && words.toast.lateCount(late.length),
  ].filter(Boolean)
  const [first] = ready
  const tone = ready.length ? 'good' : failed.length ? 'bad' : 'plain'
  const shown = first ? { thumb: fileUrl(first, 'thumb'), action: view(first) } : {}
  tell({ tone, text: parts.join(' '), ...shown })
}

const view = ({ project, id }: Image): ToastAction => ({
  label: t.value.action.view,
  run: () => go({ project, image: id }),
  testId: 'toast-view',
})

const viewGrid = ({ project, id }: Image): ToastAction => ({
  label: t.value.action.show,
  run: () => {
    go({ project, image: null })
    requestAnimationFrame(() => document.querySelector(`[data-id="${id}"]`)?.scrollIntoView({ block: 'center' }))
  },
})

const restore = (image: Image): ToastAction => ({
  label: t.value.action.restore,
  run: () => void restoreImage(image.id).then((back) => learn([back]), () => undefined),
})
