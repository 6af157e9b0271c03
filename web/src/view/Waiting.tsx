import { X } from 'lucide'
import { cancel } from '../actions'
import type { Image, Status } from '../contract.gen'
import { t } from '../i18n'
import { cardKey } from '../provisional'
import { mayWrite } from '../session'
import { Behind } from './Backdrop'
import { Bar, shareOf } from './Bar'
import { IconButton } from './IconButton'

const CANCELABLE: readonly Status[] = ['pending', 'submitting', 'processing']

/** A picture that is not there yet: its phase in a word, its bar, and what it is made from behind. */
export function Waiting({ image }: { image: Image }) {
  const words = t.value
  const isUpload = image.kind === 'upload'
  const label = isUpload ? words.upload[image.status === 'saving' ? 'saving' : 'pending'] : words.status[image.status]
  const mayCancel = mayWrite.value && !isUpload && CANCELABLE.includes(image.status)
  return (
    <>
      <Behind image={image} />
      {image.prompt && <p class="card-prompt" dir="auto">{image.prompt}</p>}
      <Bar share={() => shareOf(image)} label={label} attempt={`${cardKey(image)}:${image.attempt}`} />
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
