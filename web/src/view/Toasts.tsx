import { X } from 'lucide'
import { useEffect, useState } from 'preact/hooks'
import { t } from '../i18n'
import { dismiss, toasts, type Toast } from '../toasts'
import { IconButton } from './IconButton'

/** Short messages; the announcer reads them out. */
export function Toasts() {
  return (
    <div class="toasts" role="region" aria-label={t.value.toast.region}>
      {toasts.value.map((toast) => (
        <Message key={toast.id} toast={toast} />
      ))}
    </div>
  )
}

function Message({ toast }: { toast: Toast }) {
  const [held, hold] = useState(false)
  const { id, action } = toast
  useEffect(() => {
    if (held) return
    const timer = setTimeout(() => dismiss(id), toast.seconds * 1000)
    return () => clearTimeout(timer)
  }, [held, toast])
  const act = (): void => {
    dismiss(id)
    action?.run()
  }
  return (
    <div
      class={`toast is-${toast.tone}`}
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
