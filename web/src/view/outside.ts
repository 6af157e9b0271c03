/**
 * Calls `close` on Escape within `root` or where nothing has the focus, after which `home` has it, and on a press anywhere else but
 * a question.
 */
export function whenLeft(root: HTMLElement, close: () => void, home: () => HTMLElement | null): () => void {
  const stop = new AbortController()
  const { signal } = stop
  const isElsewhere = (target: Element): boolean =>
    !root.contains(target) && !home()?.contains(target) && !target.closest('dialog')
  document.addEventListener('pointerdown', ({ target }) => isElsewhere(target as Element) && close(), { signal })
  const escape = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return
    event.stopPropagation()
    close()
    home()?.focus()
  }
  root.addEventListener('keydown', escape, { signal })
  document.addEventListener('keydown', (event) => event.target === document.body && escape(event), { signal })
  return () => stop.abort()
}
