import { expect, test } from 'vitest'
import { FIRST, MOST, MOST_PATIENT, PAUSE, Waiting } from '../src/notices/waiting'

test('each outcome waits for a while of its own', () => {
  const waiting = new Waiting()
  expect(waiting.wait(0)).toBeNull()
  waiting.add(['a:1'], 0)
  waiting.add(['b:1', 'a:1'], FIRST - 100)
  expect(waiting.wait(FIRST - 100)).toBe(100)
  expect(waiting.due(FIRST - 1)).toEqual([])
  expect(waiting.due(FIRST)).toEqual(['a:1'])
  waiting.settle(['a:1'], FIRST)
  expect(waiting.wait(FIRST)).toBe(FIRST - 100)
  expect(waiting.due(2 * FIRST - 100)).toEqual(['b:1'])
})

test('those that come one after the other are not asked about one by one', () => {
  const waiting = new Waiting()
  for (let at = 0; at < 500; at += 50) waiting.add([`${at}:1`], at)
  waiting.settle(waiting.due(FIRST), FIRST)
  expect(waiting.wait(FIRST)).toBe(PAUSE)
  expect(waiting.due(FIRST + PAUSE)).toHaveLength(9)
})

test('without an answer all stays, and is asked about later and later', () => {
  const waiting = new Waiting()
  waiting.add(['a:1'], 0)
  const waits = [0, 1, 2, 3, 4, 5].map(() => {
    waiting.postpone(FIRST)
    return waiting.wait(FIRST)
  })
  expect(waits).toEqual([6_000, 12_000, 24_000, 48_000, MOST_PATIENT, MOST_PATIENT])
  expect(waiting.due(FIRST)).toEqual(['a:1'])
  waiting.settle([], FIRST)
  waiting.postpone(FIRST)
  expect(waiting.wait(FIRST)).toBe(6_000)
})

test('so many are asked about at once, the others next', () => {
  const waiting = new Waiting()
  waiting.add(Array.from({ length: MOST + 1 }, (_, index) => `${index}:1`), 0)
  const first = waiting.due(FIRST)
  expect(first).toHaveLength(MOST)
  waiting.settle(first, FIRST)
  expect(waiting.due(FIRST)).toEqual([`${MOST}:1`])
  waiting.clear()
  expect(waiting.wait(FIRST)).toBeNull()
})
