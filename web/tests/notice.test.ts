import { describe, expect, test } from 'vitest'
import { countdown, noticeOf, passesByItself } from '../src/notice'
import type { Queue } from '../src/contract.gen'
import { queueOf } from './queues'

const SOON = '2030-01-01T10:00:30Z'
const because = (reason: Queue['provider']['reason'], until: string | null = null, changes: Partial<Queue> = {}): Queue =>
  queueOf({ a: 1, b: 2 }, { provider: { reason, since: null, until, credits: null }, ...changes })

describe('the notice', () => {
  test('is none while all is well, and before anything was told', () => {
    expect(noticeOf(queueOf({ a: 1 }))).toBeNull()
    expect(noticeOf(null)).toBeNull()
  })

  test('says which, how long, and how many wait', () => {
    expect(noticeOf(because('maintenance', SOON))).toEqual({ kind: 'maintenance', until: SOON, waiting: 2 })
  })

  test('is first what a person of the workspace can lift', () => {
    expect(noticeOf(because('out_of_credits', null, { paused: true }))?.kind).toBe('paused')
  })

  test('promises no time where somebody must act', () => {
    for (const reason of ['out_of_credits', 'bad_key', 'held'] as const) {
      expect(noticeOf(because(reason, SOON))).toMatchObject({ kind: reason, until: null })
    }
  })

  test('of a short wait is none where nothing of the workspace is held up', () => {
    const idle = { waiting: 0, in_flight: 0, places: {} }
    expect(noticeOf(because('rate_limited', SOON, idle))).toBeNull()
    expect(noticeOf(because('rate_limited', SOON, { ...idle, in_flight: 1 }))).not.toBeNull()
    expect(noticeOf(because('out_of_credits', null, idle))).not.toBeNull()
  })
})

test('what passes by itself needs nobody', () => {
  const kinds = ['rate_limited', 'maintenance', 'unreachable', 'out_of_credits', 'bad_key', 'held', 'paused'] as const
  expect(kinds.filter(passesByItself)).toEqual(['rate_limited', 'maintenance', 'unreachable'])
})

test.each([
  [-3, '0:00'],
  [0.2, '0:01'],
  [59.6, '1:00'],
  [750, '12:30'],
  [3723, '1:02:03'],
])('%d seconds are written %s', (seconds, shown) => {
  expect(countdown(seconds)).toBe(shown)
})
