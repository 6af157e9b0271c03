// Tells the server what a tab in front has shown, so that no device of this person tells it once more.
import { Refused } from '../api'
import { elapsed } from '../clock'
import type { Image } from '../contract.gen'
import { mayPass } from '../load'
import { keyOf } from '../outcomes'
import { recentDevices } from './devices'
import { telling } from './kept'
import { tellShown } from './requests'

/** Milliseconds between two requests. */
const PAUSE = 1_000
/** What could not be told for so long has been pushed anyway. */
const IN_VAIN = 30_000
const MOST = 500

const untold = new Map<string, number>()
let nextAt = 0
let timer: number | undefined
let isSending = false

/** Of several tabs in front only the first has to. */
export async function reportShown(images: readonly Image[]): Promise<string[]> {
  const fresh = new Set(await telling(images.map(keyOf), 'toast'))
  for (const image of images) if (fresh.has(keyOf(image))) untold.set(image.id, elapsed())
  proceed()
  return [...fresh]
}

function proceed(): void {
  clearTimeout(timer)
  if (!untold.size || isSending) return
  timer = window.setTimeout(() => void send(), Math.max(0, nextAt - elapsed()))
}

async function send(): Promise<void> {
  const ids = [...untold.keys()].slice(0, MOST)
  isSending = true
  try {
    // Nobody to be kept quiet, nothing to tell.
    if ((await recentDevices()).items.length) await tellShown(ids, null)
    ids.forEach((id) => untold.delete(id))
    nextAt = elapsed() + PAUSE
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    const isHopeless = (id: string): boolean => !mayPass(error) || elapsed() - untold.get(id)! > IN_VAIN
    ids.filter(isHopeless).forEach((id) => untold.delete(id))
    nextAt = elapsed() + Math.max((error.retryAfter ?? 0) * 1000, 5 * PAUSE)
  } finally {
    isSending = false
    proceed()
  }
}
