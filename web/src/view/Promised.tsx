import { CircleAlert, RotateCcw, X } from 'lucide'
import type { Refused } from '../api'
import { capSentence } from '../cap'
import { t } from '../i18n'
import type { Provisional } from '../provisional'
import { secondsLeft } from '../rate'
import { AFTER_REFUSAL } from '../remedies'
import { Backdrop } from './Backdrop'
import { Bar } from './Bar'
import { Icon } from './Icon'
import { IconButton } from './IconButton'

/** What was asked for and is not confirmed yet. */
export function OnItsWay({ of }: { of: Provisional }) {
  const words = t.value
  if (of.kind === 'upload') {
    return (
      <>
        <Backdrop url={of.preview} clear />
        <Bar share={() => of.done.peek()} label={words.upload.sending} attempt={of.batch} />
      </>
    )
  }
  const label = of.waits ? words.card.waitsForInput : words.making.asking
  return (
    <>
      <Backdrop url={of.backdrop} clear={false} />
      <p class="card-prompt" dir="auto">
        {of.prompt}
      </p>
      <Bar share={() => 0} label={label} attempt={of.batch} class="is-wordy" />
    </>
  )
}

/** What was refused: a sentence and at most one button. */
export function Refusal({ of }: { of: Provisional }) {
  const words = t.value
  const refused = of.refused!
  return (
    <div class="card-end">
      {of.kind === 'generation' && (
        <p class="card-prompt is-past" dir="auto">
          {of.prompt}
        </p>
      )}
      {of.kind === 'upload' && <p class="card-file">{of.name}</p>}
      <p class="card-sentence" title={refused.detail || undefined}>
        <Icon of={CircleAlert} size={15} />
        {sentence(of, refused)}
      </p>
      <RemedyButton of={of} />
      <IconButton icon={X} class="card-corner" label={words.action.remove} testId="dismiss" onClick={of.dismiss} />
    </div>
  )
}

/** A wait that was told at the refusal is over by and by; the sentence follows the countdown. */
function sentence({ kind }: Provisional, refused: Refused): string {
  // What can have moved on before a picture was made is only what it should be made from.
  if (kind === 'generation' && refused.code === 'wrong_state') return t.value.card.inputGone
  if (refused.money) return capSentence(refused.money)
  const about = refused.code === 'rate_limited' ? { retryAfter: secondsLeft.value } : refused
  return t.value.errors[refused.code](about)
}

function RemedyButton({ of }: { of: Provisional }) {
  const words = t.value
  const left = secondsLeft.value
  const remedy = AFTER_REFUSAL[of.refused!.code]
  if (remedy === 'retry') {
    const waits = left > 0 && of.kind === 'generation'
    return (
      <button type="button" class="button is-small" data-testid="retry" disabled={waits} onClick={of.retry}>
        <Icon of={RotateCcw} size={15} />
        {waits ? words.form.wait(left) : words.action.retry}
      </button>
    )
  }
  if (remedy === 'edit' && of.kind === 'generation') {
    return (
      <button type="button" class="button is-small" data-testid="edit" onClick={of.edit}>
        {words.action.edit}
      </button>
    )
  }
  if (remedy === 'sign-in' || remedy === 'reload') {
    return (
      <button type="button" class="button is-small" onClick={() => location.reload()}>
        {words.action.reload}
      </button>
    )
  }
  return null
}
