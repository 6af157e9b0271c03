import { expect, test } from 'vitest'
import { daysLeft } from '../src/days'

const AT = '2030-01-01T10:00:00Z'
const now = (day: number, hour: number): number => Date.parse(`2030-01-${String(day).padStart(2, '0')}T${hour}:00:00Z`)

test.each([
  [1, 10, 30],
  [1, 22, 30],
  [2, 10, 29],
  [31, 10, 0],
  [30, 11, 1],
])('on the %i. at %i it has %i days', (day, hour, left) => {
  expect(daysLeft(AT, 30, now(day, hour))).toBe(left)
})
