// Tells the server what a tab in front has shown, so that neither a push nor a hidden tab elsewhere tells it once more.
import { Refused } from '../api'
import { elapsed } from '../clock'
import { mayPass } from '../load'
import { telling } from './kept'
import { tellShown } from './requests'

/** Milliseconds between two requests. */
const PAUSE = 1_000
/** What could not be told for so long was told elsewhere anyway. */
const IN_VAIN = 30_000
const MOST = 500

const untold = new Map<string, number>()
let nextAt = 0
let timer: number | undefined
let isSending = false

/** Of several tabs in front only the first has to. */
export async function reportShown(keys: readonly string[]): Promise<string[]> {
  const fresh = await telling(keys, 'toast')
  for (const key of fresh) untold.set(key, elapsed())
  proceed()
  return fresh
}

function proceed(): void {
  clearTimeout(timer)
  if (!untold.size || isSending) return
  timer = window.setTimeout(() => void send(), Math.max(0, nextAt - elapsed()))
}

async function send(): Promise<void> {
  const keys = [...untold.keys()].slice(0, MOST)
  isSending = true
  try {
    await tellShown(keys, null)
    keys.forEach((key) => untold.delete(key))
    nextAt = elapsed() + PAUSE
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    const isHopeless = (key: string): boolean => !mayPass(error) || elapsed() - untold.get(key)! > IN_VAIN
    keys.filter(isHopeless).forEach((key) => untold.delete(key))
    nextAt = elapsed() + Math.max((error.retryAfter ?? 0) * 1000, 5 * PAUSE)
  } finally {
    isSending = false
    proceed()
  }
}
