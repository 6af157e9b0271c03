// What is done to the selected pictures, or to the one that has the focus: by the bar and by the keys alike.
import type { Image } from '../contract.gen'
import { t } from '../i18n'
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
  leaving(images)
  await trashMany(images)
}

async function purge(images: Image[]): Promise<void> {
  const words = t.value.bin
  if (!(await confirm({ title: words.purgeTitle(images.length), text: words.purgeText, yes: words.purge, no: words.purgeNo(images.length) }))) return
  leaving(images)
  await purgeMany(images)
}

export async function bringBack(images = targets()): Promise<void> {
  if (!images.length || !mayWrite.value || !place.value.trash) return
  leaving(images)
  await restoreMany(images)
}

export async function favorite(images = targets()): Promise<void> {
  if (!images.length || !mayWrite.value || place.value.trash) return
  // Who looks at favourites only sees those go that are none any more.
  if (favoritesOnly.value && images.every(isFavorite)) leaving(images)
  await switchFavorite(images)
}

export async function moveTo(project: string, name: string, images = targets()): Promise<void> {
  if (!images.length) return
  leaving(images)
  await moveMany(images, project, name)
}

export async function download(images = targets()): Promise<void> {
  if (images.length) await downloadMany(images)
}

/** They go off the screen: out of the selection, and the focus to what follows them. */
function leaving(images: readonly Image[]): void {
  const ids = images.map(({ id }) => id)
  keepFocus(ids)
  selected.value = retain(selected.value, (id) => !ids.includes(id))
}
