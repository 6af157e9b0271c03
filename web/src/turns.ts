// Small work that can wait: for its element to come near the window, and for its turn among others, so that no frame is long.

/** Milliseconds of a frame. */
const SHARE = 6
/** Pixels around the window. */
const NEAR = 400

const waiting = new Map<Element, () => void>()
const due = new Set<Element>()
let frame = 0

const watcher = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting && waiting.has(target)) due.add(target)
      else due.delete(target)
    }
    if (due.size && !frame) frame = requestAnimationFrame(proceed)
  },
  { rootMargin: `${NEAR}px` },
)

/** Does it once the element is near, in its turn; not any more once the answer is called. */
export function whenNear(element: Element, work: () => void): () => void {
  waiting.set(element, work)
  watcher.observe(element)
  return () => forget(element)
}

function forget(element: Element): void {
  watcher.unobserve(element)
  waiting.delete(element)
  due.delete(element)
}

function proceed(): void {
  const end = performance.now() + SHARE
  for (const element of due) {
    const work = waiting.get(element)
    forget(element)
    work?.()
    if (performance.now() >= end) break
  }
  frame = due.size ? requestAnimationFrame(proceed) : 0
}
