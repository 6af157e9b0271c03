import { Pause, Play, X } from 'lucide'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Image, Queue } from '../contract.gen'
import { t } from '../i18n'
import { findAll } from '../load'
import { orderOf } from '../order'
import { ordering, pausing, queue, queueOpen } from '../queue'
import { cancelBatch, cancelMine, move, pause } from '../queue-actions'
import { mayWrite } from '../session'
import { known, readPicture } from '../shelf'
import { isFinished } from '../store'
import { confirm } from './Confirm'
import { Icon } from './Icon'
import { IconButton } from './IconButton'
import { whenLeft } from './outside'
import { queueButton, sumsOf } from './QueueChip'
import { QueueRow, type Step } from './QueueRow'

/** So many rows are drawn at first, and so many more each time. */
const ROWS = 50

/** What waits, in the order in which it goes, and what one can do about it. */
export function QueuePanel() {
  return queueOpen.value && queue.value ? <Panel told={queue.value} /> : null
}

const close = (): void => {
  queueOpen.value = false
  queueButton()?.focus()
}

function Panel({ told }: { told: Queue }) {
  const root = useRef<HTMLElement>(null)
  useLayoutEffect(() => {
    root.current?.focus()
    return whenLeft(root.current!, () => void (queueOpen.value = false), queueButton)
  }, [])
  // A row that had the focus may be gone.
  useLayoutEffect(() => {
    if (document.activeElement === document.body) root.current?.focus()
  })
  const words = t.value
  return (
    <>
      <div class="queue-scrim" onClick={close} />
      <section class="queue" ref={root} tabIndex={-1} aria-label={words.queue.title} data-testid="queue">
        <header class="queue-head">
          <div class="queue-titles">
            <h2>{words.queue.title}</h2>
            <p class="queue-sums">{sumsOf(told)}</p>
          </div>
          {mayWrite.value && <PauseButton paused={told.paused} />}
          <IconButton icon={X} label={words.action.close} testId="queue-close" onClick={close} />
        </header>
        <List told={told} />
        {mayWrite.value && told.waiting + told.in_flight > 0 && <Foot waiting={told.waiting} />}
      </section>
    </>
  )
}

function PauseButton({ paused }: { paused: boolean }) {
  const words = t.value.queue
  return (
    <button
      type="button"
      class={`button is-small ${paused ? 'is-accent' : ''}`}
      data-testid={paused ? 'resume' : 'pause'}
      aria-busy={pausing.value !== null}
      onClick={() => void pause(!paused)}
    >
      <Icon of={paused ? Play : Pause} size={15} />
      {paused ? words.resume : words.pause}
    </button>
  )
}

function List({ told }: { told: Queue }) {
  const words = t.value.queue
  const [most, setMost] = useState(ROWS)
  const order = orderOf(told)
  const rest = order.length - most
  const shown = order.slice(0, most)
  useEffect(() => void findAll(shown), [shown.join()])
  if (!told.waiting) return <p class="queue-empty">{told.paused ? words.emptyPaused : words.empty}</p>
  if (!order.length) return <p class="queue-empty">{words.forInputs(told.waiting)}</p>
  return (
    <div class="queue-body">
      {order.some((id, index) => told.places[id] !== index + 1) && <p class="queue-note">{words.others}</p>}
      <Rows told={told} shown={shown} last={order.length - 1} />
      {rest > 0 && (
        <button type="button" class="text-button" onClick={() => setMost(most + ROWS)}>
          {words.more(rest)}
        </button>
      )}
      {rest <= 0 && told.waiting > order.length && <p class="queue-beyond">{words.beyond(told.waiting - order.length)}</p>}
    </div>
  )
}

function Rows({ told, shown, last }: { told: Queue; shown: readonly string[]; last: number }) {
  const [said, say] = useState('')
  const list = useRef<HTMLOListElement>(null)
  const moved = useRef<Moved | null>(null)
  useLayoutEffect(() => {
    keepFocus(list.current, moved.current)
    moved.current = null
  })
  const step = (id: string, how: Step, to: number): void => {
    moved.current = { id, step: how }
    move(id, to)
    say(t.value.queue.moved(to + 1))
  }
  const images = shown.map(readPicture)
  return (
    <>
      <ol class="queue-list" ref={list}>
        {shown.map((id, index) => {
          const image = images[index]
          const rest = image?.batch && isFirst(images, index) ? unfinishedOf(image.batch) : []
          return (
            <QueueRow
              key={id}
              {...{ id, image, index, step }}
              last={index === last}
              place={told.places[id]!}
              provisional={ordering.value?.includes(id) ?? false}
              rest={rest.length}
              cancelRest={() => void cancelRequest(image!.batch!, rest)}
            />
          )
        })}
      </ol>
      <div class="sr-only" role="status">
        {said}
      </div>
    </>
  )
}

/** Whether it is the first row of its request. */
const isFirst = (images: readonly (Image | undefined)[], index: number): boolean =>
  images.findIndex((image) => image?.batch === images[index]!.batch) === index

interface Moved {
  id: string
  step: Step
}

/** A row that moves takes the focus along; a button that has nowhere further to go gives it to its neighbour. */
function keepFocus(list: HTMLElement | null, moved: Moved | null): void {
  const row = moved && list?.querySelector<HTMLElement>(`[data-id="${moved.id}"]`)
  if (!row) return
  const button = row.querySelector<HTMLElement>(`[data-step="${moved.step}"]:enabled`) ?? row.querySelector<HTMLElement>('button:enabled')
  if (button && button !== document.activeElement) button.focus()
  row.scrollIntoView({ block: 'nearest' })
}

/** What of a request is known and not finished. */
const unfinishedOf = (batch: string): Image[] =>
  [...known().images.values()].filter((image) => image.batch === batch && image.kind === 'generation' && !isFinished(image))

/** At once where it is free; where some of it is paid for already, that is said before. */
async function cancelRequest(batch: string, images: readonly Image[]): Promise<void> {
  const words = t.value.queue
  const free = images.filter(({ status }) => status === 'pending').length
  const late = images.length - free
  const text = `${free ? `${words.freeCount(free)} ` : ''}${words.lateCount(late)}`
  const sure = !late || (await confirm({ title: words.confirmBatch(images.length), text, yes: words.confirmYes, no: words.confirmNo }))
  if (sure) await cancelBatch(batch, images)
}

function Foot({ waiting }: { waiting: number }) {
  const words = t.value.queue
  const ask = async (): Promise<void> => {
    const text = `${words.free} ${words.lateMine}`
    if (await confirm({ title: words.confirmMine, text, yes: words.confirmYes, no: words.confirmNo })) await cancelMine()
  }
  return (
    <footer class="queue-foot">
      <p>{waiting ? words.free : words.lateMine}</p>
      <button type="button" class="text-button" data-testid="cancel-mine" onClick={() => void ask()}>
        {words.cancelMine}
      </button>
    </footer>
  )
}
