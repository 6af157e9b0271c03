// How fingers and mice select: heard once for a whole grid, before the cards hear it themselves.
import { orderNow, selected, selecting } from '../scene'
import { sweep, toggle } from '../selection'

/** Milliseconds until a press is long, and pixels that a finger trembles. */
const LONG = 450
const TREMBLES = 10

const cardOf = (target: EventTarget | null): HTMLElement | null => (target as Element).closest<HTMLElement>('[data-testid=card][data-id]')

export function pick(id: string): void {
  selected.value = toggle(selected.value, id)
}

export function pickUpTo(id: string): void {
  selected.value = sweep(selected.value, orderNow(), id)
}

/** `opens`: what a plain click does while nothing is selected is the card's own business; else it selects. */
export function followPicking(root: HTMLElement, opens: boolean): () => void {
  const stop = new AbortController()
  const press = new LongPress()
  const on = <K extends keyof HTMLElementEventMap>(name: K, hear: (event: HTMLElementEventMap[K]) => void): void =>
    root.addEventListener(name, hear, { capture: true, signal: stop.signal })
  on('click', (event) => {
    if (press.swallows() || picked(event, opens)) {
      event.preventDefault()
      event.stopPropagation()
    }
  })
  on('pointerdown', (event) => press.begin(event))
  on('pointermove', (event) => press.move(event))
  on('pointerup', () => press.end())
  on('pointercancel', () => press.end())
  // A menu of the browser's, and dragging, would begin with a long press too.
  on('contextmenu', (event) => press.isTouch && cardOf(event.target) && event.preventDefault())
  on('dragstart', (event) => press.isTouch && event.preventDefault())
  stop.signal.addEventListener('abort', () => press.end())
  return () => stop.abort()
}

/** Whether the click was meant to select; then it has. */
function picked(event: MouseEvent, opens: boolean): boolean {
  const card = cardOf(event.target)
  const control = (event.target as Element).closest('button, a')
  if (!card || (control && !control.matches('.card-check, .card-open'))) return false
  const id = card.dataset.id!
  if (event.shiftKey) pickUpTo(id)
  else if (control?.matches('.card-check') || event.ctrlKey || event.metaKey || selecting.value || !opens) pick(id)
  else return false
  return true
}

class LongPress {
  isTouch = false
  private timer: number | undefined
  private from = { x: 0, y: 0 }
  private wasLong = false

  begin(event: PointerEvent): void {
    this.isTouch = event.pointerType === 'touch'
    this.wasLong = false
    this.end()
    const card = cardOf(event.target)
    if (!this.isTouch || !event.isPrimary || !card) return
    this.from = { x: event.clientX, y: event.clientY }
    this.timer = window.setTimeout(() => {
      this.wasLong = true
      pick(card.dataset.id!)
      navigator.vibrate?.(8)
    }, LONG)
  }

  move({ clientX, clientY }: PointerEvent): void {
    if (Math.hypot(clientX - this.from.x, clientY - this.from.y) > TREMBLES) this.end()
  }

  end(): void {
    clearTimeout(this.timer)
  }

  /** The click that a long press ends in, if any, is none. */
  swallows(): boolean {
    const swallowed = this.wasLong
    this.wasLong = false
    return swallowed
  }
}
