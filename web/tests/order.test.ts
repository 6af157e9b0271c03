import { describe, expect, test } from 'vitest'
import { headOf, moveTo, orderOf, withFirst } from '../src/order'
import { queueOf } from './queues'

const FOUR = queueOf({ a: 1, b: 4, c: 5, d: 9 })

test('the order is that of the places, whatever the order of the object', () => {
  expect(orderOf(queueOf({ c: 12, a: 2, b: 9 }))).toEqual(['a', 'b', 'c'])
})

describe('a moved picture', () => {
  const order = orderOf(FOUR)

  test.each([
    ['to the front', 'c', 0, ['c', 'a', 'b', 'd']],
    ['up', 'c', 1, ['a', 'c', 'b', 'd']],
    ['down', 'a', 1, ['b', 'a', 'c', 'd']],
    ['to the end', 'b', 3, ['a', 'c', 'd', 'b']],
    ['further than the list goes', 'b', 99, ['a', 'c', 'd', 'b']],
    ['before its beginning', 'b', -1, ['b', 'a', 'c', 'd']],
    ['that no longer waits', 'x', 0, ['a', 'b', 'c', 'd']],
  ])('goes %s', (_, id, to, expected) => {
    expect(moveTo(order, id, to)).toEqual(expected)
  })

  test('is told with all that goes before it, and no more', () => {
    expect(headOf(['c', 'a', 'b', 'd'], 'c')).toEqual(['c'])
    expect(headOf(['a', 'c', 'd', 'b'], 'b')).toEqual(['a', 'c', 'd', 'b'])
  })

  test('takes along what was moved before it and is not confirmed', () => {
    expect(headOf(['d', 'a', 'c', 'b'], 'd', ['a', 'c'])).toEqual(['d', 'a', 'c'])
  })

  test('ends where the person put it, as the server understands it', () => {
    for (const id of order) {
      for (let to = 0; to < order.length; to += 1) {
        const wanted = moveTo(order, id, to)
        expect(orderOf(withFirst(FOUR, headOf(wanted, id)))).toEqual(wanted)
      }
    }
  })
})

describe('pictures that go first', () => {
  test('share out the same numbers: those of other workspaces stay free', () => {
    expect(withFirst(FOUR, ['d', 'b']).places).toEqual({ d: 1, b: 4, a: 5, c: 9 })
  })

  test('are those that still wait', () => {
    expect(withFirst(FOUR, ['gone', 'c']).places).toEqual({ c: 1, a: 4, b: 5, d: 9 })
  })

  test('may be first already', () => {
    expect(withFirst(FOUR, ['a', 'b']).places).toEqual(FOUR.places)
  })
})
