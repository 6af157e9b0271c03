import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'

/** A dialog that stands over the page as long as it is drawn; then the focus goes to `after`, or to where it was before. */
export function useModal(after: () => HTMLElement | null) {
  const dialog = useRef<HTMLDialogElement>(null)
  const before = useRef<HTMLElement | null>(null)
  // Before the next frame, so that no key meets what lies below.
  useLayoutEffect(() => {
    before.current = document.activeElement as HTMLElement | null
    dialog.current?.showModal()
  }, [])
  // Only once it is gone: as long as it stands, nothing below it takes the focus. Who has taken it since keeps it.
  useEffect(
    () => () => {
      if (document.activeElement !== document.body) return
      const next = after() ?? before.current
      if (next?.isConnected) next.focus()
    },
    [],
  )
  return dialog
}
