// Keeps the page for when there is no network, and the late parts of builds that are still open.
import { cacheOf, outdated, wantedOf, type Shell } from './caching'

declare const self: ServiceWorkerGlobalScope
/** Written in by the build. */
declare const __SHELL__: Shell

export const shell = __SHELL__

/** Milliseconds that a page waits for the network before it is shown from here. */
const PATIENCE = 3_000
const LOOSE: CacheQueryOptions = { ignoreVary: true }

/** Fetches the whole build, or fails as a whole: it is never half of one and half of another. */
export async function fill(): Promise<void> {
  const cache = await caches.open(cacheOf(shell.build))
  await Promise.all(shell.files.map(([path, sha256]) => keep(cache, path, sha256)))
}

async function keep(cache: Cache, path: string, sha256: string): Promise<void> {
  if (await cache.match(path, LOOSE)) return
  // A path with a hash in it says the same in every build; the page itself does not.
  const known = path === '/' ? undefined : await caches.match(path, LOOSE)
  const answer = known ?? (await fetch(path, { cache: path === '/' ? 'no-cache' : 'default', redirect: 'error' }))
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
  if ((await digest(answer.clone())) !== sha256) throw new Error(`${path} is of another build`)
  await cache.put(path, answer)
}

async function digest(answer: Response): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', await answer.arrayBuffer()))
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

export async function tidy(): Promise<void> {
  const gone = outdated(await caches.keys(), shell.build)
  await Promise.all(gone.map((name) => caches.delete(name)))
}

/** What of the server's the browser need not even ask the worker for, where it can be told so. */
export async function passBy(event: Event): Promise<void> {
  const { addRoutes } = event as Event & { addRoutes?: (rules: object) => Promise<void> }
  await addRoutes?.call(event, { condition: { urlPattern: new URLPattern({ pathname: '/api/*' }) }, source: 'network' })
}

export function answer(event: FetchEvent): void {
  const { request } = event
  const wanted = wantedOf(request.method, request.mode === 'navigate', new URL(request.url), self.location.origin)
  if (wanted === 'page') event.respondWith(page(event))
  else if (wanted === 'file') event.respondWith(file(request))
}

/** From the network, so that nobody gets an old page; the kept one where that answers late, brokenly or not at all. */
async function page(event: FetchEvent): Promise<Response> {
  const asked = fromNetwork(event)
  event.waitUntil(asked.catch(() => undefined))
  const kept = await caches.match('/', { ...LOOSE, cacheName: cacheOf(shell.build) })
  if (!kept) return asked
  const late = new Promise<Response>((go) => setTimeout(go, PATIENCE, kept))
  const inTime = await Promise.race([asked, late]).catch(() => kept)
  return inTime.status >= 500 ? kept : inTime
}

async function fromNetwork(event: FetchEvent): Promise<Response> {
  const ahead: Response | undefined = await event.preloadResponse
  return ahead ?? fetch(event.request)
}

async function file(request: Request): Promise<Response> {
  return (await caches.match(request, LOOSE)) ?? fetch(request)
}
