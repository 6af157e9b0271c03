import type { IconNode } from 'lucide'
import { h } from 'preact'

interface Props {
  of: IconNode
  size?: number
}

/** A line icon in the colour of the text around it; words stand beside it or in its button's label. */
export function Icon({ of, size = 18 }: Props) {
  return (
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.75"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {of.map(([tag, attributes]) => h(tag, attributes))}
    </svg>
  )
}
