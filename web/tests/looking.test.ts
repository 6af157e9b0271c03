import { describe, expect, test } from 'vitest'
import { parseComparison, successor } from '../src/looking'
import { timesOf } from '../src/times'

describe('the successor of a picture that went', () => {
  const row = ['a', 'b', 'c', 'd']

  test.each([
    ['b', ['a', 'c', 'd'], 'c'],
    ['d', ['a', 'b', 'c'], 'c'],
    ['b', ['a'], 'a'],
    ['b', ['new', 'a', 'd'], 'd'],
    ['b', [], null],
    ['x', ['a'], null],
  ])('%s, with %j left, is %s', (gone, now, expected) => {
    expect(successor(gone, row, now)).toBe(expected)
  })

  test('is never itself', () => {
    expect(successor('b', ['b'], ['b'])).toBe(null)
  })
})

test('an unknown way to compare is the slider', () => {
  expect([null, 'side', 'off', 'upside-down'].map(parseComparison)).toEqual(['slider', 'side', 'off', 'slider'])
})

describe('the times of a picture', () => {
  const begun = { created_at: '2030-01-01T10:00:00Z', finished_at: '2030-01-01T10:00:30Z' }

  test('part waiting from generating by what the provider said', () => {
    const metadata = { createTime: '2029-12-31T23:00:05Z', completeTime: '2029-12-31T23:00:25Z' }
    expect(timesOf({ ...begun, metadata })).toEqual({ took: 30, generated: 20, waited: 10 })
    expect(timesOf({ ...begun, metadata: { createTime: 1000, completeTime: 13_000 } })?.generated).toBe(12)
  })

  test.each([{}, { createTime: 'soon', completeTime: 5 }, { createTime: 9, completeTime: 1 }, { createTime: 0, completeTime: 99_000 }])(
    'are told as one where the provider said %j',
    (metadata) => {
      expect(timesOf({ ...begun, metadata })).toEqual({ took: 30, generated: null, waited: null })
    },
  )

  test('are not told before the end', () => {
    expect(timesOf({ ...begun, finished_at: null, metadata: {} })).toBe(null)
  })
})
