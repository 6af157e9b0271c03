import { ChevronLeft, ChevronRight, CircleAlert, X } from 'lucide'
import { useEffect, useState } from 'preact/hooks'
import { fileUrl } from '../api'
import { localOf } from '../attach'
import { moveInput, removeInput, type Draft, type DraftInput } from '../draft'
import { t } from '../i18n'
import { find } from '../load'
import { provisionals } from '../provisional'
import { me } from '../session'
import { readPicture } from '../shelf'
import { uploads } from '../upload'
import { Bar } from './Bar'
import { Icon } from './Icon'
import { IconButton } from './IconButton'

/** The pictures that the prompt is about, in the order in which the model gets them. */
export function Inputs({ draft }: { draft: Draft }) {
  const inputs = draft.inputs.value
  if (!inputs.length) return null
  return (
    <>
      <ul class="inputs" aria-label={t.value.form.inputs}>
        {inputs.map((input, index) => (
          <Chip key={input.key} draft={draft} input={input} index={index} last={index === inputs.length - 1} />
        ))}
      </ul>
      {!me.value?.provider.inputs_reachable && <p class="composer-hint">{t.value.errors.inputs_unreachable()}</p>}
    </>
  )
}

interface ChipProps {
  draft: Draft
  input: DraftInput
  index: number
  last: boolean
}

function Chip({ draft, input, index, last }: ChipProps) {
  const words = t.value.form
  const picture = input.image === null ? undefined : readPicture(input.image)
  const refused = provisionals.value.find(({ batch }) => batch === input.key)?.refused
  const [lost, setLost] = useState(false)
  const [broken, setBroken] = useState<string>()
  const failed = Boolean(refused) || lost || picture?.status === 'failed' || Boolean(picture?.trashed_at)
  const url = (picture && fileUrl(picture, 'thumb')) ?? localOf(input.key)?.url ?? localOf(picture?.batch ?? null)?.url
  useEffect(() => {
    if (input.image !== null && !picture) void find(input.image).then((found) => setLost(!found))
  }, [input.image, picture])
  return (
    <li
      class={`chip ${failed ? 'is-failed' : ''}`}
      data-testid="input-chip"
      data-id={input.image ?? undefined}
      data-state={failed ? 'failed' : input.image ? 'ready' : 'uploading'}
      draggable
      onDragStart={(event) => event.dataTransfer?.setData('text/x-atelier-input', input.key)}
      onDragOver={(event) => event.dataTransfer?.types.includes('text/x-atelier-input') && event.preventDefault()}
      onDrop={(event) => dropOn(event, draft, index)}
    >
      {url && broken !== url ? (
        <img src={url} alt={words.inputNo(index + 1)} draggable={false} onError={() => setBroken(url)} />
      ) : (
        <span class="chip-blank" />
      )}
      {failed && <Icon of={CircleAlert} size={20} />}
      {!failed && input.image === null && <ChipBar batch={input.key} />}
      {index > 0 && (
        <IconButton icon={ChevronLeft} size={14} class="chip-move is-back" label={words.moveBack} onClick={() => moveInput(draft, input.key, -1)} />
      )}
      {!last && (
        <IconButton icon={ChevronRight} size={14} class="chip-move is-on" label={words.moveOn} onClick={() => moveInput(draft, input.key, 1)} />
      )}
      <IconButton icon={X} size={14} class="chip-remove" label={words.removeInput} testId="input-remove" onClick={() => removeInput(draft, input.key)} />
    </li>
  )
}

function ChipBar({ batch }: { batch: string }) {
  return <Bar share={() => uploads.get(batch)?.done.peek() ?? 0} label={t.value.upload.sending} attempt={batch} />
}

function dropOn(event: DragEvent, draft: Draft, index: number): void {
  const key = event.dataTransfer?.getData('text/x-atelier-input')
  if (!key) return
  event.preventDefault()
  const from = draft.inputs.value.findIndex((input) => input.key === key)
  moveInput(draft, key, index - from)
}
