import { CircleAlert, Copy, RotateCcw, X } from 'lucide'
import { retry, trash } from '../actions'
import { announce, follow } from '../announce'
import type { Image } from '../contract.gen'
import { formatMoney, t } from '../i18n'
import { priceOf } from '../money'
import { secondsLeft } from '../rate'
import { AFTER_PROBLEM } from '../remedies'
import { pathOf } from '../route'
import { mayWrite, models } from '../session'
import { pictureOf } from '../shelf'
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
      {image.kind === 'upload' && <p class="card-file">{image.name}</p>}
      <p class="card-sentence" title={image.error?.detail ?? undefined}>
        <Icon of={CircleAlert} size={15} />
        {words.problems[code] ?? words.toast.failed}
        {image.error?.charged && code !== 'may_have_been_charged' && ` ${remedy === 'operator' ? words.making.maybePaid : words.card.charged}`}
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
      <p class="card-sentence">{finished ? (image.attempt === 0 ? words.making.canceledFree : words.status.canceled) : words.card.settling}</p>
      {mayWrite.value && finished && <RetryButton image={image} />}
      <Remove image={image} />
    </div>
  )
}

function RetryButton({ image }: { image: Image }) {
  const words = t.value
  const left = secondsLeft.value
  return (
    <button type="button" class="button is-small" data-testid="retry" disabled={left > 0} onClick={() => void retryAndTell(image)}>
      <Icon of={RotateCcw} size={15} />
      {left > 0 ? words.form.wait(left) : words.action.retry}
      {left === 0 && <span class="button-price">{formatMoney(priceOf(image, models.value))}</span>}
    </button>
  )
}

async function retryAndTell(image: Image): Promise<void> {
  await retry(image)
  const now = pictureOf(image.id)?.peek()
  if (!now || isFinished(now)) return
  announce(t.value.making.asked(1))
  follow([image.id])
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
