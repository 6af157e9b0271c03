// The list that is on the screen: what of it is shown, and what of it is selected. Each tab has its own.
import { computed, effect, signal, untracked } from '@preact/signals'
import type { Image } from './contract.gen'
import { shownList } from './load'
import { recall, remember } from './preferences'
import { provisionals } from './provisional'
import { gridOf, hiding, known, membershipChanged } from './shelf'
import { NOTHING, retain, type Selection } from './selection'
import { TRASH } from './store'

const FILTER_KEY = 'atelier:favorites'
const session = (): Storage => sessionStorage

/** Whether this tab shows only favourites; a reload keeps it. */
export const favoritesOnly = signal(recall(FILTER_KEY, session) === 'only')

export function showFavorites(only: boolean): void {
  favoritesOnly.value = only
  remember(FILTER_KEY, only ? 'only' : 'all', session)
}

/** Favourites that are being asked for: shown as such already. */
export const favoring = signal<ReadonlyMap<string, boolean>>(new Map())

export const isFavorite = (image: Image): boolean => favoring.value.get(image.id) ?? image.favorite

/** Whether the filter lets a picture through; the trash shows all that is in it. */
export const passes = (image: Image): boolean => shownList() === TRASH || !favoritesOnly.value || isFavorite(image)

const grid = computed(() => {
  const list = shownList()
  return list === null ? null : gridOf(list)
})

/** The pictures of the list that is on the screen, as they stand there. */
export const shown = computed<readonly Image[]>(() => (grid.value?.value ?? []).filter(passes))

export const selected = signal<Selection>(NOTHING)

export const selecting = computed(() => selected.value.ids.size > 0)

export const isSelected = (id: string): boolean => selected.value.ids.has(id)

export const orderNow = (): string[] => shown.peek().map(({ id }) => id)

/** What is deleted, moved or filtered out leaves the selection; what another tab selects is its own business. */
export function followScene(): void {
  let list: string | null = null
  effect(() => {
    const here = shownList()
    untracked(() => {
      if (here !== list) selected.value = NOTHING
      list = here
    })
  })
  effect(() => {
    membershipChanged()
    const here = shownList()
    const gone = hiding.value
    void favoring.value
    const only = favoritesOnly.value
    untracked(() => {
      selected.value = retain(selected.value, (id) => {
        const image = known().images.get(id)
        // What a reset took off the page is not known to be gone.
        if (!image) return !known().tombstones.has(id)
        const isHere = here === TRASH ? image.trashed_at !== null : image.trashed_at === null && image.project === here
        return isHere && !gone.has(id) && (here === TRASH || !only || isFavorite(image))
      })
    })
  })
  yieldToWishes()
}

/** Who asks for a picture wants to see it come, whatever the filter. */
function yieldToWishes(): void {
  let before = 0
  effect(() => {
    const now = provisionals.value.length
    untracked(() => {
      if (now > before && favoritesOnly.value) showFavorites(false)
      before = now
    })
  })
}
