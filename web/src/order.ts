// The order of what waits, and what it becomes when a picture is moved. Pure.
import type { Queue } from './contract.gen'

/** The waiting pictures, the one that goes next first. */
export function orderOf({ places }: Queue): string[] {
  return Object.keys(places).sort((a, b) => places[a]! - places[b]!)
}

/** The order with `id` at the place `to`, counted from 0, or as near to it as the list goes. */
export function moveTo(order: readonly string[], id: string, to: number): string[] {
  if (!order.includes(id)) return [...order]
  const rest = order.filter((other) => other !== id)
  rest.splice(Math.min(Math.max(0, to), rest.length), 0, id)
  return rest
}

/** What of an order must be told so that it comes true: all down to its last moved picture. What is left follows as it was. */
export function headOf(order: readonly string[], moved: string, told: readonly string[] = []): string[] {
  const last = Math.max(order.indexOf(moved), ...told.map((id) => order.indexOf(id)))
  return order.slice(0, last + 1)
}

/** The queue with these pictures first. It shares out the same numbers: other workspaces keep theirs. */
export function withFirst(queue: Queue, first: readonly string[]): Queue {
  const before = orderOf(queue)
  const head = first.filter((id) => id in queue.places)
  const named = new Set(head)
  const order = [...head, ...before.filter((id) => !named.has(id))]
  const numbers = before.map((id) => queue.places[id]!)
  return { ...queue, places: Object.fromEntries(order.map((id, index) => [id, numbers[index]!])) }
}
