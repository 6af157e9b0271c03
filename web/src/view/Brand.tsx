/** The name, with its mark: a canvas that a stroke crosses. */
export function Brand() {
  return (
    <span class="brand">
      <svg width="22" height="22" viewBox="0 0 24 24" aria-hidden="true">
        <rect x="1.5" y="1.5" width="21" height="21" rx="6.5" fill="var(--accent)" />
        <path d="M6.5 17.5C9 9.5 12 6 17.5 6c-1 4.5-3.6 7.6-8.2 8.6" fill="none" stroke="var(--on-accent)" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" />
      </svg>
      Atelier
    </span>
  )
}
