// What is done to the selected pictures, or to the one that has the focus: by the bar and by the keys alike.
import type { Image } from '../contract.gen'
import { t } from '../i18n'
import { shownList } from '../load'
import { downloadMany, moveMany, purgeMany, restoreMany, switchFavorite, trashMany } from '../many'
import { place } from '../route'
import { selected, orderNow, isFavorite, favoritesOnly } from '../scene'
import { inOrder, NOTHING, retain } from '../selection'
import { mayWrite } from '../session'
import { pictureOf } from '../shelf'
import { confirm } from './Confirm'
import { focusedCard, keepFocus } from './focus-grid'

/** The selected pictures as they stand, or else the one that has the focus. */
export function targets(): Image[] {
  const ids = inOrder(selected.value, orderNow())
  const focused = focusedCard()?.dataset.id
  return (ids.length || focused === undefined ? ids : [focused]).flatMap((id) => pictureOf(id)?.value ?? [])
}

export const clearSelection = (): void => void (selected.value = NOTHING)

/** In the trash this is for ever, and asked about. */
export async function remove(images = targets()): Promise<void> {
  if (!images.length || !mayWrite.value) return
  if (place.value.trash) return purge(images)
  await sendAway(images, () => trashMany(images))
}

async function purge(images: Image[]): Promise<void> {
  const words = t.value.bin
  if (!(await confirm({ title: words.purgeTitle(images.length), text: words.purgeText, yes: words.purge, no: words.purgeNo(images.length) }))) return
  await sendAway(images, () => purgeMany(images))
}

export async function bringBack(images = targets()): Promise<void> {
  if (!images.length || !mayWrite.value || !place.value.trash) return
  await sendAway(images, () => restoreMany(images))
}

export async function favorite(images = targets()): Promise<void> {
  if (!images.length || !mayWrite.value || place.value.trash) return
  // Who looks at favourites only sees those go that are none any more.
  const leave = favoritesOnly.value && images.every(isFavorite)
  await (leave ? sendAway(images, () => switchFavorite(images)) : switchFavorite(images))
}

export async function moveTo(project: string, name: string, images = targets()): Promise<void> {
  if (!images.length) return
  await sendAway(images, () => moveMany(images, project, name))
}

export async function download(images = targets()): Promise<void> {
  if (images.length) await downloadMany(images)
}

/**
 * They go off the screen while it is asked for: out of the selection, and the focus to what follows them. What is refused
 * is selected again, unless something else is by then.
 */
async function sendAway(images: readonly Image[], ask: () => Promise<void>): Promise<void> {
  const ids = images.map(({ id }) => id)
  const list = shownList()
  const before = selected.peek()
  keepFocus(ids)
  selected.value = retain(before, (id) => !ids.includes(id))
  await ask()
  if (shownList() !== list || selected.peek().ids.size) return
  const here = new Set(orderNow())
  selected.value = retain(before, (id) => here.has(id))
}
