// A message of the system's goes once all that it tells of was seen, here or anywhere.
import { effect } from '@preact/signals'
import { link } from '../live'
import { queue } from '../queue'
import { worker } from '../renew'
import { phase } from '../session'
import { isUnread, isUnreadKnown, unread } from '../unread'
import { alone } from './kept'
import type { Inside } from './message'
import { isStopKey, stopKey } from './stop'

/** Milliseconds: marks and pictures come in any order. */
const SETTLES = 500

let timer: number | undefined

export function putAwaySeen(): void {
  effect(() => {
    void unread.value
    // Only who hears everything knows that nothing is new.
    if (isUnreadKnown.value && link.value.state === 'live') putAwaySoon()
    else clearTimeout(timer)
  })
  effect(() => {
    if (phase.value === 'signed-out') void putAway(() => true)
  })
}

/** Also to be called after one was shown: it may have been seen just then. */
export function putAwaySoon(): void {
  clearTimeout(timer)
  timer = window.setTimeout(() => void putAway(isSeen), SETTLES)
}

const isSeen = ({ outcomes }: Inside): boolean => outcomes.length > 0 && outcomes.every((key) => (isStopKey(key) ? isOver(key) : !isUnread(key.split(':')[0]!)))

/** That credits ran out is said by the page itself, too, as long as they are out. */
const isOver = (key: string): boolean => queue.value !== null && (key !== stopKey(queue.value) || document.visibilityState === 'visible')

async function putAway(which: (inside: Inside) => boolean): Promise<void> {
  const home = await worker()?.getRegistration()
  if (!home) return
  // Chromium forgets what is just being shown when messages are read meanwhile: it could not be clicked on, nor put away.
  await alone(async () => {
    for (const message of await home.getNotifications()) {
      const inside = message.data as Inside | null
      if (inside && which(inside)) message.close()
    }
  })
}
