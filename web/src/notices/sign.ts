// What is new, to be seen without looking at the page: at the tab's sign, and at the app's.
import { effect } from '@preact/signals'
import { newInAll } from '../seeing'
import { phase } from '../session'
import { signWith } from './sign-drawing'

const link = document.querySelector<HTMLLinkElement>('link[rel=icon]')
const plain = link?.href ?? ''

export function followNews(): void {
  effect(() => {
    const count = phase.value === 'ready' ? newInAll.value : 0
    if (link) link.href = count ? `data:image/svg+xml,${encodeURIComponent(signWith(count))}` : plain
    // Only an installed app has one; elsewhere nothing comes of it.
    const badged = count ? navigator.setAppBadge?.(count) : navigator.clearAppBadge?.()
    badged?.catch(() => undefined)
  })
}
