import { useLayoutEffect, useRef } from 'preact/hooks'
import { clock, serverNow } from '../clock'
import type { Image } from '../contract.gen'
import { formatPercent, t } from '../i18n'
import { progress, UPLOADED } from '../progress'
import { onBeat } from '../ticker'

interface Props {
  /** The share that is done, in [0, 1], asked for at each beat. */
  share: () => number
  label: string
  /** Begins anew when it changes; until then the bar never goes back. */
  attempt: string
  class?: string
}

/** A bar that is drawn outside of the views' own rounds: only its transform and a number change. */
export function Bar({ share, label, attempt, class: extra = '' }: Props) {
  const root = useRef<HTMLDivElement>(null)
  const latest = useRef(share)
  const beat = useRef<(() => void) | null>(null)
  // In the frame of what it speaks of, so that a phase never stands beside the share of the one before.
  useLayoutEffect(() => {
    latest.current = share
    beat.current?.()
  })
  useLayoutEffect(() => {
    let highest = 0
    const owner = root.current?.closest<HTMLElement>('[data-testid="card"]')
    beat.current = () => {
      highest = Math.max(highest, latest.current())
      draw(root.current, owner, highest)
    }
    const stop = onBeat(beat.current)
    return () => {
      stop()
      if (owner && owner.dataset.status !== 'completed') delete owner.dataset.progress
    }
  }, [attempt])
  return (
    <div
      class={`bar ${extra}`}
      ref={root}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      // Where nothing is measured its words are all there is; else `draw` puts the share into words.
      aria-valuetext={extra.includes(WORDY) ? label : undefined}
    >
      <span class="bar-label" aria-hidden="true">
        {label}
      </span>
      <span class="bar-share" aria-hidden="true" />
      <span class="bar-line">
        <span class="bar-fill" />
      </span>
    </div>
  )
}

const WORDY = 'is-wordy'

// A share of one digit is as wide as one of two, so that nothing moves when it grows.
const FIGURE_SPACE = '\u2007'
const LEAST_OF_TWO_DIGITS = 0.095

function draw(root: HTMLDivElement | null, owner: HTMLElement | null | undefined, share: number): void {
  if (!root) return
  const percent = String(Math.round(share * 100))
  root.querySelector<HTMLElement>('.bar-fill')!.style.transform = `scaleX(${share.toFixed(4)})`
  if (owner && owner.dataset.progress !== percent) owner.dataset.progress = percent
  if (root.classList.contains(WORDY)) return root.removeAttribute('aria-valuenow')
  const told = formatPercent(share)
  const inWords = t.peek().card.done(told)
  if (root.getAttribute('aria-valuetext') === inWords) return
  root.setAttribute('aria-valuenow', percent)
  root.setAttribute('aria-valuetext', inWords)
  root.querySelector('.bar-share')!.textContent = `${share < LEAST_OF_TWO_DIGITS ? FIGURE_SPACE : ''}${told}`
}

/** How far a picture is by the server's clock. An upload that is a row already has its bytes behind it. */
export function shareOf(image: Image): number {
  const share = progress(image.status, Date.parse(image.phase_started_at), image.estimate, serverNow(clock))
  return image.kind === 'upload' ? UPLOADED + (1 - UPLOADED) * 0.6 * share : share
}
