// A tab that is not looked at has the system tell what ended: once for all tabs, a message for each project.
import type { Image } from '../contract.gen'
import { fileUrl, Refused } from '../api'
import { t } from '../i18n'
import { worker } from '../renew'
import { language } from '../preferences'
import { me } from '../session'
import { known, projects } from '../shelf'
import { isSeen } from '../unread'
import { keyOf } from '../outcomes'
import { isWanted } from './choices'
import { recentDevices } from './devices'
import { keptDevice, telling } from './kept'
import { showMessage, type Inside } from './message'
import { putAwaySoon } from './put-away'
import { fetchChoices, tellShown } from './requests'
import { isOn } from './this-device'
import { wordsFor } from './wording'

/** Milliseconds that a tab in front, here or elsewhere, has to tell it first. */
const FIRST = 1_000

const waiting = new Set<string>()
let timer: number | undefined

export function tellHidden(images: readonly Image[]): void {
  if (!isOn.value) return
  for (const { id } of images) waiting.add(id)
  timer ??= window.setTimeout(() => {
    timer = undefined
    const ids = [...waiting]
    waiting.clear()
    void tellThose(ids)
  }, FIRST)
}

async function tellThose(ids: readonly string[]): Promise<void> {
  const home = await worker()?.getRegistration()
  if (!home || !isOn.value || document.visibilityState === 'visible') return
  try {
    const images = await wantedOf(ids)
    const shown: string[] = []
    for (const project of new Set(images.map(({ project }) => project))) {
      const some = images.filter((image) => image.project === project)
      const fresh = await telling(some.map(keyOf), 'system', (keys) => show(home, project, some.filter((image) => keys.includes(keyOf(image)) && isUnseen(image))))
      shown.push(...some.filter((image) => fresh.includes(keyOf(image))).map(({ id }) => id))
    }
    putAwaySoon()
    const device = await keptDevice()
    if (shown.length && device) await tellShown(shown, device.id)
  } catch (error) {
    // Nobody can be told that nobody could be told: the push comes, or the page says so when it is looked at.
    if (!(error instanceof Refused)) throw error
  }
}

/** Those that are mine, wanted, and not seen anywhere by now. */
async function wantedOf(ids: readonly string[]): Promise<Image[]> {
  const store = known()
  const all = ids.flatMap((id) => store.images.get(id) ?? []).filter(isUnseen)
  if (!all.length) return []
  const [choices, device] = await Promise.all([fetchChoices(), thisDevice()])
  const batchOf = (image: Image): Image[] => [...store.images.values()].filter(({ batch }) => batch !== null && batch === image.batch)
  return all.filter((image) => isMine(image) && isWanted(image, batchOf(image), choices, device?.off ?? []))
}

const isUnseen = ({ project, finished_at }: Image): boolean => finished_at !== null && !isSeen({ project, seen_at: finished_at })

/** An event from before this was written down lacks it. */
export const isMine = ({ author }: Image): boolean => author === undefined || author === me.value?.account.id

async function thisDevice() {
  const kept = await keptDevice()
  return kept && (await recentDevices()).items.find(({ id }) => id === kept.id)
}

/** Together with what the message it takes the place of has told, unless that was put away. */
async function show(home: ServiceWorkerRegistration, project: string, images: readonly Image[]): Promise<void> {
  if (!images.length) return
  const [before] = await home.getNotifications({ tag: project })
  const outcomes = [...new Set([...((before?.data as Inside | undefined)?.outcomes ?? []), ...images.map(keyOf)])]
  const all = outcomes.flatMap((key) => known().images.get(key.split(':')[0]!) ?? [])
  const name = projects.value.find(({ id }) => id === project)?.name ?? ''
  const { title, body } = wordsFor(t.value, all, name)
  const [first] = all.filter(({ status }) => status === 'completed')
  const thumb = first && fileUrl(first, 'thumb')
  const url = all.length === 1 ? `/p/${project}/i/${all[0]!.id}` : `/p/${project}`
  const picture = thumb ? new URL(thumb, location.href).href : null
  await showMessage(home, { tag: project, title, body, picture, url, outcomes, language: language.value })
}
