import { Columns2 } from 'lucide'
import { useState } from 'preact/hooks'
import { t } from '../i18n'
import { IconButton } from './IconButton'

/** Before and after, with a line between them that one moves; any pointer and the arrow keys will do. */
export function Compare({ before }: { before: string }) {
  const [open, setOpen] = useState(false)
  const [share, setShare] = useState(50)
  const words = t.value.lightbox
  return (
    <>
      {open && (
        <>
          <img class="compare-before" src={before} alt={words.before} style={{ clipPath: `inset(0 ${100 - share}% 0 0)` }} />
          <span class="compare-line" style={{ left: `${share}%` }} aria-hidden="true" />
          <input
            class="compare-range"
            type="range"
            min={0}
            max={100}
            value={share}
            aria-label={words.compare}
            onInput={(event) => setShare(Number(event.currentTarget.value))}
          />
        </>
      )}
      <IconButton icon={Columns2} class="compare-switch" label={words.compare} testId="compare" pressed={open} onClick={() => setOpen(!open)} />
    </>
  )
}
