// A row of things of one width that one puts into order with a pointer: a mouse drags at once, a finger after it has rested.
import type { RefObject } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'

/** What is being dragged: from which place to which, both from 0, and how many pixels to the right. */
export interface Dragging {
  from: number
  to: number
  by: number
}

const SLACK = 5
/** Milliseconds for which a finger rests before what lies under it is lifted; before that it scrolls the row. */
const REST = 220
const EDGE = 36

/** `moved` is told the places when something was dropped elsewhere. Answers what to draw and the listeners of the row. */
export function useReorder(row: RefObject<HTMLElement | null>, moved: (from: number, to: number) => void) {
  const [dragging, setDragging] = useState<Dragging | null>(null)
  const lifted = useRef(false)
  const justDropped = useRef(false)
  useEffect(() => {
    // It must stand before the first touch, or the browser scrolls.
    const hold = (event: TouchEvent): void => {
      if (lifted.current) event.preventDefault()
    }
    const { current } = row
    current?.addEventListener('touchmove', hold, { passive: false })
    return () => current?.removeEventListener('touchmove', hold)
  }, [])
  const show = (now: Dragging | null): void => {
    lifted.current = now !== null
    setDragging(now)
  }
  const drop = ({ from, to }: Dragging): void => {
    justDropped.current = true
    if (to !== from) moved(from, to)
  }
  const listeners = {
    onPointerDown: (event: PointerEvent): void => {
      justDropped.current = false
      const places = [...row.current!.children] as HTMLElement[]
      const from = places.findIndex((place) => place.contains(event.target as Node))
      const isTool = (event.target as Element).closest('.icon-button') !== null
      if (event.button === 0 && from >= 0 && places.length > 1 && !isTool) follow(event, row.current!, places, from, show, drop)
    },
    // The click that ends a drag means nothing more.
    onClickCapture: (event: Event): void => {
      if (justDropped.current) event.stopPropagation()
      justDropped.current = false
    },
    onContextMenu: (event: MouseEvent): void => {
      if (matchMedia('(pointer: coarse)').matches) event.preventDefault()
    },
    onDragStart: (event: DragEvent): void => event.preventDefault(),
  }
  return { dragging, listeners }
}

/** Follows one pointer from its press to its end. What is left with Escape, or taken by the browser, was not moved. */
function follow(
  start: PointerEvent,
  list: HTMLElement,
  places: readonly HTMLElement[],
  from: number,
  show: (now: Dragging | null) => void,
  drop: (at: Dragging) => void,
): void {
  const pitch = places[1]!.offsetLeft - places[0]!.offsetLeft
  const scrolled = list.scrollLeft
  const stop = new AbortController()
  let now: Dragging = { from, to: from, by: 0 }
  let isLifted = false
  const lift = (): void => {
    isLifted = true
    show(now)
  }
  const rest = start.pointerType === 'mouse' ? undefined : setTimeout(lift, REST)
  const end = (drops: boolean): void => {
    clearTimeout(rest)
    stop.abort()
    if (!isLifted) return
    show(null)
    drop(drops ? now : { ...now, to: from })
  }
  const move = ({ clientX, clientY }: PointerEvent): void => {
    const far = Math.hypot(clientX - start.clientX, clientY - start.clientY) > SLACK
    if (!isLifted && far) {
      if (rest !== undefined) return end(false)
      lift()
    }
    if (!isLifted) return
    scrollAtEdge(list, clientX)
    const by = clientX - start.clientX + list.scrollLeft - scrolled
    now = { from, to: Math.min(Math.max(0, from + Math.round(by / pitch)), places.length - 1), by }
    show(now)
  }
  const hear = (name: 'pointermove' | 'pointerup' | 'pointercancel', act: (event: PointerEvent) => void): void =>
    document.addEventListener(name, (event) => event.pointerId === start.pointerId && act(event), { signal: stop.signal })
  hear('pointermove', move)
  hear('pointerup', () => end(true))
  hear('pointercancel', () => end(false))
  document.addEventListener('keydown', ({ key }) => key === 'Escape' && end(false), { signal: stop.signal })
}

function scrollAtEdge(list: HTMLElement, x: number): void {
  const { left, right } = list.getBoundingClientRect()
  if (x < left + EDGE) list.scrollLeft -= 12
  if (x > right - EDGE) list.scrollLeft += 12
}

/** How many places the one at `index` makes way: -1, 0 or 1. */
export function wayOf(index: number, { from, to }: Dragging): number {
  if (index > from && index <= to) return -1
  return index < from && index >= to ? 1 : 0
}
