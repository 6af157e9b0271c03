import { beforeEach, describe, expect, test } from 'vitest'
import { forget, lastingClock, sample, serverNow, type Clock } from '../src/clock'

const iso = (milliseconds: number): string => new Date(milliseconds).toISOString()
const SERVER = Date.parse('2030-01-01T00:00:00Z')

test('the sample with the least latency wins, whatever the order', () => {
  const clock: Clock = { offset: null }
  sample(clock, iso(SERVER), 1_400)
  sample(clock, iso(SERVER + 1_000), 2_010)
  sample(clock, iso(SERVER + 2_000), 3_900)
  expect(serverNow(clock, 4_010)).toBe(SERVER + 3_000)
})

test('two tabs agree although one machine is an hour off', () => {
  const right: Clock = { offset: null }
  const wrong: Clock = { offset: null }
  sample(right, iso(SERVER), 50_000)
  sample(wrong, iso(SERVER), 3_650_000)
  expect(serverNow(right, 50_500)).toBe(serverNow(wrong, 3_650_500))
})

test('a new connection begins anew, also where the old offset was larger', () => {
  const clock: Clock = { offset: null }
  sample(clock, iso(SERVER + 90_000), 1_000)
  forget(clock)
  sample(clock, iso(SERVER), 2_000)
  expect(serverNow(clock, 2_000)).toBe(SERVER)
})

test('what is no time is no sample', () => {
  const clock: Clock = { offset: null }
  sample(clock, 'soon', 0)
  expect(clock.offset).toBeNull()
})

describe('a clock that lasts', () => {
  let awake = 0
  let wall = SERVER
  const both = (milliseconds: number): void => {
    awake += milliseconds
    wall += milliseconds
  }

  beforeEach(() => {
    awake = 1_000
    wall = SERVER
  })

  test('goes on while the machine sleeps', () => {
    const lasting = lastingClock(() => awake, () => wall)
    both(500)
    expect(lasting()).toBe(1_500)
    wall += 3_600_000
    both(20)
    expect(lasting()).toBe(3_601_520)
  })

  test('never goes back, whatever the clock on the wall is set to', () => {
    const lasting = lastingClock(() => awake, () => wall)
    wall -= 3_600_000
    both(40)
    expect(lasting()).toBe(1_040)
    both(60)
    expect(lasting()).toBe(1_100)
    wall += 5_000
    expect(lasting()).toBe(6_100)
  })
})
