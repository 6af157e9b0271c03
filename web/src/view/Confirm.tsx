import { signal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { t } from '../i18n'

interface Question {
  title: string
  text: string
  yes: string
  no?: string
}

const asked = signal<(Question & { answer: (sure: boolean) => void }) | null>(null)

/** Asks before what cannot be undone with one click; only one question at a time. */
export function confirm(question: Question): Promise<boolean> {
  asked.value?.answer(false)
  return new Promise((tell) => {
    asked.value = {
      ...question,
      answer: (sure) => {
        asked.value = null
        tell(sure)
      },
    }
  })
}

export function Confirm() {
  const dialog = useRef<HTMLDialogElement>(null)
  const question = asked.value
  useLayoutEffect(() => {
    if (question) dialog.current?.showModal()
  }, [question])
  if (!question) return null
  return (
    <dialog class="confirm" ref={dialog} aria-labelledby="confirm-title" onClose={() => question.answer(false)}>
      <h2 id="confirm-title">{question.title}</h2>
      <p>{question.text}</p>
      <div class="confirm-buttons">
        <button type="button" class="button" onClick={() => question.answer(false)}>
          {question.no ?? t.value.action.keep}
        </button>
        <button type="button" class="button is-bad" data-testid="confirm-yes" onClick={() => question.answer(true)}>
          {question.yes}
        </button>
      </div>
    </dialog>
  )
}
