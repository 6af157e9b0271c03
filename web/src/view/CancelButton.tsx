import { X } from 'lucide'
import { useState } from 'preact/hooks'
import { cancel } from '../actions'
import type { Image } from '../contract.gen'
import { t } from '../i18n'
import { Icon } from './Icon'

/**
 * Cancels, and says before what becomes of the money: beside the sign under a pointer and the focus. A finger sees it at its first tap,
 * unless it is free.
 */
export function CancelButton({ image }: { image: Image }) {
  const [said, say] = useState<string>()
  const words = t.value.making
  const { short, label } = {
    pending: { short: words.free, label: words.cancelFree },
    submitting: { short: words.maybe, label: words.cancelMaybe },
  }[image.status as string] ?? { short: words.late, label: words.cancelLate }
  const act = (): void => {
    // Some phones say that they can hover.
    const isFinger = matchMedia('(pointer: coarse)').matches
    if (isFinger && image.status !== 'pending' && said !== image.status) say(image.status)
    else void cancel(image)
  }
  return (
    <button
      type="button"
      class={`icon-button card-corner card-cancel ${said === image.status ? 'is-said' : ''}`}
      aria-label={label}
      title={label}
      data-testid="cancel"
      onClick={act}
      onBlur={() => say(undefined)}
    >
      <Icon of={X} />
      <span class="card-cancel-words">{short}</span>
    </button>
  )
}
