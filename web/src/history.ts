// The prompts that this browser sent, oldest first, and the walk through them with the arrow keys. Pure but for the last lines.
import { forgetKept, recall, remember } from './preferences'

export const MOST_PROMPTS = 50
const KEY = 'atelier:prompts'

/**
 * A walk through what was sent. The last slot is the draft that stood in the form before it; what is typed on the way stays
 * in the slot in which it was typed.
 */
export interface Walk {
  readonly slots: readonly string[]
  readonly at: number
}

/** The list with `prompt` as its newest; it is there once. */
export function withPrompt(past: readonly string[], prompt: string): string[] {
  const sent = prompt.trim()
  return sent ? [...past.filter((old) => old !== sent), sent].slice(-MOST_PROMPTS) : [...past]
}

/** A walk that begins at the draft. A prompt that stands in the form already is no step. */
export function beginWalk(past: readonly string[], draft: string): Walk {
  const rest = past.at(-1) === draft.trim() ? past.slice(0, -1) : past
  return { slots: [...rest, draft], at: rest.length }
}

/** The walk that stood at `text` when the page was loaded again; `draft` is what it would come back to. */
export function resumeWalk(past: readonly string[], draft: string, text: string): Walk {
  const at = past.indexOf(text)
  if (at >= 0) return { slots: [...past, draft], at }
  return { slots: [...past, text, draft], at: past.length }
}

/** One step, back (-1) or forward (1), with `text` as it stands now; null where there is nothing. */
export function step(walk: Walk, text: string, by: -1 | 1): Walk | null {
  const at = walk.at + by
  if (at < 0 || at >= walk.slots.length) return null
  return { slots: walk.slots.with(walk.at, text), at }
}

export const textOf = ({ slots, at }: Walk): string => slots[at] ?? ''
export const draftOfWalk = ({ slots }: Walk): string => slots.at(-1) ?? ''
export const isAtDraft = ({ slots, at }: Walk): boolean => at === slots.length - 1

/** What was kept, whatever an older page may have written there. */
export function parsePrompts(text: string | null): string[] {
  try {
    const kept: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(kept) ? kept.filter((prompt) => typeof prompt === 'string').slice(-MOST_PROMPTS) : []
  } catch {
    return []
  }
}

/** Read anew at each walk, so that what another tab sent is there too. */
export const pastPrompts = (): string[] => parsePrompts(recall(KEY))
export const keepPrompt = (prompt: string): void => remember(KEY, JSON.stringify(withPrompt(pastPrompts(), prompt)))
export const forgetPrompts = (): void => forgetKept(KEY, () => localStorage)
