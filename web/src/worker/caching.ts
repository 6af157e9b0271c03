// Which requests the worker answers, and which caches it keeps. Pure.

/** A build of the page: its name, and its files with the SHA-256 of each, in hexadecimal digits. `/` is the page itself. */
export interface Shell {
  build: string
  files: readonly (readonly [path: string, sha256: string])[]
}

/** `page`: an address that the page answers. `file`: one whose content never changes. Null: none of the worker's business. */
export type Wanted = 'page' | 'file' | null

const PAGE = /^\/(?:p\/.*|trash\/?)?$/
const FILE = /^\/assets\/./

/** Whether an address is one of the page's own: a file of a picture, opened in a tab, is not. */
export const isPage = (path: string): boolean => PAGE.test(path)

/** Nothing under `/api` is ever the worker's business: what is there belongs to whoever is signed in. */
export function wantedOf(method: string, isNavigation: boolean, url: URL, origin: string): Wanted {
  if (method !== 'GET' || url.origin !== origin) return null
  if (isNavigation) return isPage(url.pathname) ? 'page' : null
  // What has a plain name is asked for with its hash.
  return FILE.test(url.pathname) || (url.searchParams.has('v') && !url.pathname.startsWith('/api/')) ? 'file' : null
}

const PREFIX = 'atelier-shell-'

export const cacheOf = (build: string): string => PREFIX + build

/** So many builds before this one: a page that is still open goes on with the late parts of its own. */
const KEPT = 3

/** Those to be deleted; `names` are in the order in which they were made. */
export function outdated(names: readonly string[], build: string): string[] {
  const others = names.filter((name) => name.startsWith(PREFIX) && name !== cacheOf(build))
  return others.slice(0, Math.max(0, others.length - KEPT))
}
