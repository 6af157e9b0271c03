import { describe, expect, test } from 'vitest'
import { CEILING, progress, uploading } from '../src/progress'
import type { Status } from '../src/contract.gen'

const START = 1_700_000_000_000
const ESTIMATE = { p50: 25, p90: 49.6 }
const at = (status: Status, seconds: number, estimate = ESTIMATE): number =>
  progress(status, START, estimate, START + seconds * 1000)

describe('progress', () => {
  test('is at half when half of its like are done, and at 0.85 when nine tenths are', () => {
    expect(at('processing', 25)).toBeCloseTo(0.5, 6)
    expect(at('processing', 49.6)).toBeCloseTo(0.85, 6)
  })

  test.each(['pending', 'submitting', 'unknown', 'processing', 'saving'] as const)(
    'never stands still and never goes back while %s',
    (status) => {
      let before = -1
      for (let seconds = 0; seconds <= 1200; seconds += 1) {
        const now = at(status, seconds)
        expect(now).toBeGreaterThan(before)
        expect(now).toBeLessThanOrEqual(CEILING)
        before = now
      }
    },
  )

  test('a phase never reaches the next one', () => {
    const day = 86_400
    expect(at('pending', day)).toBeLessThan(at('submitting', 0))
    expect(at('submitting', day)).toBeLessThan(at('processing', 0))
    expect(at('unknown', day)).toBeLessThan(at('processing', 0))
    expect(at('processing', day)).toBeLessThan(at('saving', 0))
    expect(at('saving', day)).toBeLessThan(CEILING)
  })

  test('has no seams where its pieces meet', () => {
    for (const edge of [25, 49.6]) expect(at('processing', edge + 0.01) - at('processing', edge - 0.01)).toBeLessThan(0.002)
  })

  test('survives estimates that make no sense and clocks that disagree', () => {
    expect(at('processing', 3, { p50: 0, p90: 0 })).toBeLessThan(0.94)
    expect(at('processing', 3, { p50: 10, p90: 2 })).toBeGreaterThan(0)
    expect(at('processing', -3600)).toBe(at('processing', 0))
    expect(progress('processing', START, null, START + 20_000)).toBeCloseTo(0.5, 6)
  })

  test('an upload counts its bytes', () => {
    expect(uploading(0, 0)).toBe(0)
    expect(uploading(5, 10)).toBeCloseTo(0.425)
    expect(uploading(10, 10)).toBeCloseTo(0.85)
  })
})
