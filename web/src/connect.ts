// Opens the stream's connections in this browser, by the way that gets through.
import { fetchMe, Refused } from './api'
import { forgetKept, recall, remember } from './preferences'
import { phase } from './session'
import type { Socket } from './stream'
import { TransportChoice } from './transport'

const KEPT_AS = 'atelier:events-until'
const storage = (): Storage => localStorage

const choice = new TransportChoice(Date.now, {
  read: () => Number(recall(KEPT_AS)) || null,
  write: (until) => (until === null ? forgetKept(KEPT_AS, storage) : remember(KEPT_AS, String(until))),
})

let events: typeof import('./sse') | null = null

/** To be awaited before the first connection. */
export async function prepare(): Promise<void> {
  if (choice.isBlocked() && (await loadEvents())) choice.take('events')
}

export function openSocket(): Socket {
  return choice.next() === 'events' && events ? events.openEvents() : openWebSocket()
}

function openWebSocket(): Socket {
  const url = new URL('/api/live', location.href)
  url.protocol = url.protocol.replace('http', 'ws')
  return new WebSocket(url, 'atelier.v1') as Socket
}

/** The newest connection has brought something. */
export const hearAnswer = (): void => choice.answered()

let asking: Promise<void> | null = null

/**
 * The newest connection has ended without a word, and the browser does not say why: the session may have ended, or there
 * is no way through. Asked once in a while only; where it is, the promise is kept when the answer is known.
 */
export function hearNothing(): Promise<void> | null {
  if (choice.failed()) asking ??= askHttp()
  return asking
}

async function askHttp(): Promise<void> {
  choice.hearHttp((await isSignedIn()) && (await loadEvents()))
  asking = null
}

async function isSignedIn(): Promise<boolean> {
  try {
    await fetchMe()
    return true
  } catch (error) {
    if (error instanceof Refused && error.code === 'not_signed_in') phase.value = 'signed-out'
    return false
  }
}

/** Few ever need it, so it is not part of what every page loads. */
async function loadEvents(): Promise<boolean> {
  events ??= await import('./sse').catch(() => null)
  return events !== null
}
