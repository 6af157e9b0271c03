import { describe, expect, test } from 'vitest'
import {
  clamp,
  closeUp,
  FIT,
  type Frame,
  isZoomed,
  largest,
  outgrows,
  panBy,
  toggle,
  transformOf,
  type View,
  wheelFactor,
  windowOf,
  zoomBy,
  zoomStep,
  zoomTo,
} from '../src/zoom'

/** A wide picture of 4000 pixels that fits into a view of 1000 x 800. */
const WIDE: Frame = { width: 1000, height: 500, viewWidth: 1000, viewHeight: 800, actual: 4 }
const SMALL: Frame = { ...WIDE, actual: 0.3 }

/** The picture's point under a point of the view. */
const under = (view: View, frame: Frame, x: number, y: number): [number, number] => [
  view.x + x / (frame.width * view.scale),
  view.y + y / (frame.height * view.scale),
]

describe('zooming', () => {
  test.each([1.2, 2, 4, 9])('to %d keeps what is under the pointer', (scale) => {
    const point = { x: 200, y: -30 }
    const before = { scale: 2, x: 0.5, y: 0.5 }
    const after = zoomTo(before, { ...WIDE, viewWidth: 300, viewHeight: 200 }, scale, point)
    expect(after.scale).toBe(scale)
    const [x, y] = under(before, WIDE, point.x, point.y)
    expect(under(after, WIDE, point.x, point.y)[0]).toBeCloseTo(x)
    expect(under(after, WIDE, point.x, point.y)[1]).toBeCloseTo(y)
  })

  test('out again ends with the whole picture, wherever one was', () => {
    const near = zoomTo(FIT, WIDE, 8, { x: 400, y: 200 })
    expect(zoomBy(near, WIDE, 1 / 100)).toEqual(FIT)
  })

  test('goes no farther than four screen pixels for one, and a small picture can be looked at all the same', () => {
    expect(zoomBy(FIT, WIDE, 1000).scale).toBe(16)
    expect(largest(SMALL)).toBe(2.5)
    expect(zoomBy(FIT, SMALL, 1000).scale).toBe(2.5)
  })

  test('a double-click goes to pixel on pixel and back', () => {
    const near = toggle(FIT, WIDE, { x: 0, y: 0 })
    expect(near.scale).toBe(closeUp(WIDE))
    expect(near.scale).toBe(4)
    expect(toggle(near, WIDE, { x: 5, y: 5 })).toEqual(FIT)
    expect(toggle(FIT, SMALL, { x: 0, y: 0 }).scale).toBe(2.5)
  })

  test('steps meet pixel on pixel, and the fit', () => {
    let view = FIT
    const scales = [1, 2, 3, 4].map(() => (view = zoomStep(view, WIDE, 1)).scale)
    expect(scales).toEqual([1.5, 2.25, 3.375, 4])
    expect(zoomStep({ ...FIT, scale: 1.2 }, WIDE, -1)).toEqual(FIT)
    expect(zoomStep(FIT, WIDE, -1)).toEqual(FIT)
  })

  test('a wheel and a pinch feel alike, lines and pixels too, and a wild wheel is tamed', () => {
    expect(wheelFactor(-100, 0, false)).toBeGreaterThan(1)
    expect(wheelFactor(100, 0, false) * wheelFactor(-100, 0, false)).toBeCloseTo(1)
    expect(wheelFactor(3, 1, false)).toBe(wheelFactor(48, 0, false))
    expect(wheelFactor(-9000, 0, false)).toBe(wheelFactor(-120, 0, false))
    expect(wheelFactor(-5, 0, true)).toBeGreaterThan(wheelFactor(-5, 0, false))
  })
})

describe('bounds', () => {
  test('what fits is not moved', () => {
    expect(panBy(FIT, WIDE, 300, 300)).toEqual(FIT)
    // At 1.2 the picture is wider than the view, but not higher.
    const view = panBy({ ...FIT, scale: 1.2 }, WIDE, 50, 50)
    expect(view.x).toBeLessThan(0.5)
    expect(view.y).toBe(0.5)
  })

  test.each([
    [9999, 9999],
    [-9999, 9999],
    [9999, -9999],
  ])('a picture pushed by %d, %d still fills its place', (dx, dy) => {
    const view = panBy({ ...FIT, scale: 5 }, WIDE, dx, dy)
    const { left, right, top, bottom } = windowOf(view, WIDE)
    expect(right - left).toBeCloseTo(1000 / 5000)
    expect(bottom - top).toBeCloseTo(800 / 2500)
    expect(Math.min(left, top)).toBeGreaterThanOrEqual(0)
    expect(Math.max(right, bottom)).toBeLessThanOrEqual(1)
  })

  test('a place that grew takes the picture back in', () => {
    const edge = { scale: 2, x: 0.25, y: 0.2 }
    expect(clamp(edge, { ...WIDE, viewWidth: 3000, viewHeight: 3000 })).toEqual({ scale: 2, x: 0.5, y: 0.5 })
  })

  test('a hand takes the picture along, pixel by pixel', () => {
    const before = { scale: 4, x: 0.5, y: 0.5 }
    const after = panBy(before, WIDE, 40, -20)
    expect((before.x - after.x) * 4000).toBeCloseTo(40)
    expect((before.y - after.y) * 2000).toBeCloseTo(-20)
  })
})

test('the whole picture is seen at the fit, whatever is beside it', () => {
  expect(windowOf(FIT, WIDE)).toEqual({ left: 0, right: 1, top: 0, bottom: 1 })
  expect(isZoomed(FIT)).toBe(false)
  expect(transformOf(FIT)).toBe('none')
})

test('the original is asked for only where the preview has too few pixels', () => {
  expect(outgrows(1, 800, 2, 1600)).toBe(false)
  expect(outgrows(1.1, 800, 2, 1600)).toBe(true)
  expect(outgrows(1.9, 800, 1, 1600)).toBe(false)
})
