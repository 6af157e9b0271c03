// What a person wants to be told of where they do not look. The account's own, the same on every device.
import { signal } from '@preact/signals'
import type { Device, Image, NoticeChoices } from '../contract.gen'
import { isFinished } from '../store'
import { fetchChoices, putChoices } from './requests'
import type { NoticeKind } from './kinds'

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

/** Whether one ended picture is to be told of outside of the page; `batch` are those that were asked for with it, as far as known. */
export function isWanted(image: Image, batch: readonly Image[], { on, muted_projects }: NoticeChoices, off: Device['off']): boolean {
  const wants = (kind: NoticeKind): boolean => on.includes(kind) && !off.includes(kind)
  if (muted_projects.includes(image.project) || image.kind !== 'generation' || image.trashed_at !== null) return false
  if (image.status === 'completed' && wants('ready')) return true
  if (image.status === 'failed' && wants('failed')) return true
  return wants('batch') && batch.length > 1 && batch.every(isFinished)
}
