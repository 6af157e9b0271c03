import type { Signal } from '@preact/signals'
import { Columns2, SquareSplitHorizontal } from 'lucide'
import type { ComponentChildren } from 'preact'
import { useRef } from 'preact/hooks'
import { fileUrl } from '../api'
import type { Image } from '../contract.gen'
import { formatPercent, t } from '../i18n'
import { chooseComparison, comparison, type Comparison } from '../looking'
import type { Frame, View, Window } from '../zoom'
import { Decoded } from './Decoded'
import { IconButton } from './IconButton'

/** How an edit is held against what it was made from; pressing what is on turns it off. */
export function CompareButtons() {
  const words = t.value.lightbox
  const now = comparison.value
  const choose = (how: Comparison) => () => chooseComparison(now === how ? 'off' : how)
  return (
    <>
      <IconButton icon={SquareSplitHorizontal} label={words.compare} testId="compare" pressed={now === 'slider'} onClick={choose('slider')} />
      <IconButton icon={Columns2} label={words.side} testId="side-by-side" pressed={now === 'side'} onClick={choose('side')} />
    </>
  )
}

/** Shapes that differ by less are one shape, rounded: no bars are drawn for it. */
const SAME_SHAPE = 0.06

/** The picture before, over the one after, as far as the line. */
export function Before({ image, beside, cut, sharp }: { image: Image; beside: number; cut: number; sharp: boolean }) {
  const shape = (image.width ?? 1) / (image.height ?? 1)
  const fit = Math.abs(Math.log(shape / beside)) < SAME_SHAPE ? 'cover' : 'contain'
  const alt = `${t.value.lightbox.before}${image.name && `: ${image.name}`}`
  return (
    <div class="before" style={{ clipPath: `inset(0 ${((1 - cut) * 100).toFixed(3)}% 0 0)` }} data-testid="before">
      <Decoded src={fileUrl(image, sharp ? 'original' : 'preview')!} alt={alt} style={{ objectFit: fit }} />
    </div>
  )
}

/** Where the picture lies while it is zoomed. */
export interface Zoomed {
  view: View
  frame: Frame
  seen: Window
}

interface OverProps {
  shape: Record<string, string | number>
  zoomed: Zoomed | null
  root?: { current: HTMLDivElement | null }
  children: ComponentChildren
}

/** A place over what is seen of the picture; it does not grow with it. */
export function Over({ shape, zoomed, root, children }: OverProps) {
  return (
    <div class="over" ref={root ?? null} style={zoomed ? seenPart(zoomed) : shape}>
      {children}
    </div>
  )
}

interface SliderProps {
  share: Signal<number>
  shape: Record<string, string | number>
  zoomed: Zoomed | null
}

/** The line between before and after. It stays on the screen while the pictures move below it. */
export function Slider({ share, shape, zoomed }: SliderProps) {
  const root = useRef<HTMLDivElement>(null)
  const words = t.value.lightbox
  const percent = Math.round(share.value * 100)
  const moveTo = (value: number): void => void (share.value = Math.min(Math.max(0, value), 1))
  const drag = (event: PointerEvent): void => {
    const handle = event.currentTarget as HTMLElement
    if (!handle.hasPointerCapture(event.pointerId)) return
    const box = root.current!.getBoundingClientRect()
    moveTo((event.clientX - box.left) / box.width)
  }
  const press = (event: KeyboardEvent): void => {
    const to = keyed(event, percent)
    if (to === null) return
    event.preventDefault()
    event.stopPropagation()
    moveTo(to / 100)
  }
  return (
    <Over shape={shape} zoomed={zoomed} root={root}>
      <span class="over-label is-before" data-hidden={percent < 14 || undefined}>{words.before}</span>
      <span class="over-label is-after" data-hidden={percent > 86 || undefined}>{words.after}</span>
      <div
        class="compare-handle"
        role="slider"
        tabIndex={0}
        aria-label={words.compare}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={words.share(formatPercent(percent / 100))}
        data-testid="compare-handle"
        style={{ left: `${share.value * 100}%` }}
        onPointerDown={(event) => {
          if (event.button === 0) event.currentTarget.setPointerCapture(event.pointerId)
        }}
        onPointerMove={drag}
        onKeyDown={press}
      >
        <span class="compare-grip" aria-hidden="true" />
      </div>
    </Over>
  )
}

/** The percentage that a key leads to, or null for a key that means nothing here. */
function keyed({ key, shiftKey }: KeyboardEvent, percent: number): number | null {
  const step = shiftKey ? 10 : 1
  const to: Record<string, number> = {
    ArrowLeft: percent - step,
    ArrowDown: percent - step,
    ArrowRight: percent + step,
    ArrowUp: percent + step,
    PageDown: percent - 10,
    PageUp: percent + 10,
    Home: 0,
    End: 100,
  }
  return to[key] ?? null
}

function seenPart({ view, frame, seen }: Zoomed) {
  const width = frame.width * view.scale
  const height = frame.height * view.scale
  return {
    position: 'absolute',
    // In a grid an absolute place would begin at its cell.
    gridArea: 'auto',
    left: `${frame.viewWidth / 2 + (seen.left - view.x) * width}px`,
    top: `${frame.viewHeight / 2 + (seen.top - view.y) * height}px`,
    width: `${(seen.right - seen.left) * width}px`,
    height: `${(seen.bottom - seen.top) * height}px`,
  }
}

/** Which of several inputs is the picture before. */
export function Chooser({ images, chosen }: { images: readonly Image[]; chosen: Signal<number> }) {
  const words = t.value.lightbox
  return (
    <fieldset class="chooser">
      <legend class="sr-only">{words.beforeIs}</legend>
      {images.map((image, index) => (
        <label key={image.id} class="chooser-item">
          <input
            class="sr-only"
            type="radio"
            name="before"
            aria-label={image.name || words.input(index + 1)}
            checked={chosen.value === index}
            onChange={() => void (chosen.value = index)}
          />
          <img src={fileUrl(image, 'thumb')!} alt="" draggable={false} />
        </label>
      ))}
    </fieldset>
  )
}
