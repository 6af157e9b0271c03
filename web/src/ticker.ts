// One clock for all bars: a few beats a second, none while nothing is unfinished or nobody looks.
const BEAT = 125

const listeners = new Set<() => void>()
let timer: number | undefined

/** Calls `beat` now and at every beat until the answer is called. */
export function onBeat(beat: () => void): () => void {
  listeners.add(beat)
  beat()
  schedule()
  return () => listeners.delete(beat)
}

document.addEventListener('visibilitychange', schedule)

function schedule(): void {
  clearTimeout(timer)
  timer = undefined
  if (listeners.size === 0 || document.visibilityState !== 'visible') return
  timer = window.setTimeout(() => requestAnimationFrame(strike), BEAT)
}

function strike(): void {
  for (const beat of listeners) beat()
  schedule()
}
