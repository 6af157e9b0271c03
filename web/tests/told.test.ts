import { describe, expect, test } from 'vitest'
import { MOST, toldOutside, untold, withTold, type Told } from '../src/notices/told'

const keys = (told: readonly Told[]): string[] => told.map(({ key }) => key)

describe('what this device was told', () => {
  test('is told by the first who asks', () => {
    expect(untold([], ['a:1', 'b:1', 'a:1'])).toEqual(['a:1', 'b:1'])
    const told = withTold([], ['a:1'], 'toast')
    expect(untold(told, ['a:1', 'b:1'])).toEqual(['b:1'])
  })

  test('another try of the same picture is another outcome', () => {
    expect(untold(withTold([], ['a:1'], 'system'), ['a:2'])).toEqual(['a:2'])
  })

  test('knows who told it first', () => {
    const told = withTold(withTold([], ['a:1'], 'system'), ['a:1', 'b:1'], 'toast')
    expect(toldOutside(told, ['a:1', 'b:1', 'c:1'])).toEqual(new Set(['a:1']))
  })

  test('knows what was told in another browser', () => {
    const told = withTold(withTold([], ['a:1'], 'elsewhere'), ['b:1'], 'toast')
    expect(untold(told, ['a:1', 'b:1', 'c:1'])).toEqual(['c:1'])
    expect(toldOutside(told, ['a:1', 'b:1'])).toEqual(new Set(['a:1']))
  })

  test('forgets the oldest, and what is told anew is the newest', () => {
    const many = Array.from({ length: MOST }, (_, index) => `${index}:1`)
    const full = withTold([], many, 'toast')
    expect(full).toHaveLength(MOST)
    const more = withTold(withTold(full, ['0:1'], 'toast'), ['x:1'], 'system')
    expect(more).toHaveLength(MOST)
    expect(keys(more).slice(-2)).toEqual(['0:1', 'x:1'])
    expect(untold(more, ['0:1', '1:1'])).toEqual(['1:1'])
  })
})
