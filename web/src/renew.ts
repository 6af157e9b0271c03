// The service worker, and whether a newer build of the page than this one is there. Nothing reloads by itself.
import { effect, signal, untracked } from '@preact/signals'
import { elapsed } from './clock'
import { link } from './live'
import { go, parsePath } from './route'

/** Whether reloading would bring another page. */
export const newBuild = signal(false)

const own = document.querySelector<HTMLMetaElement>('meta[name=build]')?.content

/** A page without one is as good, but for what the worker does. */
export const worker = (): ServiceWorkerContainer | null => (own && 'serviceWorker' in navigator ? navigator.serviceWorker : null)

/** Milliseconds between two questions at the server whether there is another build. */
const OFTEN = 10_000
let askedAt = -OFTEN

/** Whether there may be one at all: a browser may forbid it, as at an address whose certificate it does not trust. */
export const hasWorker = signal(worker() !== null)

/** A push that came while this tab is in front, for the part of the page that comes late. */
export const pushed = signal<readonly unknown[]>([])

/** Hears the worker from the start: it may have opened this very tab. */
export function followWorker(): void {
  worker()?.addEventListener('message', ({ data }) => {
    if (data?.type === 'build') void compare(data.build as string)
    if (data?.type === 'go') go(parsePath(data.url as string))
    if (data?.type === 'push') pushed.value = [...pushed.value, data.payload]
  })
}

/** Registers the worker once all else is done, and keeps asking whether this page is the newest. */
export async function followBuilds(): Promise<void> {
  const home = worker()
  if (!home) return
  home.addEventListener('controllerchange', ask)
  // Forbidden here, or the server is older than this page.
  hasWorker.value = Boolean(await home.register('/sw.js').catch(() => null))
  if (!hasWorker.value) return
  askedAt = elapsed()
  ask()
  // A server that was started anew may serve another page: that is when the stream comes back.
  effect(() => {
    if (link.value.state === 'live') untracked(look)
  })
}

const ask = (): void => navigator.serviceWorker.controller?.postMessage({ type: 'which-build' })

/** A worker of another build than this page's is the newer of the two only if the server has no other one still. */
async function compare(build: string): Promise<void> {
  if (build === own) newBuild.value = false
  else if (!(await isUpdating())) newBuild.value = true
}

let timer: number | undefined

function look(): void {
  clearTimeout(timer)
  timer = window.setTimeout(() => void isUpdating(), Math.max(0, askedAt + OFTEN - elapsed()))
}

/** Asks the server for a newer worker; one that comes takes over, which is heard. */
async function isUpdating(): Promise<boolean> {
  askedAt = elapsed()
  try {
    const registration = await (await navigator.serviceWorker.ready).update()
    const { installing, waiting } = registration as unknown as ServiceWorkerRegistration
    return (installing ?? waiting) !== null
  } catch {
    return false
  }
}
