// What is new, to be seen without looking at the page: at the tab's sign, and at the app's.
import { effect } from '@preact/signals'
import { newInAll } from '../seeing'
import { phase } from '../session'
import { signWith } from './sign-drawing'

const link = document.querySelector<HTMLLinkElement>('link[rel=icon]')
let drawn = 0

export function followNews(): void {
  effect(() => {
    const count = phase.value === 'ready' ? newInAll.value : 0
    // Untouched as long as it is right: a browser fetches what it is told anew.
    if (link && count !== drawn) link.href = `data:image/svg+xml,${encodeURIComponent(signWith((drawn = count)))}`
    // Only an installed app has one; elsewhere nothing comes of it.
    const badged = count ? navigator.setAppBadge?.(count) : navigator.clearAppBadge?.()
    badged?.catch(() => undefined)
  })
}
