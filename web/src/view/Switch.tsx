interface Props {
  label: string
  on: boolean
  onChange: (on: boolean) => void
  note?: string | null
  testId?: string
  busy?: boolean
}

/** On or off, at once. */
export function Switch({ label, on, onChange, note, testId, busy = false }: Props) {
  return (
    <label class="switch">
      <span class="switch-words">
        {label}
        {note && <small>{note}</small>}
      </span>
      <input
        type="checkbox"
        role="switch"
        checked={on}
        aria-busy={busy || undefined}
        data-testid={testId}
        onChange={(event) => {
          const wanted = event.currentTarget.checked
          // As it stands, until what was wanted is so.
          event.currentTarget.checked = on
          if (!busy) onChange(wanted)
        }}
      />
      <span class="switch-face" aria-hidden="true" />
    </label>
  )
}
