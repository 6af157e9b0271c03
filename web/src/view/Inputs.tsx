import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { announce } from '../announce'
import { moveInput, removeInput, type Draft, type DraftInput } from '../draft'
import { focusPrompt } from '../generate'
import { t } from '../i18n'
import { me, modelOf } from '../session'
import { InputChip } from './InputChip'
import { useReorder, wayOf } from './reorder'

/** The pictures that the prompt is about, in the order in which the model gets them. */
export function Inputs({ draft }: { draft: Draft }) {
  if (!draft.inputs.value.length) return null
  const most = modelOf(draft.options.value.model)?.max_inputs ?? 1
  const words = t.value
  return (
    <>
      <Row draft={draft} most={most} />
      <p id="input-keys" hidden>
        {words.making.inputKeys}
      </p>
      {draft.inputs.value.length > most && (
        <p class="composer-hint" role="status">
          {words.making.inputsOver(most)}
        </p>
      )}
      {!me.value?.provider.inputs_reachable && <p class="composer-hint">{words.errors.inputs_unreachable()}</p>}
    </>
  )
}

function Row({ draft, most }: { draft: Draft; most: number }) {
  const inputs = draft.inputs.value
  const row = useRef<HTMLUListElement>(null)
  const [open, setOpen] = useState<string | null>(null)
  // What was moved or is next to what was removed keeps the focus.
  const focused = useRef<string | null>(null)
  const move = (input: DraftInput, to: number): void => {
    if (to < 0 || to >= inputs.length) return
    focused.current = input.key
    moveInput(draft, input.key, to - inputs.indexOf(input))
    announce(t.value.making.inputMoved(to + 1, inputs.length))
  }
  const remove = (index: number): void => {
    focused.current = (inputs[index + 1] ?? inputs[index - 1])?.key ?? null
    removeInput(draft, inputs[index]!.key)
    if (focused.current === null) focusPrompt()
  }
  const { dragging, listeners } = useReorder(row, (from, to) => move(inputs[from]!, to))
  useLayoutEffect(() => {
    if (focused.current) faceOf(row.current, focused.current)?.focus({ preventScroll: dragging !== null })
    focused.current = null
  })
  useEffect(() => {
    if (open === null) return
    const leave = ({ target }: Event): void => {
      if (!faceOf(row.current, open)?.parentElement?.contains(target as Node)) setOpen(null)
    }
    document.addEventListener('pointerdown', leave)
    document.addEventListener('focusin', leave)
    return () => {
      document.removeEventListener('pointerdown', leave)
      document.removeEventListener('focusin', leave)
    }
  }, [open])
  return (
    <ul
      class={`inputs ${dragging ? 'is-sorting' : ''}`}
      ref={row}
      aria-label={t.value.making.inputsOf(inputs.length, most)}
      data-testid="inputs"
      {...listeners}
    >
      {inputs.map((input, index) => (
        <InputChip
          key={input.key}
          input={input}
          index={index}
          count={inputs.length}
          isOver={index >= most}
          isOpen={open === input.key}
          by={dragging === null ? null : dragging.from === index ? `${dragging.by}px` : `${wayOf(index, dragging) * 100}%`}
          isLifted={dragging?.from === index}
          toggle={() => setOpen(open === input.key ? null : input.key)}
          move={(to) => move(input, to)}
          remove={() => remove(index)}
        />
      ))}
    </ul>
  )
}

const faceOf = (row: HTMLElement | null, key: string): HTMLElement | null =>
  row?.querySelector(`[data-key="${CSS.escape(key)}"] .chip-face`) ?? null
