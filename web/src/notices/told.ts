// Of which outcomes this device was told, so that of several that could tell only one does: tabs and the worker alike. Pure.

/** `toast`: a tab in front told it. `system`: the system did. */
export type How = 'toast' | 'system'

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

/** Those of which the system has told. */
export function toldBySystem(told: readonly Told[], keys: readonly string[]): Set<string> {
  const system = new Set(told.filter(({ how }) => how === 'system').map(({ key }) => key))
  return new Set(keys.filter((key) => system.has(key)))
}
