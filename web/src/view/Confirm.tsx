import { signal } from '@preact/signals'
import { t } from '../i18n'
import { useModal } from './modal'

interface Question {
  title: string
  text: string
  yes: string
  no?: string
}

interface Asked extends Question {
  number: number
  answer: (sure: boolean) => void
}

const asked = signal<Asked | null>(null)
let last = 0

const YES = 'yes'

/** Asks before what cannot be undone with one click; only one question at a time. */
export function confirm(question: Question): Promise<boolean> {
  asked.value?.answer(false)
  last += 1
  const number = last
  return new Promise((tell) => {
    const answer = (sure: boolean): void => {
      if (asked.value?.number === number) asked.value = null
      tell(sure)
    }
    asked.value = { ...question, number, answer }
  })
}

export function Confirm() {
  const question = asked.value
  return question && <Dialog key={question.number} question={question} />
}

/** It is closed before it goes, so that the browser gives the focus back to where it was. */
function Dialog({ question }: { question: Asked }) {
  const dialog = useModal(() => null)
  const close = (answer: string) => (): void => dialog.current?.close(answer)
  return (
    <dialog class="confirm" ref={dialog} aria-labelledby="confirm-title" onClose={(event) => question.answer(event.currentTarget.returnValue === YES)}>
      <h2 id="confirm-title">{question.title}</h2>
      <p>{question.text}</p>
      <div class="confirm-buttons">
        <button type="button" class="button" data-testid="confirm-no" onClick={close('no')}>
          {question.no ?? t.value.action.keep}
        </button>
        <button type="button" class="button is-bad" data-testid="confirm-yes" onClick={close(YES)}>
          {question.yes}
        </button>
      </div>
    </dialog>
  )
}
