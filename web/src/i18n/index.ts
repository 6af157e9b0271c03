// The page's words in the language that was chosen, and numbers, money and dates as they are written there.
import { computed } from '@preact/signals'
import { language, type Language } from '../preferences'
import { en } from './en'
import { fr } from './fr'

/** All the words; French has exactly the keys that English has, or it does not compile. */
export type Messages = typeof en

export const TABLES: Record<Language, Messages> = { en, fr }

export const t = computed<Messages>(() => TABLES[language.value])

// A browser that prefers en-GB to en keeps its own way of writing dates.
const locale = computed(() => navigator.languages.find((tag) => tag.toLowerCase().startsWith(language.value)) ?? language.value)

const numbers = computed(() => new Intl.NumberFormat(locale.value))
const percents = computed(() => new Intl.NumberFormat(locale.value, { style: 'percent', maximumFractionDigits: 0 }))
const money = computed(() => new Intl.NumberFormat(locale.value, { style: 'currency', currency: 'USD', maximumFractionDigits: 4 }))
const amounts = computed(() => new Intl.NumberFormat(locale.value, { minimumFractionDigits: 2, maximumFractionDigits: 4, useGrouping: false }))
const dates = computed(() => new Intl.DateTimeFormat(locale.value, { dateStyle: 'medium', timeStyle: 'short' }))
const times = computed(() => new Intl.DateTimeFormat(locale.value, { timeStyle: 'short' }))
const seconds = computed(() => new Intl.NumberFormat(locale.value, { style: 'unit', unit: 'second', maximumFractionDigits: 1 }))

export const formatNumber = (value: number): string => numbers.value.format(value)
export const formatPercent = (share: number): string => percents.value.format(share)
export const formatMoney = (dollars: number): string => money.value.format(dollars)
/** An amount as one types it: no sign, no grouping. */
export const formatAmount = (dollars: number): string => amounts.value.format(dollars)

/** The sign of the dollar, and whether it stands before the amount. */
export function moneySign(): { sign: string; isBefore: boolean } {
  const parts = money.value.formatToParts(0)
  return { sign: parts.find(({ type }) => type === 'currency')?.value ?? '$', isBefore: parts[0]?.type === 'currency' }
}

export const formatDate = (iso: string): string => dates.value.format(new Date(iso))
export const formatTime = (iso: string): string => times.value.format(new Date(iso))
export const formatSeconds = (value: number): string => seconds.value.format(value)

export function formatBytes(bytes: number): string {
  const isLarge = bytes >= 1_000_000
  const unit = isLarge ? 'megabyte' : 'kilobyte'
  const value = bytes / (isLarge ? 1_000_000 : 1_000)
  return new Intl.NumberFormat(locale.value, { style: 'unit', unit, maximumFractionDigits: value < 10 ? 1 : 0 }).format(value)
}
