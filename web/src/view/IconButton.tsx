import type { IconNode } from 'lucide'
import { Icon } from './Icon'

interface Props {
  icon: IconNode
  label: string
  onClick: (event: MouseEvent) => void
  testId?: string
  class?: string
  pressed?: boolean
  disabled?: boolean
  size?: number
}

/** A button that is only a sign; its words are in its label and its tooltip. */
export function IconButton({ icon, label, onClick, testId, class: extra = '', pressed, disabled, size }: Props) {
  return (
    <button
      type="button"
      class={`icon-button ${extra}`}
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      disabled={disabled}
      data-testid={testId}
      onClick={onClick}
    >
      <Icon of={icon} size={size ?? 18} />
    </button>
  )
}
