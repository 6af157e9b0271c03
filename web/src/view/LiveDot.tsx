import { t } from '../i18n'
import { link, online } from '../live'

/** Whether what is on the screen is what is in the workspace, in a dot and in words. */
export function LiveDot() {
  const words = t.value.live
  const state = dotState()
  return (
    <span class="live" data-testid="live-dot" data-state={state} role="status" title={words.why[state]}>
      <span class="live-dot" aria-hidden="true" />
      <span class="live-word">{words[state]}</span>
      {state === 'stopped' && (
        <button type="button" class="text-button" onClick={() => location.reload()}>
          {t.value.action.reload}
        </button>
      )}
    </span>
  )
}

export type DotState = 'live' | 'reconnecting' | 'offline' | 'stopped'

export function dotState(): DotState {
  const { state } = link.value
  if (state === 'live') return 'live'
  if (state === 'away') return 'stopped'
  return online.value ? 'reconnecting' : 'offline'
}
