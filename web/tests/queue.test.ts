import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { forgetQueue, hearQueue, ordering, pausing, placeOf, queue, takeAnswer } from '../src/queue'
import type { Queue } from '../src/contract.gen'
import { queueOf } from './queues'

beforeEach(() => {
  vi.useFakeTimers()
  forgetQueue()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A request, and its answer when the test gives it. */
function asked() {
  let answer!: (queue: Queue) => void
  const taken = takeAnswer(new Promise((tell) => void (answer = tell)))
  return { taken, answer }
}

test('a place is that of the last frame; without one there is none', () => {
  expect(placeOf('a')).toBeNull()
  hearQueue(queueOf({ a: 3 }))
  expect(placeOf('a')).toBe(3)
  hearQueue(queueOf({}))
  expect(placeOf('a')).toBeNull()
})

test('what was asked is shown at once, and taken back with the wish', () => {
  hearQueue(queueOf({ a: 1, b: 2 }))
  pausing.value = true
  ordering.value = ['b']
  expect(queue.value).toMatchObject({ paused: true, places: { b: 1, a: 2 } })
  pausing.value = ordering.value = null
  expect(queue.value).toMatchObject({ paused: false, places: { a: 1, b: 2 } })
})

test('an answer is taken where no frame came meanwhile', async () => {
  hearQueue(queueOf())
  const { taken, answer } = asked()
  answer(queueOf({}, { paused: true }))
  await taken
  expect(queue.value?.paused).toBe(true)
})

test('an answer that may be older than a frame is not taken; the wish is shown until the next frame', async () => {
  const { taken, answer } = asked()
  hearQueue(queueOf({ a: 1, b: 2 }))
  answer(queueOf({ b: 1, a: 2 }))
  const done = vi.fn()
  void taken.then(done)
  await vi.advanceTimersByTimeAsync(200)
  expect(queue.value?.places).toEqual({ a: 1, b: 2 })
  expect(done).not.toHaveBeenCalled()
  hearQueue(queueOf({ b: 1, a: 2 }))
  await taken
  expect(queue.value?.places).toEqual({ b: 1, a: 2 })
})

test('a frame that says what the answer says is all there is to wait for', async () => {
  const { taken, answer } = asked()
  hearQueue(queueOf({ b: 1, a: 2 }))
  answer(queueOf({ b: 1, a: 2 }))
  await taken
  expect(vi.getTimerCount()).toBe(0)
})

test('where no other frame comes it goes on all the same', async () => {
  const { taken, answer } = asked()
  hearQueue(queueOf({ a: 1 }))
  answer(queueOf({ a: 2 }))
  await vi.advanceTimersByTimeAsync(5_000)
  await taken
  expect(queue.value?.places).toEqual({ a: 1 })
})
