// That credits ran out: told once a stop, by the line under the bar of a tab in front, or else by the system.
import { computed, effect, untracked } from '@preact/signals'
import { noticeOf } from '../notice'
import { keepTold } from '../outcomes'
import { queue } from '../queue'
import { tellHidden } from './hidden'
import { putAwaySoon } from './put-away'
import { reportShown } from './shown'
import { stopKey } from './stop'
import { isOn } from './this-device'

/** The stop that is on, as devices know it again. */
const stop = computed(() => stopKey(queue.value))

export function followCredits(): void {
  effect(() => {
    void [stop.value, isOn.value]
    untracked(look)
  })
  document.addEventListener('visibilitychange', look)
}

function look(): void {
  putAwaySoon()
  const key = stop.peek()
  if (!key) return
  if (document.visibilityState !== 'visible') return tellHidden([key])
  if (noticeOf(queue.peek())?.kind !== 'out_of_credits') return
  keepTold([key])
  void reportShown([key])
}
