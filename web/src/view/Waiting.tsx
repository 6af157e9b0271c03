import { computed } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { canceling } from '../actions'
import type { Image, Status } from '../contract.gen'
import { t } from '../i18n'
import { cardKey } from '../provisional'
import { placeOf } from '../queue'
import { mayWrite } from '../session'
import { Behind } from './Backdrop'
import { Bar, shareOf } from './Bar'
import { CancelButton } from './CancelButton'

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
      <Bar share={() => shareOf(image)} label={label} attempt={`${cardKey(image)}:${image.attempt}`} class={barClass(image)} />
      {mayCancel && <CancelButton image={image} />}
    </>
  )
}

/** Where there is nothing to measure the words say it, and the line only holds its place. */
function barClass({ kind, status }: Image): string {
  if (kind === 'upload') return ''
  if (status === 'pending') return 'is-wordy'
  return status === 'unknown' ? 'is-wordy is-unsure' : ''
}

function labelOf({ kind, status }: Image): string {
  const words = t.value
  return kind === 'upload' ? words.upload[status === 'saving' ? 'saving' : 'pending'] : words.status[status]
}
