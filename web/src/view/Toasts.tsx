import { X } from 'lucide'
import { useEffect, useState } from 'preact/hooks'
import { t } from '../i18n'
import { dismiss, toasts, type Toast } from '../toasts'
import { IconButton } from './IconButton'
import { isNarrow } from './narrow'

/** Short messages; the announcer reads them out. */
export function Toasts() {
  // One has a line of its own; a second one would push the pictures further down.
  const isPile = isNarrow.value
  return (
    <div class="toasts" role="region" aria-label={t.value.toast.region}>
      {toasts.value.map((toast, index) => (
        <Message key={toast.id} toast={toast} isCovered={isPile && index < toasts.value.length - 1} />
      ))}
    </div>
  )
}

interface Props {
  toast: Toast
  /** It waits below a newer one, and its time with it. */
  isCovered: boolean
}

function Message({ toast, isCovered }: Props) {
  const [held, hold] = useState(false)
  const { id, action } = toast
  useEffect(() => {
    if (held || isCovered) return
    const timer = setTimeout(() => dismiss(id), toast.seconds * 1000)
    return () => clearTimeout(timer)
  }, [held, isCovered, toast])
  const act = (): void => {
    dismiss(id)
    action?.run()
  }
  return (
    <div
      class={`toast is-${toast.tone} ${isCovered ? 'is-covered' : ''}`}
      data-testid="toast"
      data-tone={toast.tone}
      onPointerEnter={() => hold(true)}
      onPointerLeave={() => hold(false)}
      onFocusIn={() => hold(true)}
      onFocusOut={() => hold(false)}
    >
      {toast.thumb && <img class="toast-thumb" src={toast.thumb} alt="" />}
      <span class="toast-words">
        <span class="toast-text">{toast.text}</span>
        {toast.note && <span class="toast-note">{toast.note}</span>}
      </span>
      {action && (
        <button type="button" class="text-button is-accent" data-testid={action.testId} onClick={act}>
          {action.label}
        </button>
      )}
      <IconButton icon={X} size={15} label={t.value.action.close} onClick={() => dismiss(id)} />
    </div>
  )
}
