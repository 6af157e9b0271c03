// The draft that is open, and the ways into it from a picture.
import { computed, effect } from '@preact/signals'
import type { Image } from '../contract.gen'
import { addInput, draftOf, reuse, type Draft, type Options } from '../draft'
import { focusPrompt } from '../generate'
import { t } from '../i18n'
import { closeImage, place } from '../route'
import { me, modelOf } from '../session'
import { tell } from '../toasts'

const defaults = (): Options => ({
  model: me.value?.default_model ?? '',
  ratio: 'auto',
  resolution: '1K',
  count: 1,
})

/** The draft of the project that is open. */
export const openDraft = computed<Draft | null>(() => {
  const { project } = place.value
  return project === null || me.value === null ? null : draftOf(project, defaults())
})

/** How many inputs the chosen model still takes. */
export function roomFor(draft: Draft): number {
  const most = modelOf(draft.options.value.model)?.max_inputs ?? 1
  return Math.max(0, most - draft.inputs.value.length)
}

export function useAsInput(image: Image): void {
  const draft = openDraft.value
  if (!draft) return
  if (roomFor(draft) === 0) {
    tell({ tone: 'plain', text: t.value.form.full(draft.inputs.value.length) })
    return
  }
  addInput(draft, { key: image.id, image: image.id })
  leaveAndFocus()
}

/** Everything the picture was asked for with, back in the form. */
export function editAgain(image: Image): void {
  if (!openDraft.value) return
  reuse(openDraft.value, image)
  leaveAndFocus()
}

function leaveAndFocus(): void {
  if (place.value.image) closeImage()
  // Going back is not done at once, and the large view that closes gives the focus away.
  let left = false
  const stop = effect(() => {
    if (left || place.value.image) return
    left = true
    requestAnimationFrame(() => {
      stop()
      focusPrompt()
    })
  })
}
