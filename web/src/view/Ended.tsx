import { CircleAlert, Copy, RotateCcw, X } from 'lucide'
import { retry, trash } from '../actions'
import type { Image } from '../contract.gen'
import { formatMoney, t } from '../i18n'
import { priceOf } from '../money'
import { secondsLeft } from '../rate'
import { AFTER_PROBLEM } from '../remedies'
import { pathOf } from '../route'
import { mayWrite, models } from '../session'
import { isFinished } from '../store'
import { tell } from '../toasts'
import { editAgain } from './form'
import { Icon } from './Icon'
import { IconButton } from './IconButton'

/** Why there is no picture, and the one thing that may help. */
export function Failed({ image }: { image: Image }) {
  const words = t.value
  const code = image.error?.code ?? 'generation_failed'
  const remedy = image.kind === 'upload' ? null : AFTER_PROBLEM[code]
  return (
    <div class="card-end">
      {image.prompt && <p class="card-prompt is-past" dir="auto">{image.prompt}</p>}
      <Icon of={CircleAlert} size={20} />
      {image.kind === 'upload' && <p class="card-file">{image.name}</p>}
      <p class="card-sentence" title={image.error?.detail ?? undefined}>
        {words.problems[code] ?? words.toast.failed}
        {image.error?.charged && code !== 'may_have_been_charged' && ` ${words.card.charged}`}
      </p>
      {mayWrite.value && remedy === 'retry' && <RetryButton image={image} />}
      {mayWrite.value && remedy === 'edit' && (
        <button type="button" class="button is-small" data-testid="edit" onClick={() => editAgain(image)}>
          {words.action.edit}
        </button>
      )}
      {remedy === 'operator' && <TellOperatorButton image={image} />}
      <Remove image={image} />
    </div>
  )
}

export function Canceled({ image }: { image: Image }) {
  const words = t.value
  const finished = isFinished(image)
  return (
    <div class="card-end is-quiet">
      {image.prompt && <p class="card-prompt is-past" dir="auto">{image.prompt}</p>}
      <p class="card-sentence">{finished ? words.status.canceled : words.card.settling}</p>
      {mayWrite.value && finished && <RetryButton image={image} />}
      <Remove image={image} />
    </div>
  )
}

function RetryButton({ image }: { image: Image }) {
  const words = t.value
  const left = secondsLeft.value
  return (
    <button type="button" class="button is-small" data-testid="retry" disabled={left > 0} title={formatMoney(priceOf(image, models.value))} onClick={() => void retry(image)}>
      <Icon of={RotateCcw} size={15} />
      {left > 0 ? words.form.wait(left) : words.action.retry}
    </button>
  )
}

/** What the operator needs to know of it, ready to be sent. */
function TellOperatorButton({ image }: { image: Image }) {
  const words = t.value
  if (!('clipboard' in navigator)) return null
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(`${location.origin}${pathOf({ project: image.project, image: image.id })}\n${image.error?.code} ${image.error?.detail ?? ''}`.trim())
    tell({ tone: 'plain', text: words.toast.copied, seconds: 3 })
  }
  return (
    <button type="button" class="button is-small" data-testid="tell-operator" onClick={() => void copy()}>
      <Icon of={Copy} size={15} />
      {words.action.tellOperator}
    </button>
  )
}

function Remove({ image }: { image: Image }) {
  if (!mayWrite.value) return null
  return <IconButton icon={X} class="card-corner" label={t.value.action.delete} testId="delete" onClick={() => void trash(image)} />
}
