import { computed } from '@preact/signals'
import { X } from 'lucide'
import { useMemo } from 'preact/hooks'
import { cancel, canceling } from '../actions'
import type { Image, Status } from '../contract.gen'
import { t } from '../i18n'
import { cardKey } from '../provisional'
import { placeOf } from '../queue'
import { mayWrite } from '../session'
import { Behind } from './Backdrop'
import { Bar, shareOf } from './Bar'
import { IconButton } from './IconButton'

const CANCELABLE: readonly Status[] = ['pending', 'submitting', 'processing']

/** A picture that is not there yet: its phase in a word or its place in line, its bar, and what it is made from behind. */
export function Waiting({ image }: { image: Image }) {
  const words = t.value
  const isUpload = image.kind === 'upload'
  const leaving = canceling.value.has(image.id)
  const mayCancel = mayWrite.value && !isUpload && !leaving && CANCELABLE.includes(image.status)
  // Of all numbers in the queue only its own draws the card again.
  const place = useMemo(() => computed(() => placeOf(image.id)), [image.id])
  const inLine = image.status === 'pending' && place.value !== null
  const label = leaving ? words.card.canceling : inLine ? words.card.place(place.value!) : labelOf(image)
  return (
    <>
      <Behind image={image} />
      {image.prompt && <p class="card-prompt" dir="auto">{image.prompt}</p>}
      <Bar share={() => shareOf(image)} label={label} attempt={`${cardKey(image)}:${image.attempt}`} class={inLine || image.status === 'unknown' ? 'is-wordy' : ''} />
      {mayCancel && (
        <IconButton
          icon={X}
          class="card-corner"
          label={words.action.cancel}
          testId="cancel"
          onClick={() => void cancel(image)}
        />
      )}
    </>
  )
}

function labelOf({ kind, status }: Image): string {
  const words = t.value
  return kind === 'upload' ? words.upload[status === 'saving' ? 'saving' : 'pending'] : words.status[status]
}
