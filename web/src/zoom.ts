// Where one looks when a picture is larger than its place. Pure: sizes and distances in CSS pixels, points in shares of the picture.

/** What is seen: `scale` 1 fits the whole picture in, and (`x`, `y`) in [0, 1] is the picture's point in the middle of the view. */
export interface View {
  scale: number
  x: number
  y: number
}

/** A picture's place: its size as it fits in, the size of what it is seen through, and the scale at which pixel meets pixel. */
export interface Frame {
  width: number
  height: number
  viewWidth: number
  viewHeight: number
  actual: number
}

/** A distance from the middle of the view. */
export interface Point {
  x: number
  y: number
}

/** The part of the picture that is seen, in shares of it. */
export interface Window {
  left: number
  right: number
  top: number
  bottom: number
}

export const FIT: View = { scale: 1, x: 0.5, y: 0.5 }

/** Below this a close look would hardly differ from the whole picture. */
const WORTH_IT = 1.5
const CLOSE = 2.5
const STEP = 1.5
/** So many screen pixels a side does one pixel of the picture have at most. */
const LARGEST_PIXEL = 4

export const isZoomed = ({ scale }: View): boolean => scale > 1

/** The scale of a double-click: pixel on pixel, where that is larger than the whole picture. */
export const closeUp = ({ actual }: Frame): number => (actual >= WORTH_IT ? actual : CLOSE)

export const largest = (frame: Frame): number => Math.max(closeUp(frame), frame.actual * LARGEST_PIXEL)

/** The view within its bounds: no emptiness beside a picture that fills its place, none moved that does not. */
export function clamp(view: View, frame: Frame): View {
  const scale = Math.min(Math.max(1, view.scale), largest(frame))
  return {
    scale,
    x: within(view.x, frame.viewWidth, frame.width * scale),
    y: within(view.y, frame.viewHeight, frame.height * scale),
  }
}

function within(middle: number, seen: number, length: number): number {
  if (length <= seen) return 0.5
  const half = seen / 2 / length
  return Math.min(Math.max(half, middle), 1 - half)
}

/** Another scale; what is under `point` stays there as far as the bounds allow. */
export function zoomTo(view: View, frame: Frame, scale: number, point: Point = { x: 0, y: 0 }): View {
  const wanted = Math.min(Math.max(1, scale), largest(frame))
  const stays = (middle: number, distance: number, length: number): number =>
    middle + distance / (length * view.scale) - distance / (length * wanted)
  return clamp(
    { scale: wanted, x: stays(view.x, point.x, frame.width), y: stays(view.y, point.y, frame.height) },
    frame,
  )
}

export const zoomBy = (view: View, frame: Frame, factor: number, point?: Point): View =>
  zoomTo(view, frame, view.scale * factor, point)

/** One press of a key or a button, nearer or farther; the step meets the fit and pixel on pixel where it would pass them. */
export function zoomStep(view: View, frame: Frame, direction: 1 | -1): View {
  const { scale } = view
  const wanted = direction > 0 ? scale * STEP : scale / STEP
  const passed = (stop: number): boolean => (scale - stop) * (wanted - stop) < 0
  const stop = [1, frame.actual].find((stop) => stop >= 1 && passed(stop))
  return zoomTo(view, frame, stop ?? wanted)
}

/** Between the whole picture and a close look at `point`. */
export const toggle = (view: View, frame: Frame, point: Point): View =>
  isZoomed(view) ? FIT : zoomTo(view, frame, closeUp(frame), point)

/** The picture follows a hand that moved by so much. */
export function panBy(view: View, frame: Frame, dx: number, dy: number): View {
  return clamp(
    { ...view, x: view.x - dx / (frame.width * view.scale), y: view.y - dy / (frame.height * view.scale) },
    frame,
  )
}

/** The factor that a wheel asks for; `isPinch`: two fingers on a trackpad, which browsers tell as a wheel with Ctrl. */
export function wheelFactor(deltaY: number, deltaMode: number, isPinch: boolean): number {
  const pixels = deltaMode === 1 ? deltaY * 16 : deltaMode === 2 ? deltaY * 400 : deltaY
  const most = isPinch ? 40 : 120
  return Math.exp(-Math.min(Math.max(-most, pixels), most) * (isPinch ? 0.01 : 0.002))
}

export function windowOf({ scale, x, y }: View, frame: Frame): Window {
  const halfX = frame.viewWidth / 2 / (frame.width * scale)
  const halfY = frame.viewHeight / 2 / (frame.height * scale)
  return {
    left: Math.max(0, x - halfX),
    right: Math.min(1, x + halfX),
    top: Math.max(0, y - halfY),
    bottom: Math.min(1, y + halfY),
  }
}

/** Whether a rendition of so many pixels across is too coarse for what is seen at this scale. */
export const outgrows = (scale: number, width: number, density: number, pixels: number): boolean =>
  width * scale * density > pixels * 1.02

/** Moves the picture where a view puts it, from where it stands as a whole. */
export function transformOf({ scale, x, y }: View): string {
  if (scale === 1) return 'none'
  const shift = (middle: number): string => `${((0.5 - middle) * scale * 100).toFixed(4)}%`
  return `translate(${shift(x)}, ${shift(y)}) scale(${scale.toFixed(5)})`
}
