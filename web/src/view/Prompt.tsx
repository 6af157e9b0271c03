import { useLayoutEffect, useRef } from 'preact/hooks'
import type { Draft } from '../draft'
import { formatNumber, t } from '../i18n'
import { modelOf } from '../session'
import { useWalk } from './walk'

/** From this share of the limit on it is told how much is left. */
const NEARLY_FULL = 0.9
const sizesItself = CSS.supports('field-sizing', 'content')

/** What to make: it grows with its text to a limit, then scrolls. */
export function Prompt({ draft }: { draft: Draft }) {
  const field = useRef<HTMLTextAreaElement>(null)
  const walk = useWalk(draft, field)
  const text = draft.prompt.value
  const most = modelOf(draft.options.value.model)?.max_prompt ?? 5000
  useLayoutEffect(() => {
    if (field.current && !sizesItself) grow(field.current)
  }, [text])
  const words = t.value.form
  return (
    <>
      <textarea
        id="prompt"
        class="composer-prompt"
        data-testid="prompt"
        ref={field}
        rows={1}
        dir="auto"
        value={text}
        maxLength={most}
        placeholder={draft.inputs.value.length ? words.placeholderEdit : words.placeholder}
        aria-label={words.prompt}
        enterkeyhint="enter"
        onInput={(event) => {
          draft.prompt.value = event.currentTarget.value
        }}
        onKeyDown={walk}
      />
      {text.length > most * NEARLY_FULL && (
        <p class="composer-left">{t.value.making.promptLeft(formatNumber(most - text.length))}</p>
      )}
    </>
  )
}

function grow(field: HTMLTextAreaElement): void {
  field.style.height = 'auto'
  field.style.height = `${field.scrollHeight}px`
}
