// Which card has the focus, and where it goes when that one goes.
import { orderNow } from '../scene'
import { walk, type Way } from '../walk-grid'

const cards = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('.grid [data-testid=card]')]

/** What of a card takes the focus: the picture that it opens, or itself. */
const targetOf = (card: HTMLElement): HTMLElement => card.querySelector<HTMLElement>('.card-open') ?? card

export const focusedCard = (): HTMLElement | null => document.activeElement?.closest<HTMLElement>('.grid [data-testid=card]') ?? null

/** Moves the focus that way, or to the first card in sight where none has it; answers which card has it then. */
export function walkGrid(way: Way): HTMLElement | null {
  const all = cards()
  const from = all.indexOf(focusedCard()!)
  const index = from < 0 ? firstInSight(all) : walk(all.map((card) => card.getBoundingClientRect()), from, way)
  const next = index === null ? null : all[index]
  if (!next) return null
  targetOf(next).focus()
  return next
}

function firstInSight(all: readonly HTMLElement[]): number {
  const under = document.querySelector('.top-place')?.getBoundingClientRect().bottom ?? 0
  return Math.max(0, all.findIndex((card) => card.getBoundingClientRect().top >= under - 1))
}

/** Called before pictures go: what has the focus after them is the next one that is left, or else the one before. */
export function keepFocus(ids: readonly string[]): void {
  const order = orderNow()
  const gone = new Set(ids)
  const here = focusedCard()?.dataset.id ?? ids[0]
  const place = here === undefined ? -1 : order.indexOf(here)
  if (place < 0) return
  const isLeft = (id: string): boolean => !gone.has(id)
  const next = order.slice(place).find(isLeft) ?? order.slice(0, place).findLast(isLeft)
  requestAnimationFrame(() => {
    const card = cards().find(({ dataset }) => dataset.id === next)
    if (card && document.activeElement === document.body) targetOf(card).focus({ preventScroll: true })
  })
}
