// Where the person is: `/`, `/p/{project}`, `/p/{project}/i/{image}` or `/trash`.
import { signal } from '@preact/signals'

export interface Place {
  project: string | null
  image: string | null
  trash?: boolean
}

export const THE_TRASH: Place = { project: null, image: null, trash: true }

const ID = '([0-9a-fA-F-]{36})'
const PATH = new RegExp(`^/p/${ID}(?:/i/${ID})?/?$`)

export function parsePath(path: string): Place {
  if (/^\/trash\/?$/.test(path)) return THE_TRASH
  const [, project = null, image = null] = PATH.exec(path) ?? []
  return { project, image }
}

export const pathOf = ({ project, image, trash }: Place): string =>
  trash ? '/trash' : project === null ? '/' : image === null ? `/p/${project}` : `/p/${project}/i/${image}`

export const place = signal<Place>({ project: null, image: null })

/** Follows the address bar from now on. */
export function followHistory(): void {
  place.value = parsePath(location.pathname)
  addEventListener('popstate', () => {
    place.value = parsePath(location.pathname)
  })
}

export function go(to: Place, how: 'push' | 'replace' = 'push'): void {
  const path = pathOf(to)
  if (path === location.pathname && how === 'push') return
  if (how === 'push') history.pushState({ within: true }, '', path)
  else history.replaceState(history.state, '', path)
  place.value = to
}

/** Out of the large view: back to where it was opened from, or to its project where it was opened by its address. */
export function closeImage(): void {
  const within = (history.state as { within?: boolean } | null)?.within
  if (within) history.back()
  else go({ project: place.value.project, image: null }, 'replace')
}
