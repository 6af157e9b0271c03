import { useLayoutEffect, useRef } from 'preact/hooks'

/** A dialog that stands over the page as long as it is drawn; then the focus goes to `after`, or to where it was before. */
export function useModal(after: () => HTMLElement | null) {
  const dialog = useRef<HTMLDialogElement>(null)
  // Before the next frame, so that no key meets what lies below.
  useLayoutEffect(() => {
    const before = document.activeElement as HTMLElement | null
    dialog.current?.showModal()
    return () => {
      const next = after() ?? before
      if (next?.isConnected) next.focus()
    }
  }, [])
  return dialog
}
