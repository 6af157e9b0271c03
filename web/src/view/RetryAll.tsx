import { signal } from '@preact/signals'
import { Check, CircleAlert, RotateCcw } from 'lucide'
import { useState } from 'preact/hooks'
import type { Image } from '../contract.gen'
import { failuresOf, type Failures } from '../failures'
import { formatMoney, t } from '../i18n'
import { costOf } from '../money'
import { retryAll } from '../queue-actions'
import { secondsLeft } from '../rate'
import { mayWrite, models } from '../session'
import { readPicture } from '../shelf'
import { Icon } from './Icon'
import { useModal } from './modal'

/** The project whose failed pictures may be paid for twice, while that is asked. */
const asking = signal<string | null>(null)

const YES = 'yes'

interface Props {
  project: string
  images: readonly Image[]
  /** There are older pictures, which are not loaded: nobody knows here how many of them failed. */
  older: boolean
}

/** Where more than one picture failed: all of them again, for how much. */
export function RetryAll({ project, images, older }: Props) {
  // As they are now: the list is drawn again only when pictures come or go.
  const failures = failuresOf(images.map((image) => readPicture(image.id) ?? image))
  const all = [...failures.free, ...failures.charged]
  const [busy, setBusy] = useState(false)
  if (!mayWrite.value || all.length < 2) return null
  const words = t.value
  const left = secondsLeft.value
  const run = async (includeCharged: boolean): Promise<void> => {
    setBusy(true)
    await retryAll(project, includeCharged ? all : failures.free, includeCharged)
    setBusy(false)
  }
  const start = (): void => {
    if (failures.charged.length || older) asking.value = project
    else void run(false)
  }
  return (
    <div class="failed-all" data-testid="failed-all">
      <Icon of={CircleAlert} size={16} />
      <p>{words.retryAll.failed(all.length)}</p>
      <span class="grow" />
      <button type="button" class="button is-small" data-testid="retry-all" disabled={busy || left > 0} onClick={start}>
        <Icon of={RotateCcw} size={15} />
        {left > 0 ? words.form.wait(left) : words.retryAll.button(all.length, older)}
        <span class="button-note">{price(all, older)}</span>
      </button>
      {asking.value === project && <Question failures={failures} older={older} answer={run} />}
    </div>
  )
}

interface QuestionProps {
  failures: Failures
  older: boolean
  answer: (includeCharged: boolean) => Promise<void>
}

/** What may be charged a second time is agreed to by itself, and never by default. */
function Question({ failures: { free, charged }, older, answer }: QuestionProps) {
  const dialog = useModal(() => null)
  const onlyCharged = free.length === 0 && !older
  const [agreed, agree] = useState(onlyCharged)
  const words = t.value
  const chosen = agreed ? [...free, ...charged] : free
  const close = (answer: string) => (): void => dialog.current?.close(answer)
  const closed = ({ returnValue }: HTMLDialogElement): void => {
    asking.value = null
    if (returnValue === YES) void answer(agreed)
  }
  return (
    <dialog class="confirm" ref={dialog} aria-labelledby="retry-title" data-testid="retry-question" onClose={(event) => closed(event.currentTarget)}>
      <h2 id="retry-title">{words.retryAll.title(free.length + charged.length)}</h2>
      <p>
        {onlyCharged ? words.retryAll.onlyCharged(charged.length) : words.retryAll.free(free.length)} {older && words.retryAll.older}
      </p>
      {!onlyCharged && charged.length > 0 && (
        <label class="agree">
          <input type="checkbox" checked={agreed} data-testid="retry-charged" onChange={(event) => agree(event.currentTarget.checked)} />
          <span class="agree-box">
            <Icon of={Check} size={14} />
          </span>
          <span>
            {words.retryAll.charged(charged.length)}
            <span class="agree-price">{formatMoney(costOf(charged, models.value))}</span>
          </span>
        </label>
      )}
      <div class="confirm-buttons">
        <button type="button" class="button" data-testid="retry-no" onClick={close('no')}>
          {words.retryAll.no}
        </button>
        <button type="button" class="button is-accent" data-testid="retry-yes" onClick={close(YES)}>
          {words.retryAll.yes(chosen.length, older)}
          <span class="button-note">{price(chosen, older)}</span>
        </button>
      </div>
    </dialog>
  )
}

function price(images: readonly Image[], older: boolean): string {
  const known = formatMoney(costOf(images, models.value))
  return older ? t.value.form.from(known) : known
}
