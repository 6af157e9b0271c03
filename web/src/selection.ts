// Which pictures are selected, and how clicks and keys change that. Pure: every tab has its own.

/** `anchor` is where a range begins; `swept` is what the last range took in, and gives back where the next one is shorter. */
export interface Selection {
  readonly ids: ReadonlySet<string>
  readonly anchor: string | null
  readonly swept: ReadonlySet<string>
}

export const NOTHING: Selection = { ids: new Set(), anchor: null, swept: new Set() }

/** One more, or one less. The next range begins here. */
export function toggle({ ids }: Selection, id: string): Selection {
  const rest = new Set(ids)
  if (!rest.delete(id)) rest.add(id)
  return { ids: rest, anchor: id, swept: new Set() }
}

/** Everything in `order` from the anchor to `id`; without an anchor, `id` alone. */
export function sweep({ ids, anchor, swept }: Selection, order: readonly string[], id: string): Selection {
  const from = anchor === null ? -1 : order.indexOf(anchor)
  const to = order.indexOf(id)
  if (to < 0) return { ids, anchor, swept }
  if (from < 0) return { ids: new Set(ids).add(id), anchor: id, swept: new Set() }
  const range = order.slice(Math.min(from, to), Math.max(from, to) + 1)
  const kept = new Set([...ids].filter((one) => !swept.has(one)))
  const fresh = range.filter((one) => !kept.has(one))
  return { ids: new Set([...kept, ...range]), anchor, swept: new Set(fresh) }
}

/** All that is there, beside what is selected already. */
export const selectAll = ({ ids, anchor }: Selection, order: readonly string[]): Selection => ({
  ids: new Set([...ids, ...order]),
  anchor: anchor ?? order[0] ?? null,
  swept: new Set(),
})

/** Without what went away; the very same where nothing did. */
export function retain(selection: Selection, stays: (id: string) => boolean): Selection {
  const { ids, anchor, swept } = selection
  if ([...ids].every(stays)) return selection
  const left = new Set([...ids].filter(stays))
  if (!left.size) return NOTHING
  return { ids: left, anchor: anchor !== null && stays(anchor) ? anchor : null, swept: new Set([...swept].filter(stays)) }
}

/** The selected ones as they stand on the page; what is not loaded there comes last. */
export function inOrder({ ids }: Selection, order: readonly string[]): string[] {
  const shown = order.filter((id) => ids.has(id))
  const there = new Set(shown)
  return [...shown, ...[...ids].filter((id) => !there.has(id))]
}
