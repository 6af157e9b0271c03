// What a person wants to be told of where they do not look. The account's own, the same on every device.
import { signal } from '@preact/signals'
import type { NoticeChoices } from '../contract.gen'
import { fetchChoices, putChoices } from './requests'

export const choices = signal<NoticeChoices | null>(null)

export async function loadChoices(): Promise<NoticeChoices> {
  return (choices.value = await fetchChoices())
}

/** Shown at once, taken back where the server refuses. */
export async function choose(change: Partial<NoticeChoices>): Promise<void> {
  const before = choices.value
  if (!before) return
  choices.value = { ...before, ...change }
  try {
    choices.value = await putChoices(choices.value)
  } catch (error) {
    choices.value = before
    throw error
  }
}

export const switched = <T>(all: readonly T[], one: T, isIn: boolean): T[] => (isIn ? [...new Set([...all, one])] : all.filter((other) => other !== one))
