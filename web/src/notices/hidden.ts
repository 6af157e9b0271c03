// A tab that is not looked at has the system tell what ended: once for all tabs, a message for each project.
import type { Image } from '../contract.gen'
import { fileUrl, Refused } from '../api'
import { elapsed } from '../clock'
import { t } from '../i18n'
import { mayPass } from '../load'
import { worker } from '../renew'
import { language } from '../preferences'
import { me } from '../session'
import { known, projects } from '../shelf'
import { isSeen } from '../unread'
import { keyOf } from '../outcomes'
import { keptDevice, notTold, telling } from './kept'
import { showMessage, showWritten, type Inside } from './message'
import { putAwaySoon } from './put-away'
import { fetchUntold, tellShown } from './requests'
import { isOn } from './this-device'
import { Waiting } from './waiting'
import { wordsFor } from './wording'

const waiting = new Waiting()
let timer: number | undefined

/** What ended, by its keys: also what was canceled, for it may have been the last of a batch. */
export function tellHidden(keys: readonly string[]): void {
  if (!isOn.value) return waiting.clear()
  waiting.add(keys, elapsed())
  const wait = waiting.wait(elapsed())
  if (wait !== null) timer ??= window.setTimeout(() => void proceed(), wait)
}

/** Told late rather than never: who does not answer is asked again, until somebody looks and the page itself tells. */
async function proceed(): Promise<void> {
  const keys = waiting.due(elapsed())
  try {
    if (isLookedAt()) waiting.clear()
    else if (keys.length) await tellThose(keys)
    waiting.settle(keys, elapsed())
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    if (mayPass(error)) waiting.postpone(elapsed())
    else waiting.settle(keys, elapsed())
  } finally {
    timer = undefined
    tellHidden([])
  }
}

const isLookedAt = (): boolean => document.visibilityState === 'visible'

async function tellThose(keys: readonly string[]): Promise<void> {
  const home = await worker()?.getRegistration()
  const untold = home ? await notTold(keys) : []
  if (!home || !untold.length) return
  const device = await keptDevice()
  const { outcomes, elsewhere, messages } = await fetchUntold({ outcomes: untold, device: device?.id ?? null, language: language.value })
  await telling(elsewhere, 'elsewhere')
  // Whoever has come meanwhile was told by the page.
  if (isLookedAt()) return
  const shown: string[] = []
  for (const message of messages) shown.push(...(await telling(message.outcomes, 'system', (fresh) => (fresh.length ? showWritten(home, message, language.value) : nothing()))))
  const whole = new Set(messages.flatMap(({ outcomes }) => outcomes))
  shown.push(...(await tellEach(home, outcomes.filter((key) => !whole.has(key)))))
  putAwaySoon()
  if (shown.length && device) await tellShown(shown, device.id)
}

const nothing = async (): Promise<void> => undefined

/** A message for each project; those of which it was told. */
async function tellEach(home: ServiceWorkerRegistration, keys: readonly string[]): Promise<string[]> {
  const images = imagesOf(keys)
  const shown: string[] = []
  for (const project of new Set(images.map(({ project }) => project))) {
    const some = images.filter((image) => image.project === project)
    shown.push(...(await telling(some.map(keyOf), 'system', (fresh) => show(home, project, some.filter((image) => fresh.includes(keyOf(image)) && isUnseen(image))))))
  }
  return shown
}

const imagesOf = (keys: readonly string[]): Image[] => keys.flatMap((key) => known().images.get(key.split(':')[0]!) ?? [])

const isUnseen = ({ project, finished_at }: Image): boolean => finished_at !== null && !isSeen({ project, seen_at: finished_at })

/** An event from before this was written down lacks it. */
export const isMine = ({ author }: Image): boolean => author === undefined || author === me.value?.account.id

/** Together with what the message it takes the place of has told, unless that was put away. */
async function show(home: ServiceWorkerRegistration, project: string, images: readonly Image[]): Promise<void> {
  if (!images.length) return
  const [before] = await home.getNotifications({ tag: project })
  const outcomes = [...new Set([...((before?.data as Inside | undefined)?.outcomes ?? []), ...images.map(keyOf)])]
  const all = imagesOf(outcomes)
  const name = projects.value.find(({ id }) => id === project)?.name ?? ''
  const { title, body } = wordsFor(t.value, all, name)
  const [first] = all.filter(({ status }) => status === 'completed')
  const thumb = first && fileUrl(first, 'thumb')
  const url = all.length === 1 ? `/p/${project}/i/${all[0]!.id}` : `/p/${project}`
  const picture = thumb ? new URL(thumb, location.href).href : null
  await showMessage(home, { tag: project, title, body, picture, url, outcomes, language: language.value })
}
