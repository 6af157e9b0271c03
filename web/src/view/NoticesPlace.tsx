import { signal } from '@preact/signals'
import type { ComponentType } from 'preact'
import { useEffect } from 'preact/hooks'
import { noticesOpen } from '../late'
import { tellMissing } from '../late-code'

const panel = signal<ComponentType | null>(null)

/** The notices come when they are asked for. */
export function NoticesPlace() {
  const open = noticesOpen.value
  useEffect(() => {
    if (!open || panel.value) return
    import('./NoticesPanel').then(
      ({ NoticesPanel }) => (panel.value = NoticesPanel),
      () => {
        noticesOpen.value = false
        tellMissing(() => void (noticesOpen.value = true))
      },
    )
  }, [open])
  const Panel = panel.value
  return open && Panel ? <Panel /> : null
}
