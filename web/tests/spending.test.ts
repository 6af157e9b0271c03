import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { capAgainst, meetCap } from '../src/cap'
import { Refused } from '../src/api'
import type { LedgerEntry, LedgerPage, Me, Spending } from '../src/contract.gen'
import { me } from '../src/session'
import { changeCap, forgetSpending, ledger, load, loadOlder, spending, trouble } from '../src/spending'

const SUMS: Spending = {
  today_usd: 1,
  month_usd: 2,
  reserved_usd: 0,
  cap_usd: null,
  credits: null,
  credits_at: null,
  drift_usd: null,
}

/** The server's ledger has entries from 1 to `last`; a page has three. */
let last = 0
let down = false

const entry = (id: number): LedgerEntry => ({
  id,
  at: '2030-01-01T10:00:00Z',
  image: `i${id}`,
  attempt: 1,
  model: 'small',
  resolution: '1K',
  amount_usd: 0.02,
})

function page(cursor: string | null): LedgerPage {
  const top = cursor ? Number(cursor) - 1 : last
  const items = [top, top - 1, top - 2].filter((id) => id > 0).map(entry)
  const lowest = items.at(-1)?.id ?? 1
  return { items, next: lowest > 1 ? String(lowest) : null }
}

function answer(path: string, request?: RequestInit): unknown {
  if (down) throw new TypeError('no network')
  const url = new URL(path, 'http://atelier')
  if (url.pathname === '/api/ledger') return page(url.searchParams.get('cursor'))
  if (url.pathname === '/api/workspace') return { ...WORKSPACE, ...JSON.parse(String(request?.body)) }
  return SUMS
}

const WORKSPACE = { id: 'w', name: 'W', role: 'owner', daily_cap_usd: null }
const ids = (): number[] => ledger.value?.items.map(({ id }) => id) ?? []

beforeEach(() => {
  last = 7
  down = false
  forgetSpending()
  vi.stubGlobal('fetch', async (path: string, request?: RequestInit) => new Response(JSON.stringify(answer(path, request))))
})
afterEach(() => {
  vi.unstubAllGlobals()
})

describe('the ledger', () => {
  test('is paged down to its first entry', async () => {
    await load()
    expect(ids()).toEqual([7, 6, 5])
    await loadOlder()
    await loadOlder()
    expect(ids()).toEqual([7, 6, 5, 4, 3, 2, 1])
    expect(ledger.value?.next).toBeNull()
  })

  test('gets what is new on top of what older pages brought', async () => {
    await load()
    await loadOlder()
    last = 9
    await load()
    expect(ids()).toEqual([9, 8, 7, 6, 5, 4, 3, 2])
    expect(ledger.value?.next).toBe('2')
  })

  test('begins anew where more is new than a page holds: it must not have a hole', async () => {
    await load()
    last = 12
    await load()
    expect(ids()).toEqual([12, 11, 10])
    expect(ledger.value?.next).toBe('10')
  })
})

test('what could not be loaded says so, keeps what was there, and is over with the next answer', async () => {
  await load()
  down = true
  await load()
  expect(trouble.value?.code).toBe('unreachable')
  expect(ids()).toEqual([7, 6, 5])
  down = false
  await load()
  expect(trouble.value).toBeNull()
})

test('a cap that was changed is known everywhere, and no longer met', async () => {
  me.value = { workspace: WORKSPACE } as Me
  await load()
  meetCap(new Refused('daily_cap_reached', '', null, null, null, { cap: 1, spent: 1, cost: 0.5 }))
  expect(capAgainst(0.02)).toMatchObject({ cap: 1, spent: 1, cost: 0.02 })
  await changeCap(5)
  expect(spending.value?.cap_usd).toBe(5)
  expect(me.value.workspace.daily_cap_usd).toBe(5)
  expect(capAgainst(0.02)).toBeNull()
})
