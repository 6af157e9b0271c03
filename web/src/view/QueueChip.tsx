import { Layers, Pause } from 'lucide'
import type { Queue } from '../contract.gen'
import { formatNumber, t } from '../i18n'
import { pausing, queue, queueOpen } from '../queue'
import { Icon } from './Icon'

export const queueButton = (): HTMLElement | null => document.querySelector('.queue-chip')

/** How many wait and how many are being made; it opens the queue. Nothing to tell, nothing to see. */
export function QueueChip() {
  const told = queue.value
  const open = queueOpen.value
  if (!told || (!open && !told.paused && told.waiting + told.in_flight === 0)) return null
  const words = t.value.queue
  const sums = sumsOf(told)
  const isLong = [told.paused, told.waiting > 0, told.in_flight > 0].filter(Boolean).length > 1
  return (
    <button
      type="button"
      class={`queue-chip ${told.paused ? 'is-paused' : ''}`}
      aria-expanded={open}
      data-provisional={pausing.value === null ? undefined : ''}
      title={words.title}
      data-testid="queue-chip"
      onClick={() => void (queueOpen.value = !open)}
    >
      <Icon of={told.paused ? Pause : Layers} size={15} />
      <span class={isLong ? 'queue-words is-long' : 'queue-words'}>{sums}</span>
      {isLong && (
        <span class="queue-figures" aria-hidden="true">
          {[told.waiting, told.in_flight].filter(Boolean).map(formatNumber).join(' · ')}
        </span>
      )}
    </button>
  )
}

/** `Paused · 12 waiting · 3 running`; what there is none of is not named. */
export function sumsOf({ paused, waiting, in_flight: running }: Queue): string {
  const words = t.value.queue
  const parts = [paused && words.paused, (waiting > 0 || (!paused && !running)) && words.waiting(waiting), running > 0 && words.running(running)]
  // A number is not parted from its word.
  return parts.flatMap((part) => (part ? part.replaceAll(' ', '\u00a0') : [])).join(' · ')
}
