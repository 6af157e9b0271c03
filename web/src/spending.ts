// What was spent and for what: asked for when somebody looks, and again as long as they look and pictures end.
import { batch, computed, effect, signal } from '@preact/signals'
import { fetchLedger, fetchSpending, Refused, setCap } from './api'
import { forgetCap } from './cap'
import type { LedgerEntry, Spending } from './contract.gen'
import { queue } from './queue'
import { me, phase } from './session'

export const spendingOpen = signal(false)
export const spending = signal<Spending | null>(null)

/** Newest first; `next` asks for older ones. */
export const ledger = signal<{ items: readonly LedgerEntry[]; next: string | null } | null>(null)

/** Why it could not be loaded. */
export const trouble = signal<Refused | null>(null)

export function openSpending(): void {
  spendingOpen.value = true
}

export function closeSpending(): void {
  spendingOpen.value = false
}

const unfinished = computed(() => `${queue.value?.waiting} ${queue.value?.in_flight}`)

/** Milliseconds that pictures may go on ending in before the sums are asked for anew. */
const SETTLE = 1_000

/** Loads, and loads again whenever something has left the queue, until the answer is called. */
export function followSpending(): () => void {
  let timer: number | undefined
  const stop = effect(() => {
    void unfinished.value
    timer ??= window.setTimeout(() => {
      timer = undefined
      void load()
    }, spending.peek() ? SETTLE : 0)
  })
  return () => {
    stop()
    clearTimeout(timer)
  }
}

export const load = (): Promise<void> =>
  attempt(async () => {
    const [sums, page] = await Promise.all([fetchSpending(), fetchLedger(null)])
    batch(() => {
      spending.value = sums
      ledger.value = joined(page)
    })
  })

export const loadOlder = (): Promise<void> =>
  attempt(async () => {
    const before = ledger.value
    if (!before?.next) return
    const { items, next } = await fetchLedger(before.next)
    ledger.value = { items: [...before.items, ...items], next }
  })

/** The first page anew, before what older pages brought. */
function joined(page: { items: LedgerEntry[]; next: string | null }) {
  const oldest = page.items.at(-1)?.id ?? 0
  const before = ledger.value
  const older = before?.items.filter(({ id }) => id < oldest) ?? []
  const meets = before?.items.some(({ id }) => id >= oldest) ?? false
  return meets && older.length ? { items: [...page.items, ...older], next: before!.next } : page
}

/** Sets the cap, or (null) takes it away. Throws what the server says against it. */
export async function changeCap(usd: number | null): Promise<void> {
  const workspace = await setCap(usd)
  batch(() => {
    if (me.value) me.value = { ...me.value, workspace }
    if (spending.value) spending.value = { ...spending.value, cap_usd: workspace.daily_cap_usd }
    forgetCap()
  })
}

export function forgetSpending(): void {
  batch(() => {
    spending.value = ledger.value = trouble.value = null
    spendingOpen.value = false
  })
}

async function attempt(run: () => Promise<void>): Promise<void> {
  try {
    await run()
    trouble.value = null
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    if (error.code === 'not_signed_in') phase.value = 'signed-out'
    else trouble.value = error
  }
}
