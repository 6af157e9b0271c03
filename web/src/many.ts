// What a person does to many pictures at once: shown at once, one request, one way back.
import { explain } from './actions'
import { changeImages, makeArchive, downloadUrl, MOST_AT_ONCE, purgeImages } from './api'
import type { Image, ImageChanges } from './contract.gen'
import { t } from './i18n'
import { learnFrom } from './learn'
import { favoring, isFavorite } from './scene'
import { hiding, known, takeGone } from './shelf'
import { tell, type ToastAction } from './toasts'

type Change = Pick<ImageChanges, 'action' | 'project'>

const idsOf = (images: readonly Image[]): string[] => images.map(({ id }) => id)

/** To the trash, with a way back for all of them. */
export async function trashMany(images: readonly Image[]): Promise<void> {
  const changed = await offScreen(images, () => change(images, { action: 'trash' }))
  if (changed?.length) say(t.value.hands.deleted(changed.length), () => restoreMany(changed, true))
}

/** Out of the trash; `quietly` where it is a change taken back. */
export async function restoreMany(images: readonly Image[], quietly = false): Promise<void> {
  const changed = await offScreen(images, () => change(images, { action: 'restore' }))
  if (!changed) return
  const words = t.value.hands
  // What is still being canceled cannot come back yet.
  const late = images.length - changed.length
  if (late > 0 && !changed.length) tell({ tone: 'bad', text: words.notYet(late) })
  else if (late > 0) tell({ tone: 'plain', text: `${words.restored(changed.length)} ${words.notYet(late)}` })
  else if (!quietly) say(words.restored(changed.length), () => trashQuietly(changed))
}

const trashQuietly = (images: readonly Image[]): Promise<unknown> => offScreen(images, () => change(images, { action: 'trash' }))

export async function favorMany(images: readonly Image[], on: boolean): Promise<void> {
  const changed = await setFavorite(images, on)
  if (!changed?.length) return
  const words = t.value.hands
  say((on ? words.favored : words.unfavored)(changed.length), () => setFavorite(changed, !on))
}

/** A favourite each, unless all of them are already. */
export const switchFavorite = (images: readonly Image[]): Promise<void> => favorMany(images, !images.every(isFavorite))

async function setFavorite(images: readonly Image[], on: boolean): Promise<Image[] | null> {
  favoring.value = new Map([...favoring.value, ...images.map(({ id }) => [id, on] as const)])
  const changed = await change(images, { action: on ? 'favor' : 'unfavor' })
  const rest = new Map(favoring.value)
  images.forEach(({ id }) => rest.delete(id))
  favoring.value = rest
  return changed
}

/** Into another project; the way back leads each into its own. */
export async function moveMany(images: readonly Image[], project: string, name: string): Promise<void> {
  const homes = new Set(images.map((image) => image.project))
  const changed = await offScreen(images, () => change(images, { action: 'move', project }))
  if (!changed?.length) return
  const moved = new Set(idsOf(changed))
  const back = async (): Promise<void> => {
    for (const home of homes) {
      const mine = images.filter((image) => image.project === home && moved.has(image.id))
      if (mine.length) await change(mine, { action: 'move', project: home })
    }
  }
  say(t.value.hands.moved(changed.length, name), back)
}

/** For ever: there is no way back. */
export async function purgeMany(images: readonly Image[]): Promise<void> {
  await offScreen(images, async () => {
    const answers = await inTurns(images, purgeImages)
    if (!answers) return
    const purged = answers.flatMap(({ ids }) => ids)
    // The stream says so too, with the same versions.
    purged.forEach((id) => takeGone({ id, version: (known().images.get(id)?.version ?? 0) + 1 }))
    const needed = images.length - purged.length
    const words = t.value.hands
    const parts = [purged.length && words.purged(purged.length), needed > 0 && words.needed(needed)]
    tell({ tone: 'plain', text: parts.filter(Boolean).join(' ') })
  })
}

/** One file as it is, several in an archive. */
export async function downloadMany(images: readonly Image[]): Promise<void> {
  const stored = images.filter((image) => downloadUrl(image) !== null)
  const [first] = stored
  if (!first) return void tell({ tone: 'plain', text: t.value.hands.noFile })
  if (stored.length === 1) return save(downloadUrl(first)!)
  try {
    for (let start = 0; start < stored.length; start += MOST_AT_ONCE) {
      save((await makeArchive(idsOf(stored.slice(start, start + MOST_AT_ONCE)))).url)
    }
  } catch (error) {
    explain(error)
  }
}

function save(url: string): void {
  const link = document.createElement('a')
  link.href = url
  link.download = ''
  link.click()
}

/** Those that changed, or null where it was refused, which is said. */
async function change(images: readonly Image[], how: Change): Promise<Image[] | null> {
  const send = (ids: string[]) => learnFrom(changeImages({ ids, ...how }), (answer) => answer.images)
  const answers = await inTurns(images, send)
  return answers && answers.flatMap((answer) => answer.images)
}

/** A request takes only so many. What was answered before a refusal is kept; null where nothing was. */
async function inTurns<T>(images: readonly Image[], send: (ids: string[]) => Promise<T>): Promise<T[] | null> {
  const ids = idsOf(images)
  const answers: T[] = []
  try {
    for (let start = 0; start < ids.length; start += MOST_AT_ONCE) answers.push(await send(ids.slice(start, start + MOST_AT_ONCE)))
  } catch (error) {
    explain(error)
  }
  return answers.length ? answers : null
}

/** Not to be seen while it is asked for; a refusal brings it back. */
async function offScreen<T>(images: readonly Image[], ask: () => Promise<T>): Promise<T> {
  const ids = idsOf(images)
  hiding.value = new Set([...hiding.value, ...ids])
  try {
    return await ask()
  } finally {
    const rest = new Set(hiding.value)
    ids.forEach((id) => rest.delete(id))
    hiding.value = rest
  }
}

function say(text: string, back: () => Promise<unknown>): void {
  const action: ToastAction = { label: t.value.action.undo, run: () => void back(), testId: 'undo' }
  tell({ tone: 'plain', text, action })
}
