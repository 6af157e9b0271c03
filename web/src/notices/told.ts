// Of which outcomes this device was told, so that of several that could tell only one does: tabs and the worker alike. Pure.

/** `toast`: a tab in front told it. `system`: the system did. `elsewhere`: a tab in front in another browser, or it was read. */
export type How = 'toast' | 'system' | 'elsewhere'

export interface Told {
  key: string
  how: How
}

/** So many are remembered. A message speaks for 50 at most, so none is forgotten while it may be told. */
export const MOST = 500

/** Those of which nothing has told yet, each once. */
export function untold(told: readonly Told[], keys: readonly string[]): string[] {
  const known = new Set(told.map(({ key }) => key))
  return [...new Set(keys)].filter((key) => !known.has(key))
}

/** With these as the newest. How one was told first is what counts. */
export function withTold(told: readonly Told[], keys: readonly string[], how: How): Told[] {
  const before = new Map(told.map((one) => [one.key, one]))
  const fresh = [...new Set(keys)].map((key) => before.get(key) ?? { key, how })
  fresh.forEach(({ key }) => before.delete(key))
  return [...before.values(), ...fresh].slice(-MOST)
}

/** Those that were told outside of this browser's tabs: a tab that is looked at again says nothing of them. */
export function toldOutside(told: readonly Told[], keys: readonly string[]): Set<string> {
  const outside = new Set(told.filter(({ how }) => how !== 'toast').map(({ key }) => key))
  return new Set(keys.filter((key) => outside.has(key)))
}
