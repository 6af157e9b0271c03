// What the first paint can do without, and comes as soon as nothing else is to be done.
import { signal } from '@preact/signals'
import type { ComponentType } from 'preact'
import { followBuilds } from './renew'

/** The line under the form that asks whether to tell elsewhere. */
export const offerLine = signal<ComponentType | null>(null)

/** Where the installed app's shortcut leads. */
const AT_ONCE = '#notices'

/** Whether the notices are on the screen. */
export const noticesOpen = signal(location.hash === AT_ONCE)
if (noticesOpen.peek()) history.replaceState(history.state, '', location.pathname)

const AT_LEAST_IN = 2_000

export function comeLate(): void {
  whenIdle(() => {
    import('./notices/start').then(({ start }) => start(), () => undefined)
  })
  // It fetches the whole page once more, so it waits for the pictures.
  if (document.readyState === 'complete') whenIdle(() => void followBuilds())
  else addEventListener('load', () => whenIdle(() => void followBuilds()), { once: true })
}

/** Not every browser tells when it is idle. */
export function whenIdle(run: () => void): void {
  if ('requestIdleCallback' in window) requestIdleCallback(run, { timeout: AT_LEAST_IN })
  else setTimeout(run, 1500)
}
