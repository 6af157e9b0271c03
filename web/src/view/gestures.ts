// Hands on the large picture: wheel, pinch, drag, double tap, and on touch the swipes. What they mean for the view is in `zoom`.
import type { Signal } from '@preact/signals'
import { clamp, type Frame, isZoomed, panBy, type Point, toggle, type View, wheelFactor, zoomBy } from '../zoom'

/** How far the pictures are pushed aside or down, in pixels; `settling` on the way to rest. */
export interface Push {
  x: number
  y: number
  settling: boolean
}

export const AT_REST: Push = { x: 0, y: 0, settling: false }

export interface Hands {
  view: Signal<View>
  push: Signal<Push>
  /** Set for a change that comes at once, so that it may be drawn as a way instead of a jump. */
  eased: Signal<boolean>
  isEnd: (direction: 1 | -1) => boolean
  step: (direction: 1 | -1) => void
  down: () => void
  up: () => void
  /** Whether a pull down takes the picture along. */
  canLeave: () => boolean
}

const DECIDE = 8
const TAP = { within: 320, apart: 32 }
const FLING = 0.45
const SHARE = 0.25
const PULL = 96
const LIFT = 48
const SETTLE = 180
/** Pictures beside each other, while they are pushed, are so far apart. */
export const GAP = 16

type Kind = 'none' | 'wait' | 'pan' | 'swipe' | 'pull' | 'lift' | 'pinch'

/** The pane's sizes as they are now; null where there is no picture in it. */
export function frameOf(pane: Element | null | undefined): Frame | null {
  const figure = pane?.querySelector<HTMLElement>('.figure')
  if (!pane || !figure?.offsetWidth) return null
  return {
    width: figure.offsetWidth,
    height: figure.offsetHeight,
    viewWidth: pane.clientWidth,
    viewHeight: pane.clientHeight,
    actual: Number(figure.dataset.width) / (figure.offsetWidth * devicePixelRatio),
  }
}

/** The pane under a pointer, or else the first of the picture that is looked at. */
export function paneOf(stage: Element, target?: EventTarget | null): Element | null {
  const here = (target as Element | null)?.closest?.('.slide.is-current .pane')
  return here ?? stage.querySelector('.slide.is-current .pane.is-main')
}

const fromMiddle = (pane: Element, { x, y }: Point): Point => {
  const box = pane.getBoundingClientRect()
  return { x: x - box.left - box.width / 2, y: y - box.top - box.height / 2 }
}

const isControl = (target: EventTarget | null): boolean =>
  (target as Element).closest('button, a, input, select, label, [role=slider], .toasts') !== null

/** Follows the hands on `stage`; answers how to stop. */
export function followHands(stage: HTMLElement, hands: () => Hands): () => void {
  const stop = new AbortController()
  const { signal } = stop
  const gesture = new Gesture(stage, hands)
  stage.addEventListener('pointerdown', (event) => gesture.press(event), { signal })
  stage.addEventListener('pointermove', (event) => gesture.move(event), { signal })
  stage.addEventListener('pointerup', (event) => gesture.release(event), { signal })
  stage.addEventListener('pointercancel', (event) => gesture.release(event), { signal })
  stage.addEventListener('wheel', (event) => turnWheel(stage, hands(), event), { signal, passive: false })
  followTrackpad(stage, hands, signal)
  return () => {
    stop.abort()
    gesture.end()
  }
}

function turnWheel(stage: HTMLElement, { view, eased }: Hands, event: WheelEvent): void {
  event.preventDefault()
  const pane = paneOf(stage, event.target)
  const frame = frameOf(pane)
  if (!pane || !frame) return
  eased.value = false
  const factor = wheelFactor(event.deltaY, event.deltaMode, event.ctrlKey)
  view.value = zoomBy(view.value, frame, factor, fromMiddle(pane, { x: event.clientX, y: event.clientY }))
}

/** Safari tells a pinch on a trackpad by events of its own. */
function followTrackpad(stage: HTMLElement, hands: () => Hands, signal: AbortSignal): void {
  let last = 1
  const pinch = (event: Event): void => {
    event.preventDefault()
    const { scale, clientX: x, clientY: y } = event as MouseEvent & { scale: number }
    const pane = paneOf(stage, event.target)
    const frame = frameOf(pane)
    const { view, eased } = hands()
    eased.value = false
    if (pane && frame && event.type === 'gesturechange') {
      view.value = zoomBy(view.value, frame, scale / last, fromMiddle(pane, { x, y }))
    }
    last = scale
  }
  // On touch the pointers tell it already.
  if (matchMedia('(pointer: coarse)').matches) return
  stage.addEventListener('gesturestart', pinch, { signal })
  stage.addEventListener('gesturechange', pinch, { signal })
}

/** One press of one or two fingers, or of the mouse, from the first down to the last up. */
class Gesture {
  private pointers = new Map<number, Point>()
  private kind: Kind = 'none'
  private start: Point & { at: number } = { x: 0, y: 0, at: 0 }
  private moved = 0
  private pane: Element | null = null
  private tapped: (Point & { at: number }) | null = null
  private settle: { timer: number; then: () => void } | null = null

  constructor(
    private stage: HTMLElement,
    private hands: () => Hands,
  ) {}

  press(event: PointerEvent): void {
    if (event.button !== 0 || isControl(event.target) || this.pointers.size === 2) return
    this.end()
    const { view, eased, push } = this.hands()
    eased.value = false
    const at = { x: event.clientX, y: event.clientY }
    this.pointers.set(event.pointerId, at)
    this.stage.setPointerCapture(event.pointerId)
    if (this.pointers.size === 2) {
      this.kind = 'pinch'
      this.tapped = null
      push.value = AT_REST
      return
    }
    this.pane = paneOf(this.stage, event.target)
    this.start = { ...at, at: event.timeStamp }
    this.moved = 0
    this.kind = isZoomed(view.value) ? 'pan' : event.pointerType === 'mouse' ? 'none' : 'wait'
  }

  move(event: PointerEvent): void {
    const before = this.pointers.get(event.pointerId)
    if (!before) return
    const now = { x: event.clientX, y: event.clientY }
    if (this.kind === 'pinch') return this.pinch(event.pointerId, before, now)
    this.pointers.set(event.pointerId, now)
    const dx = now.x - this.start.x
    const dy = now.y - this.start.y
    this.moved = Math.max(this.moved, Math.hypot(dx, dy))
    if (this.kind === 'pan') return this.pan(now.x - before.x, now.y - before.y)
    if (this.kind === 'wait' && this.moved > DECIDE) this.kind = Math.abs(dx) > Math.abs(dy) ? 'swipe' : dy > 0 ? 'pull' : 'lift'
    const { push, isEnd, canLeave } = this.hands()
    // Where nothing follows, the picture resists.
    if (this.kind === 'swipe') push.value = { x: isEnd(dx < 0 ? 1 : -1) ? dx / 4 : dx, y: 0, settling: false }
    if (this.kind === 'pull' && canLeave()) push.value = { x: 0, y: Math.max(0, dy), settling: false }
  }

  release(event: PointerEvent): void {
    if (!this.pointers.delete(event.pointerId)) return
    const { view } = this.hands()
    if (this.kind === 'pinch') {
      // The finger that is left goes on with the picture, and is no tap.
      this.moved = Infinity
      this.kind = isZoomed(view.value) ? 'pan' : 'none'
      return
    }
    const kind = event.type === 'pointercancel' ? 'none' : this.kind
    const dx = event.clientX - this.start.x
    const dy = event.clientY - this.start.y
    const time = Math.max(1, event.timeStamp - this.start.at)
    this.kind = 'none'
    if (this.moved <= DECIDE && event.type === 'pointerup') return this.tap(event)
    if (kind === 'swipe') this.finishSwipe(dx, dx / time)
    else if (kind === 'pull') this.finishPull(dy, dy / time)
    else if (kind === 'lift' && dy < -LIFT) this.hands().up()
    else if (this.hands().push.value !== AT_REST) this.rest()
  }

  /** Whatever is still on its way is there now. */
  end(): void {
    if (!this.settle) return
    const { timer, then } = this.settle
    clearTimeout(timer)
    this.settle = null
    then()
  }

  private pan(dx: number, dy: number): void {
    const { view } = this.hands()
    const frame = frameOf(this.pane)
    if (frame) view.value = panBy(view.value, frame, dx, dy)
  }

  private pinch(id: number, before: Point, now: Point): void {
    const [other] = [...this.pointers].filter(([pointer]) => pointer !== id).map(([, point]) => point)
    this.pointers.set(id, now)
    const frame = frameOf(this.pane)
    if (!other || !this.pane || !frame) return
    const { view } = this.hands()
    const apart = (point: Point): number => Math.max(1, Math.hypot(point.x - other.x, point.y - other.y))
    const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 }
    const zoomed = zoomBy(view.value, frame, apart(now) / apart(before), fromMiddle(this.pane, middle))
    view.value = panBy(zoomed, frame, (now.x - before.x) / 2, (now.y - before.y) / 2)
  }

  private tap(event: PointerEvent): void {
    const at = { x: event.clientX, y: event.clientY, at: event.timeStamp }
    const before = this.tapped
    const isSecond = before && at.at - before.at < TAP.within && Math.hypot(at.x - before.x, at.y - before.y) < TAP.apart
    this.tapped = isSecond ? null : at
    const frame = frameOf(this.pane)
    if (!isSecond || !this.pane || !frame) return
    const { view, eased } = this.hands()
    eased.value = true
    view.value = clamp(toggle(view.value, frame, fromMiddle(this.pane, at)), frame)
  }

  private finishSwipe(dx: number, speed: number): void {
    const direction = dx < 0 ? 1 : -1
    const width = this.stage.clientWidth
    const isFar = Math.abs(dx) > width * SHARE || Math.abs(speed) > FLING
    const { push, isEnd, step } = this.hands()
    if (!isFar || isEnd(direction)) return this.rest()
    push.value = { x: -direction * (width + GAP), y: 0, settling: true }
    this.later(() => step(direction))
  }

  private finishPull(dy: number, speed: number): void {
    const { down, canLeave } = this.hands()
    if (dy > PULL || (speed > FLING && dy > LIFT)) return down()
    if (canLeave()) this.rest()
  }

  private rest(): void {
    const { push } = this.hands()
    push.value = { x: 0, y: 0, settling: true }
    this.later(() => (push.value = AT_REST))
  }

  private later(then: () => void): void {
    const wait = matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : SETTLE
    this.settle = { then, timer: window.setTimeout(() => this.end(), wait) }
  }
}
