// Hears the keys of the page and does what the table says; never while somebody types.
import { addProject } from '../actions'
import { focusPrompt } from '../generate'
import { comboOf, isCharacter, isPrefix, meaningOf, type HeardName } from '../keys'
import { lettersOn, sheetOpen } from '../letters'
import { lastProject } from '../load'
import { noticesOpen } from '../late'
import { queue, queueOpen } from '../queue'
import { go, place, THE_TRASH } from '../route'
import { favoritesOnly, orderNow, selected, selecting, showFavorites } from '../scene'
import { selectAll } from '../selection'
import { mayWrite } from '../session'
import { projects } from '../shelf'
import { openSpending } from '../spending'
import { dismiss, toasts } from '../toasts'
import type { Way } from '../walk-grid'
import { bringBack, clearSelection, download, favorite, remove, targets } from './deeds'
import { focusedCard, walkGrid } from './focus-grid'
import { useAsInput } from './form'
import { pick, pickUpTo } from './picking'
import { moving } from './SelectionBar'
import { drawerOpen } from './Sidebar'

/** Milliseconds in which the second key of two must come. */
const TOGETHER = 1_500

/** Whether a key meant something here; then the browser does nothing with it. */
type Deed = (event: KeyboardEvent) => boolean | void

export function followKeys(): () => void {
  let before: { combo: string; at: number } | null = null
  const hear = (event: KeyboardEvent): void => {
    const combo = comboOf(event)
    if (combo === null || event.defaultPrevented || isTyping(event.target)) return
    const isSilenced = isCharacter(combo) && !lettersOn.value
    if (isSilenced || (isDialogOpen() && combo !== '?')) return
    const after = before !== null && event.timeStamp - before.at < TOGETHER ? before.combo : null
    before = null
    const key = (after !== null && meaningOf(combo, after)) || meaningOf(combo, null)
    if (!key && isPrefix(combo)) before = { combo, at: event.timeStamp }
    if (!key || (key.group === 'pictures' && !isAmongPictures(event.target))) return
    // A key that is held down moves on, but does nothing twice.
    if (event.repeat && key.name !== 'walk' && key.name !== 'sweep') return
    if (DEEDS[key.name](event) !== false) event.preventDefault()
  }
  document.addEventListener('keydown', hear)
  return () => document.removeEventListener('keydown', hear)
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select, [role=slider], [role=menu] *'))

const isDialogOpen = (): boolean => document.querySelector('dialog[open]') !== null

/** Not in the form, in the side or in what floats: these have keys of their own. */
const isAmongPictures = (target: EventTarget | null): boolean => (target as Element).closest('.composer, .side, .queue') === null

/** Space and Enter press a button that has the focus. */
const isOnButton = (event: KeyboardEvent): boolean => (event.target as Element).closest('button, a:not(.card-open)') !== null

const WAYS: Partial<Record<string, Way>> = { ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down', Home: 'first', End: 'last' }

const focusedId = (): string | undefined => focusedCard()?.dataset.id

const DEEDS: Record<HeardName, Deed> = {
  sheet: () => void (sheetOpen.value = true),
  prompt: () => {
    // A list without a form, as the trash: the form of the project that was open.
    if (place.value.trash) DEEDS.goPictures(new KeyboardEvent('keydown'))
    requestAnimationFrame(focusPrompt)
  },
  newProject: () => {
    if (!mayWrite.value) return false
    void addProject()
  },
  undo: () => {
    const last = toasts.value.findLast(({ action }) => action?.testId === 'undo')
    if (!last) return false
    dismiss(last.id)
    last.action!.run()
  },
  goPictures: () => go({ project: lastProject() ?? projects.value[0]?.id ?? null, image: null }),
  goTrash: () => go(THE_TRASH),
  goQueue: () => {
    if (!queue.value) return false
    queueOpen.value = true
  },
  goSpending: openSpending,
  goNotices: () => void (noticesOpen.value = true),
  onlyFavorites: () => showFavorites(!favoritesOnly.value),
  walk: ({ key }) => walkGrid(WAYS[key]!) !== null,
  ends: ({ key }) => walkGrid(WAYS[key]!) !== null,
  // The picture that has the focus is a link, which opens by itself.
  open: () => false,
  select: (event) => {
    const id = focusedId()
    if (id === undefined || (event.key === ' ' && isOnButton(event))) return false
    pick(id)
  },
  sweep: ({ key }) => {
    const from = focusedId()
    if (from !== undefined && selected.value.anchor === null) pickUpTo(from)
    const to = walkGrid(WAYS[key]!)?.dataset.id
    if (to !== undefined) pickUpTo(to)
  },
  sweepHere: () => {
    const id = focusedId()
    if (id === undefined) return false
    pickUpTo(id)
  },
  selectAll: () => void (selected.value = selectAll(selected.value, orderNow())),
  clear: () => {
    // What floats above closes first.
    if (!selecting.value || queueOpen.value || noticesOpen.value || drawerOpen.value || moving.value) return false
    clearSelection()
  },
  trash: () => void remove(),
  restore: () => void bringBack(),
  favorite: () => void favorite(),
  download: () => void download(),
  move: () => {
    const id = focusedId()
    if (!mayWrite.value || place.value.trash || (!selecting.value && id === undefined)) return false
    if (!selecting.value) pick(id!)
    moving.value = true
  },
  useAsInput: () => {
    const [image] = targets()
    if (!image?.renditions.original || place.value.trash) return false
    useAsInput(image)
  },
}
