// What a push says, and what becomes of it on this device. Pure.

/** Written by the server; `tag` is a project's id, or says what else it is about. `outcomes` are `image:attempt`. */
export interface Payload {
  v: 1
  kind: 'ready' | 'failed' | 'batch' | 'credits_low' | 'test'
  tag: string
  title: string
  body: string
  url: string
  thumb: string | null
  outcomes: string[]
  unread: number
}

/** What came by push, or null where it is none of ours. */
export function payloadOf(told: unknown): Payload | null {
  const { v, title, url, tag, outcomes } = (told ?? {}) as Partial<Payload>
  const isOurs = v === 1 && typeof title === 'string' && typeof url === 'string' && typeof tag === 'string' && Array.isArray(outcomes)
  return isOurs && url.startsWith('/') && !url.startsWith('//') ? (told as Payload) : null
}

/** Where it is told: by the tabs that are looked at, by the system, or, where all of it was told on this device, nowhere. */
export type Way = 'tabs' | 'system' | 'nowhere'

export function wayOf(payload: Payload, fresh: readonly string[], isLookedAt: boolean): Way {
  if (isLookedAt) return 'tabs'
  return payload.outcomes.length && !fresh.length ? 'nowhere' : 'system'
}
