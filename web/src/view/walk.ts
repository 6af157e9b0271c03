// The arrow keys in the prompt: back through what was sent, forward to the draft.
import type { RefObject } from 'preact'
import { useRef } from 'preact/hooks'
import type { Draft } from '../draft'
import { beginWalk, draftOfWalk, isAtDraft, pastPrompts, resumeWalk, step, textOf, type Walk } from '../history'

type Field = HTMLTextAreaElement

/** Answers the field's listener for keys. */
export function useWalk(draft: Draft, field: RefObject<Field | null>): (event: KeyboardEvent) => void {
  const walk = useRef<{ past: string; at: Walk } | null>(null)
  // Where the last step left the caret: there the keys walk on, elsewhere they move the caret.
  const left = useRef<number | null>(null)
  const begin = (): Walk => {
    const past = pastPrompts()
    const { value: aside } = draft.aside
    const kept = walk.current
    if (kept && (aside !== null || kept.past === past.join('\0'))) return kept.at
    const at = aside === null ? beginWalk(past, draft.prompt.value) : resumeWalk(past, aside, draft.prompt.value)
    walk.current = { past: past.join('\0'), at }
    return at
  }
  const go = (by: -1 | 1): boolean => {
    const next = step(begin(), draft.prompt.value, by)
    if (!next || !walk.current || !field.current) return false
    walk.current.at = next
    draft.aside.value = isAtDraft(next) ? null : draftOfWalk(next)
    draft.prompt.value = field.current.value = textOf(next)
    left.current = field.current.value.length
    field.current.setSelectionRange(left.current, left.current)
    return true
  }
  return (event) => {
    const by = STEPS[event.key]
    const caret = field.current && caretOf(field.current)
    if (!by || caret === null || event.isComposing || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return
    const isWalking = draft.aside.value !== null
    const isEdge = caret === left.current && (isWalking || walk.current !== null)
    const walks = by < 0 ? caret === 0 || isEdge : isWalking && (isEdge || caret === 0 || caret === draft.prompt.value.length)
    if (walks && go(by)) event.preventDefault()
  }
}

const STEPS: Partial<Record<string, -1 | 1>> = { ArrowUp: -1, ArrowDown: 1 }

/** Null where something is selected. */
const caretOf = ({ selectionStart, selectionEnd }: Field): number | null => (selectionStart === selectionEnd ? selectionStart : null)
