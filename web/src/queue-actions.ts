// What a person does to the queue: shown at once, taken back with a sentence where the server refuses.
import { explain, showCanceling } from './actions'
import { cancelQueued, orderQueue, pauseQueue, Refused, resumeQueue, retryFailed } from './api'
import { forgetCap } from './cap'
import type { Image } from './contract.gen'
import { t } from './i18n'
import { learnFrom } from './learn'
import { headOf, moveTo, orderOf } from './order'
import { ordering, pausing, queue, takeAnswer } from './queue'
import { hold, secondsLeft } from './rate'
import { isFinished } from './store'
import { tell } from './toasts'
import { uuid } from './uuid'

/** Pauses the workspace's queue for everybody in it, or lets it go on. */
export async function pause(paused: boolean): Promise<void> {
  if (pausing.value !== null) return
  pausing.value = paused
  try {
    await takeAnswer(paused ? pauseQueue() : resumeQueue())
  } catch (error) {
    explain(error)
  } finally {
    pausing.value = null
  }
}

/** Moves a waiting picture to a place in the workspace's own list, counted from 0. */
export function move(id: string, to: number): void {
  if (!queue.value) return
  const order = moveTo(orderOf(queue.value), id, to)
  ordering.value = headOf(order, id, ordering.value ?? [])
  void sendOrder()
}

let sending = false

/** Milliseconds between two orders; moves in between are told in one. */
const ORDER_GAP = 400

async function sendOrder(): Promise<void> {
  if (sending) return
  sending = true
  while (ordering.value) {
    const wanted = ordering.value
    try {
      await takeAnswer(orderQueue(wanted))
    } catch (error) {
      ordering.value = null
      explain(error)
    }
    if (ordering.value === wanted) ordering.value = null
    await new Promise((go) => setTimeout(go, ORDER_GAP))
  }
  sending = false
}

/** Cancels what of a request is not finished; `images` are those that are known of it. */
export const cancelBatch = (batch: string, images: readonly Image[]): Promise<void> =>
  showCanceling(images, cancelMany(batch))

/** Cancels everything that I asked for and that is not finished. */
export const cancelMine = (): Promise<void> => cancelMany(null)

async function cancelMany(batch: string | null): Promise<void> {
  try {
    const { images } = await learnFrom(cancelQueued({ batch, project: null }), (answer) => answer.images)
    forgetCap()
    const words = t.value.queue
    const free = images.filter(isFinished).length
    const late = images.length - free
    const parts = [free && words.canceled(free), late && words.canceledLate(late)].filter(Boolean)
    tell({ tone: 'plain', text: parts.join(' ') || words.canceledNone })
  } catch (error) {
    explain(error)
  }
}

/** One key for one set of failed tries, so that an answer that got lost is not paid for twice. */
const retryKeys = new Map<string, string>()

/** Tries every failed picture of a project again; those that may have been paid for only where that was agreed to. */
export async function retryAll(project: string, failed: readonly Image[], includeCharged: boolean): Promise<void> {
  if (secondsLeft.value > 0) return
  const tries = `${includeCharged}:${failed.map(({ id, version }) => `${id}:${version}`).sort()}`
  const key = retryKeys.get(tries) ?? uuid()
  retryKeys.set(tries, key)
  try {
    await learnFrom(retryFailed({ batch: null, project, include_charged: includeCharged }, key), (answer) => answer.images)
  } catch (error) {
    if (error instanceof Refused && error.code === 'rate_limited') hold(error.retryAfter ?? 1)
    explain(error)
  }
}
