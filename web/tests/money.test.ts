import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Model } from '../src/contract.gen'
import { failuresOf } from '../src/failures'
import { costOf, drifts, exceeds, parseAmount, priceOf } from '../src/money'
import { language } from '../src/preferences'
import { picture } from './pictures'

const model = (id: string, prices: Record<string, number>): Model => ({
  id,
  name: id,
  max_prompt: 1,
  max_inputs: 1,
  ratios: [],
  resolutions: Object.keys(prices),
  prices,
})
const MODELS = [model('small', { '1K': 0.02 }), model('large', { '1K': 0.07, '4K': 0.1234 })]

describe('a price', () => {
  test('is that of the model and size, times the count, without the errors of binary fractions', () => {
    expect(priceOf({ model: 'large', resolution: '1K' }, MODELS, 3)).toBe(0.21)
    expect(priceOf({ model: 'large', resolution: '4K' }, MODELS)).toBe(0.1234)
  })

  test('is nothing for what is not on offer', () => {
    expect(priceOf({ model: 'gone', resolution: '1K' }, MODELS)).toBe(0)
    expect(priceOf({ model: 'small', resolution: '4K' }, MODELS)).toBe(0)
  })

  test('of several pictures is their sum', () => {
    const pictures = ['small', 'small', 'large'].map((id) => picture({ model: id }))
    expect(costOf(pictures, MODELS)).toBe(0.11)
  })
})

test('what just fits under the cap does not exceed it', () => {
  const figures = { cap: 0.3, spent: 0.1, cost: 0 }
  expect(exceeds(figures, 0.2)).toBe(false)
  expect(exceeds(figures, 0.2001)).toBe(true)
})

test('a cent between the balance and the ledger is no drift, either way', () => {
  expect([null, 0, 0.01, -0.01, 0.0101, -0.0101].filter(drifts)).toEqual([0.0101, -0.0101])
})

describe('an amount as it is typed', () => {
  test.each([
    ['5', 5],
    ['5.5', 5.5],
    ['5,50', 5.5],
    ['$1,234.50', 1234.5],
    ['1,234', 1234],
    [' .25 ', 0.25],
    ['0', 0],
    ['', undefined],
    ['-1', undefined],
    ['.', undefined],
    ['five', undefined],
    ['1.2.3', undefined],
    ['1000001', undefined],
  ])('in English: %j', (text, amount) => {
    expect(parseAmount(text, false)).toBe(amount)
  })

  test.each([
    ['5,50', 5.5],
    ['5,125', 5.125],
    ['1\u202f234,50 $US', 1234.5],
    ['5.50', 5.5],
  ])('in French: %j', (text, amount) => {
    expect(parseAmount(text, true)).toBe(amount)
  })
})

describe('money is written as the language writes it', () => {
  beforeAll(() => {
    vi.stubGlobal('navigator', { languages: [] })
  })
  afterAll(() => {
    language.value = 'en'
    vi.unstubAllGlobals()
  })

  test.each([
    ['en', 0.08, '$0.08'],
    ['en', 1234.5, '$1,234.50'],
    ['en', 0.1234, '$0.1234'],
    ['fr', 0.08, '0,08\u00a0$US'],
    ['fr', 1234.5, '1\u202f234,50\u00a0$US'],
  ] as const)('%s %d', async (spoken, dollars, written) => {
    const { formatMoney } = await import('../src/i18n')
    language.value = spoken
    expect(formatMoney(dollars)).toBe(written)
  })

  test('and can be typed back', async () => {
    const { formatAmount, moneySign } = await import('../src/i18n')
    for (const spoken of ['en', 'fr'] as const) {
      language.value = spoken
      expect(parseAmount(formatAmount(1234.56), spoken === 'fr')).toBe(1234.56)
    }
    expect(moneySign()).toEqual({ sign: '$US', isBefore: false })
    language.value = 'en'
    expect(moneySign()).toEqual({ sign: '$', isBefore: true })
  })
})

test('failed pictures are parted by whether they may have been paid for', () => {
  const failed = (charged: boolean) =>
    picture({ status: 'failed', error: { code: 'generation_failed', detail: null, charged } })
  const free = failed(false)
  const paid = failed(true)
  const others = [picture(), picture({ status: 'canceled' }), { ...failed(false), kind: 'upload' as const }]
  expect(failuresOf([free, ...others, paid])).toEqual({ free: [free], charged: [paid] })
})
