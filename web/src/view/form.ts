// The draft that is open, and the ways into it from a picture.
import { computed, effect } from '@preact/signals'
import type { Image } from '../contract.gen'
import { addInput, draftOf, reuse, type Draft, type Options } from '../draft'
import { focusPrompt, repeat } from '../generate'
import { t } from '../i18n'
import { secondsLeft } from '../rate'
import { closeImage, place } from '../route'
import { me, modelOf, models } from '../session'
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

/** How many inputs the chosen model still takes; less than 0 where it takes fewer than there are. */
export function roomFor(draft: Draft): number {
  const most = modelOf(draft.options.value.model)?.max_inputs ?? 1
  return most - draft.inputs.value.length
}

export function useAsInput(image: Image): void {
  const draft = openDraft.value
  if (!draft) return
  if (roomFor(draft) <= 0) {
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

/** One more of it, with all that it was asked for with. Who looks at older pictures is told, and stays there. */
export function again(image: Image): void {
  if (secondsLeft.value > 0) return
  repeat(image, models.value, () => editAgain(image))
  const { againAsked, toTop } = t.value.making
  const action = { label: toTop, run: () => scrollTo({ top: 0 }) }
  if (scrollY > 0) tell({ tone: 'plain', text: againAsked, action, group: 'again', seconds: 4 })
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
