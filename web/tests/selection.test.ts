import { describe, expect, test } from 'vitest'
import { inOrder, NOTHING, retain, selectAll, sweep, toggle, type Selection } from '../src/selection'

const ORDER = ['a', 'b', 'c', 'd', 'e']
const ids = ({ ids }: Selection): string => [...ids].sort().join('')

describe('a click', () => {
  test('takes one in and out again', () => {
    const one = toggle(NOTHING, 'b')
    expect(ids(one)).toBe('b')
    expect(ids(toggle(one, 'd'))).toBe('bd')
    expect(ids(toggle(one, 'b'))).toBe('')
  })

  test('changes nothing that was', () => {
    const one = toggle(NOTHING, 'b')
    toggle(one, 'c')
    sweep(one, ORDER, 'e')
    expect([ids(NOTHING), ids(one)]).toEqual(['', 'b'])
  })
})

describe('a range', () => {
  test('goes from the last click, either way', () => {
    expect(ids(sweep(toggle(NOTHING, 'b'), ORDER, 'd'))).toBe('bcd')
    expect(ids(sweep(toggle(NOTHING, 'd'), ORDER, 'a'))).toBe('abcd')
  })

  test('that becomes shorter or turns round gives back only what it took', () => {
    const before = toggle(toggle(NOTHING, 'e'), 'b')
    const long = sweep(before, ORDER, 'd')
    expect(ids(long)).toBe('bcde')
    expect(ids(sweep(long, ORDER, 'c'))).toBe('bce')
    expect(ids(sweep(long, ORDER, 'a'))).toBe('abe')
    expect(ids(sweep(sweep(long, ORDER, 'e'), ORDER, 'b'))).toBe('be')
  })

  test('without a beginning is one', () => {
    expect(ids(sweep(NOTHING, ORDER, 'c'))).toBe('c')
    expect(ids(sweep(sweep(NOTHING, ORDER, 'c'), ORDER, 'e'))).toBe('cde')
  })

  test('whose beginning went away begins anew', () => {
    const left = retain(toggle(toggle(NOTHING, 'a'), 'b'), (id) => id !== 'b')
    expect(ids(sweep(left, ORDER, 'd'))).toBe('ad')
  })

  test('to what is not there is none', () => {
    expect(ids(sweep(toggle(NOTHING, 'a'), ORDER, 'z'))).toBe('a')
  })
})

test('all keeps what is selected and not loaded', () => {
  expect(ids(selectAll(toggle(NOTHING, 'z'), ORDER))).toBe('abcdez')
})

describe('what goes away', () => {
  test('leaves the selection', () => {
    expect(ids(retain(selectAll(NOTHING, ORDER), (id) => id !== 'c'))).toBe('abde')
    expect(retain(toggle(NOTHING, 'a'), () => false)).toBe(NOTHING)
  })

  test('draws nothing again where it was not selected', () => {
    const one = toggle(NOTHING, 'a')
    expect(retain(one, (id) => id !== 'b')).toBe(one)
  })
})

test('the selected ones stand as on the page', () => {
  const picked = ['z', 'd', 'a'].reduce(toggle, NOTHING)
  expect(inOrder(picked, ORDER)).toEqual(['a', 'd', 'z'])
})
