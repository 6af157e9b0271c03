import { ChevronLeft, ChevronRight, CircleAlert, X } from 'lucide'
import { useEffect, useState } from 'preact/hooks'
import { fileUrl } from '../api'
import { localOf } from '../attach'
import type { DraftInput } from '../draft'
import { formatNumber, t } from '../i18n'
import { find } from '../load'
import { provisionals } from '../provisional'
import { readPicture } from '../shelf'
import { uploads } from '../upload'
import { Bar } from './Bar'
import { Icon } from './Icon'
import { IconButton } from './IconButton'

interface Props {
  input: DraftInput
  /** Its place, from 0, of how many; `isOver`: beyond what the model takes. */
  index: number
  count: number
  isOver: boolean
  /** Its tools are shown, for those who cannot drag. */
  isOpen: boolean
  /** How far to the right it stands while one of the row is dragged. */
  by: string | null
  isLifted: boolean
  toggle: () => void
  move: (to: number) => void
  remove: () => void
}

/** One input as a small picture with its number. */
export function InputChip({ input, index, count, isOver, isOpen, by, isLifted, toggle, move, remove }: Props) {
  const { url, failed, onBroken } = useFace(input)
  const words = t.value
  const state = failed ? 'is-failed' : isOver ? 'is-over' : ''
  return (
    <li
      class={`chip ${state} ${isOpen ? 'is-open' : ''} ${isLifted ? 'is-lifted' : ''}`}
      data-testid="input-chip"
      data-key={input.key}
      data-id={input.image ?? undefined}
      data-state={failed ? 'failed' : input.image ? 'ready' : 'uploading'}
      style={{ '--by': by ?? '0px' }}
    >
      <button
        type="button"
        class="chip-face"
        data-testid="input-face"
        aria-label={words.making.input(index + 1, count)}
        aria-describedby="input-keys"
        aria-expanded={isOpen}
        onClick={toggle}
        onKeyDown={(event) => hear(event, index, count, move, remove)}
      >
        {url ? <img src={url} alt="" draggable={false} onError={onBroken} /> : <span class="chip-blank" />}
      </button>
      {count > 1 && (
        <span class="chip-no" aria-hidden="true">
          {formatNumber(index + 1)}
        </span>
      )}
      {failed && <Icon of={CircleAlert} size={20} />}
      {!failed && input.image === null && <ChipBar batch={input.key} />}
      {isOpen && index > 0 && (
        <IconButton icon={ChevronLeft} size={14} class="chip-move is-back" label={words.form.moveBack} testId="input-back" onClick={() => move(index - 1)} />
      )}
      {isOpen && index < count - 1 && (
        <IconButton icon={ChevronRight} size={14} class="chip-move is-on" label={words.form.moveOn} testId="input-on" onClick={() => move(index + 1)} />
      )}
      <IconButton icon={X} size={14} class="chip-remove" label={words.form.removeInput} testId="input-remove" onClick={remove} />
    </li>
  )
}

function useFace(input: DraftInput) {
  const picture = input.image === null ? undefined : readPicture(input.image)
  const refused = provisionals.value.find(({ batch }) => batch === input.key)?.refused
  const [lost, setLost] = useState(false)
  const [broken, setBroken] = useState<string>()
  useEffect(() => {
    if (input.image !== null && !picture) void find(input.image).then((found) => setLost(!found))
  }, [input.image, picture])
  const url = (picture && fileUrl(picture, 'thumb')) ?? localOf(input.key)?.url ?? localOf(picture?.batch ?? null)?.url
  const failed = Boolean(refused) || lost || picture?.status === 'failed' || Boolean(picture?.trashed_at)
  return { url: url === broken ? undefined : url, failed, onBroken: () => setBroken(url) }
}

function hear(event: KeyboardEvent, index: number, count: number, move: (to: number) => void, remove: () => void): void {
  const to: Partial<Record<string, number>> = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: count - 1 }
  const wanted = to[event.key]
  if (event.ctrlKey || event.metaKey) return
  if (wanted !== undefined) move(wanted)
  else if (event.key === 'Delete' || event.key === 'Backspace') remove()
  else return
  event.preventDefault()
}

function ChipBar({ batch }: { batch: string }) {
  return <Bar share={() => uploads.get(batch)?.done.peek() ?? 0} label={t.value.upload.sending} attempt={batch} />
}
