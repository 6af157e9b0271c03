// What a person does to a picture or a project: shown at once, taken back with a sentence where the server refuses.
import { signal } from '@preact/signals'
import {
  cancelImage,
  editImage,
  makeProject,
  Refused,
  renameProject,
  restoreImage,
  retryImage,
  signOut,
  trashImage,
} from './api'
import { capSentence, forgetCap, meetCap } from './cap'
import type { Image, Project } from './contract.gen'
import { forgetDrafts } from './draft'
import { t } from './i18n'
import { learnFrom } from './learn'
import { lastProject } from './load'
import { hold, secondsLeft } from './rate'
import { go, place } from './route'
import { phase } from './session'
import { hiding, takeProject } from './shelf'
import { openSpending } from './spending'
import { tell } from './toasts'
import { uuid } from './uuid'

const one = (image: Image): Image[] => [image]

/** Says why it was not done; a session that ended leads to the door. */
export function explain(error: unknown): void {
  if (!(error instanceof Refused)) throw error
  if (error.code === 'not_signed_in') phase.value = 'signed-out'
  else if (error.money) {
    meetCap(error)
    tell({ tone: 'bad', text: capSentence(error.money), action: { label: t.value.money.title, run: openSpending } })
  } else tell({ tone: 'bad', text: t.value.errors[error.code](error) })
}

/** Pictures whose cancellation is under way: shown as such, and not asked for twice. */
export const canceling = signal<ReadonlySet<string>>(new Set())

export const cancel = (image: Image): Promise<void> =>
  showCanceling([image], attempt(learnFrom(cancelImage(image.id), one).then(forgetCap)))

/** Shows the pictures as being canceled while that is asked. */
export async function showCanceling(images: readonly Image[], asked: Promise<void>): Promise<void> {
  canceling.value = new Set([...canceling.value, ...images.map(({ id }) => id)])
  await asked
  const rest = new Set(canceling.value)
  images.forEach(({ id }) => rest.delete(id))
  canceling.value = rest
}

/** To the trash, with a way back. */
export async function trash(image: Image): Promise<void> {
  hiding.value = new Set(hiding.value).add(image.id)
  try {
    await learnFrom(trashImage(image.id), one)
    const undo = { label: t.value.action.undo, run: () => void restore(image), testId: 'undo' }
    tell({ tone: 'plain', text: t.value.toast.deleted, action: undo })
  } catch (error) {
    explain(error)
  } finally {
    const rest = new Set(hiding.value)
    rest.delete(image.id)
    hiding.value = rest
  }
}

export const restore = (image: Image): Promise<void> => attempt(learnFrom(restoreImage(image.id), one))
export const favor = (image: Image): Promise<void> =>
  attempt(learnFrom(editImage(image.id, { favorite: !image.favorite }), one))

/** One key for one failed try, so that an answer that got lost is not paid for twice. */
const retryKeys = new Map<string, string>()

export async function retry(image: Image): Promise<void> {
  if (secondsLeft.value > 0) return
  const failedTry = `${image.id}:${image.version}`
  const key = retryKeys.get(failedTry) ?? uuid()
  retryKeys.set(failedTry, key)
  try {
    await learnFrom(retryImage(image.id, key), one)
  } catch (error) {
    if (error instanceof Refused && error.code === 'rate_limited') hold(error.retryAfter ?? 1)
    explain(error)
  }
}

export async function addProject(): Promise<Project | null> {
  try {
    const project = await makeProject(t.value.project.unnamed, uuid())
    takeProject(project)
    go({ project: project.id, image: null })
    return project
  } catch (error) {
    explain(error)
    return null
  }
}

/** The project that is open, or was before the trash was; a new one where there is none. */
export async function someProject(): Promise<string | null> {
  const before = place.value.trash ? lastProject() : null
  if (before) go({ project: before, image: null })
  return place.value.project ?? (await addProject())?.id ?? null
}

export async function rename(project: Project, name: string): Promise<void> {
  const wanted = name.trim()
  if (!wanted || wanted === project.name) return
  await attempt(renameProject(project.id, wanted).then(takeProject))
}

export async function leave(): Promise<void> {
  try {
    await signOut()
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== 'not_signed_in') return explain(error)
  }
  forgetDrafts()
  phase.value = 'signed-out'
}

async function attempt(asked: Promise<unknown>): Promise<void> {
  try {
    await asked
  } catch (error) {
    explain(error)
  }
}

