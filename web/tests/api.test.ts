import { afterEach, describe, expect, test, vi } from 'vitest'
import { fetchMe, refusal } from '../src/api'

describe('a refusal', () => {
  test('has the code, the wait and the limit that the server wrote', () => {
    const body = JSON.stringify({ code: 'too_large', detail: 'no', retry_after: 2.5, limit: 7 })
    expect(refusal(413, body, null)).toMatchObject({ code: 'too_large', detail: 'no', retryAfter: 2.5, limit: 7 })
  })

  test('of the day\'s cap has its figures', () => {
    const body = { code: 'daily_cap_reached', cap_usd: 5, spent_usd: 0, cost_usd: 5.01 }
    expect(refusal(402, JSON.stringify(body), null).money).toEqual({ cap: 5, spent: 0, cost: 5.01 })
    expect(refusal(402, JSON.stringify({ ...body, spent_usd: null }), null).money).toBeNull()
  })

  test.each([
    ['a code that this page does not know', JSON.stringify({ code: 'brand_new' })],
    ['a page of HTML', '<html>'],
    ['nothing', ''],
    ['null', 'null'],
  ])('with %s is read from its status', (_, body) => {
    expect(refusal(429, body, '3')).toMatchObject({ code: 'rate_limited', retryAfter: 3 })
    expect(refusal(503, body, null)).toMatchObject({ code: 'unavailable', retryAfter: null })
  })
})

describe('an answer', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  test('that is not ours means that the server was not reached', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(new Response('<html>Welcome to the hotel</html>')))
    await expect(fetchMe()).rejects.toMatchObject({ code: 'unreachable' })
  })
})
