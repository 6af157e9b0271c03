import { useEffect, useState } from 'preact/hooks'
import { t } from '../i18n'
import { link, online } from '../live'

/** Milliseconds: a connection that comes at once is not worth a word. */
const AT_ONCE = 500

/** Whether what is on the screen is what is in the workspace, in a dot and in words. */
export function LiveDot() {
  const words = t.value.live
  const state = dotState()
  const isSoon = useDelay(state === 'reconnecting', AT_ONCE)
  return (
    <span class={`live ${isSoon ? 'is-soon' : ''}`} data-testid="live-dot" data-state={state} role="status" title={words.why[state]}>
      <span class="live-dot" aria-hidden="true" />
      {/* The place of the word that comes next, so that nothing beside it moves. */}
      <span class="live-word">{words[isSoon ? 'live' : state]}</span>
      {state === 'stopped' && (
        <button type="button" class="text-button" onClick={() => location.reload()}>
          {t.value.action.reload}
        </button>
      )}
    </span>
  )
}

/** Whether something has begun, and not so long ago. */
function useDelay(begun: boolean, milliseconds: number): boolean {
  const [over, setOver] = useState(false)
  useEffect(() => {
    if (!begun) return setOver(false)
    const timer = setTimeout(() => setOver(true), milliseconds)
    return () => clearTimeout(timer)
  }, [begun])
  return begun && !over
}

export type DotState = 'live' | 'reconnecting' | 'offline' | 'stopped'

export function dotState(): DotState {
  const { state } = link.value
  if (state === 'live') return 'live'
  if (state === 'away') return 'stopped'
  return online.value ? 'reconnecting' : 'offline'
}
