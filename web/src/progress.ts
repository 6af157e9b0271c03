// How far along a picture is, honestly: a guess from how long its like took before. Pure.
import type { Estimate, Status } from './contract.gen'

/** What is shown before a picture is stored, at most. */
export const CEILING = 0.95

/** The share of an upload whose bytes have all been sent, and which is not a picture yet. */
export const UPLOADED = 0.85

const UNLEARNED: Estimate = { p50: 20, p90: 45 }

// Where each phase begins; it never reaches the beginning of the next.
const PENDING = 0
const SUBMITTING = 0.05
const UNKNOWN = 0.09
const PROCESSING = 0.1
const AT_P50 = 0.5
const AT_P90 = 0.85
const SAVING = 0.93

/**
 * The share that is done, in [0, 0.95]. `phaseStartedAt` and `now` are the server's times in milliseconds.
 * Within a phase it always moves, ever more slowly; half the pictures are done at 0.5, nine tenths at 0.85.
 */
export function progress(status: Status, phaseStartedAt: number, estimate: Estimate | null, now: number): number {
  const seconds = Math.max(0, (now - phaseStartedAt) / 1000)
  switch (status) {
    case 'pending':
      return approach(PENDING, SUBMITTING, seconds, 10)
    case 'submitting':
      return approach(SUBMITTING, UNKNOWN, seconds, 3)
    case 'unknown':
      return approach(UNKNOWN, PROCESSING, seconds, 300)
    case 'processing':
      return generating(seconds, estimate ?? UNLEARNED)
    case 'saving':
      return approach(SAVING, CEILING, seconds, 2)
    default:
      return CEILING
  }
}

/** The share of an upload that is done, of which the bytes on the road are the longest part. */
export function uploading(loaded: number, total: number): number {
  return total > 0 ? UPLOADED * Math.min(1, loaded / total) : 0
}

function generating(seconds: number, estimate: Estimate): number {
  const p50 = Math.max(0.05, estimate.p50)
  const p90 = Math.max(p50 * 1.05, estimate.p90)
  if (seconds <= p50) return PROCESSING + (AT_P50 - PROCESSING) * (seconds / p50)
  const slope = (AT_P90 - AT_P50) / (p90 - p50)
  if (seconds <= p90) return AT_P50 + slope * (seconds - p50)
  // The tail sets out at the speed it arrived with, so that nobody sees a seam.
  return approach(AT_P90, SAVING, seconds - p90, (SAVING - AT_P90) / slope)
}

/** From `low` towards `high`, half-way after `half` seconds; it moves for ever and never arrives. */
function approach(low: number, high: number, seconds: number, half: number): number {
  return low + (high - low) * (seconds / (seconds + half))
}
