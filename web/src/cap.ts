// What a workspace may spend a day, once a request has met it: told at the form as long as it is true.
import { signal } from '@preact/signals'
import type { Refused } from './api'
import { clock, serverNow } from './clock'
import { formatMoney, t } from './i18n'
import { exceeds, type CapFigures } from './money'

const met = signal<(CapFigures & { day: string }) | null>(null)

/** The server's day; it ends at midnight UTC. */
const today = (): string => new Date(serverNow(clock)).toISOString().slice(0, 10)

export function meetCap({ money }: Refused): void {
  if (money) met.value = { ...money, day: today() }
}

export function forgetCap(): void {
  met.value = null
}

/** The figures, where what costs so much would be refused again; null where it may be worth a try. */
export function capAgainst(cost: number): CapFigures | null {
  const figures = met.value
  return figures && figures.day === today() && exceeds(figures, cost) ? { ...figures, cost } : null
}

export const capSentence = ({ cap, spent, cost }: CapFigures): string =>
  t.value.money.capReached(formatMoney(spent), formatMoney(cap), formatMoney(cost))
