import { ArrowDown, ArrowUp, ArrowUpToLine, X } from 'lucide'
import { useState } from 'preact/hooks'
import { cancel, canceling } from '../actions'
import type { Image } from '../contract.gen'
import { formatMoney, formatNumber, t } from '../i18n'
import { priceOf } from '../money'
import { place as here } from '../route'
import { mayWrite, modelOf, models } from '../session'
import { projects } from '../shelf'
import { Icon } from './Icon'
import { IconButton } from './IconButton'

/** The ways a row can go. */
export type Step = 'front' | 'up' | 'down'

const DRAGGED = 'text/x-atelier-waiting'

/** The index of the row that is being dragged: what is dragged cannot be read before it is dropped. */
let draggedFrom = 0

interface Props {
  id: string
  image: Image | undefined
  /** Its place in this list, from 0, and in the whole queue, from 1. */
  index: number
  place: number
  last: boolean
  provisional: boolean
  /** How many of its request are not finished, on the first row of each request. */
  rest: number
  step: (id: string, how: Step, to: number) => void
  cancelRest: () => void
}

/** A waiting picture; it can be dragged, or moved by its buttons. */
export function QueueRow({ id, image, index, place, last, provisional, rest, step, cancelRest }: Props) {
  const words = t.value
  const leaving = canceling.value.has(id)
  const { over, handlers } = useDragging(id, index, step)
  return (
    <li
      class={`queue-row ${over ? (draggedFrom < index ? 'is-after' : 'is-before') : ''}`}
      data-testid="queue-row"
      data-id={id}
      data-provisional={provisional || leaving ? '' : undefined}
      draggable={mayWrite.value && !leaving}
      {...handlers}
    >
      <span class="queue-place" data-testid="queue-place">
        {formatNumber(place)}
      </span>
      <div class="queue-what">
        <p class="queue-prompt" dir="auto">
          {image ? image.prompt : words.queue.unknown}
        </p>
        <p class="queue-meta">{leaving ? words.card.canceling : image && metaOf(image)}</p>
      </div>
      {mayWrite.value && <Tools {...{ id, image, index, last, leaving, step }} />}
      {mayWrite.value && rest > 1 && (
        <button type="button" class="text-button queue-rest" data-testid="cancel-batch" onClick={cancelRest}>
          {words.queue.cancelBatch(rest)}
        </button>
      )}
    </li>
  )
}

/** The row that is dropped on this one takes its place. */
function useDragging(id: string, index: number, step: Props['step']) {
  const [over, setOver] = useState(false)
  const handlers = {
    onDragStart: (event: DragEvent) => {
      draggedFrom = index
      event.dataTransfer?.setData(DRAGGED, id)
    },
    onDragOver: (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes(DRAGGED)) return
      event.preventDefault()
      setOver(true)
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      setOver(false)
      const dragged = event.dataTransfer?.getData(DRAGGED)
      if (!dragged) return
      event.preventDefault()
      if (dragged !== id) step(dragged, 'up', index)
    },
  }
  return { over, handlers }
}

function metaOf(image: Image): string {
  const parts = [formatMoney(priceOf(image, models.value)), image.resolution, modelOf(image.model)?.name ?? image.model]
  const elsewhere = image.project === here.value.project ? undefined : projects.value.find(({ id }) => id === image.project)?.name
  return [...parts, elsewhere].filter(Boolean).join(' · ')
}

interface ToolsProps extends Pick<Props, 'id' | 'image' | 'index' | 'last' | 'step'> {
  leaving: boolean
}

function Tools({ id, image, index, last, leaving, step }: ToolsProps) {
  const words = t.value
  const props = { leaving, go: (how: Step, to: number) => step(id, how, to) }
  return (
    <div class="queue-tools">
      <StepButton how="front" to={0} here={index === 0} {...props} />
      <StepButton how="up" to={index - 1} here={index === 0} {...props} />
      <StepButton how="down" to={index + 1} here={last} {...props} />
      <IconButton
        icon={X}
        size={16}
        label={words.action.cancel}
        testId="queue-cancel"
        disabled={leaving || !image}
        onClick={() => image && void cancel(image)}
      />
    </div>
  )
}

const SIGNS = { front: ArrowUpToLine, up: ArrowUp, down: ArrowDown }

interface StepProps {
  how: Step
  to: number
  /** It is as far as it can go. */
  here: boolean
  leaving: boolean
  go: (how: Step, to: number) => void
}

function StepButton({ how, to, here, leaving, go }: StepProps) {
  const words = t.value.queue
  const label = { front: words.toFront, up: words.up, down: words.down }[how]
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={label}
      title={label}
      disabled={here || leaving}
      data-step={how}
      data-testid={`queue-${how}`}
      onClick={() => go(how, to)}
    >
      <Icon of={SIGNS[how]} size={16} />
    </button>
  )
}
