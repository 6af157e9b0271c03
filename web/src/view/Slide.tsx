import { type Signal, useSignal } from '@preact/signals'
import { useEffect, useRef, useState } from 'preact/hooks'
import { fileUrl } from '../api'
import type { Image } from '../contract.gen'
import { t } from '../i18n'
import { findAll } from '../load'
import { comparison, type Comparison } from '../looking'
import { readPicture } from '../shelf'
import { clamp, FIT, isZoomed, outgrows, transformOf, type View, windowOf } from '../zoom'
import { Before, Chooser, Over, Slider } from './Compare'
import { Decoded } from './Decoded'
import { frameOf, GAP, type Push } from './gestures'

interface Props {
  image: Image
  /** -1 before, 0 in the middle, 1 after. */
  place: number
  view: Signal<View>
  push: Signal<Push>
  eased: Signal<boolean>
}

/** One picture in its place; its neighbours lie ready beside it, decoded, outside of what is seen. */
export function Slide({ image, place, view, push, eased }: Props) {
  const isCurrent = place === 0
  const { x, y, settling } = push.value
  const befores = useBefores(image)
  const chosen = useSignal(0)
  const share = useSignal(0.5)
  const before = befores[Math.min(chosen.value, befores.length - 1)]
  const how: Comparison = before ? comparison.value : 'off'
  const words = t.value.lightbox
  const looked = isCurrent ? view.value : FIT
  return (
    <div
      class={`slide ${isCurrent ? 'is-current' : ''} ${settling ? 'is-settling' : ''} ${eased.value ? 'is-eased' : ''}`}
      style={{ transform: moved(place, x, isCurrent ? y : 0) }}
      inert={!isCurrent}
      aria-hidden={!isCurrent}
    >
      <div class={`panes ${how === 'side' ? 'is-side' : ''}`}>
        {how === 'side' && before && <Pane image={before} view={looked} label={words.before} />}
        <Pane
          key="main"
          isMain
          image={image}
          view={looked}
          label={how === 'side' ? words.after : undefined}
          before={how === 'slider' ? before : undefined}
          share={share}
        />
      </div>
      {how !== 'off' && befores.length > 1 && <Chooser images={befores} chosen={chosen} />}
    </div>
  )
}

function moved(place: number, x: number, y: number): string | undefined {
  if (place === 0 && x === 0 && y === 0) return undefined
  return `translate(calc(${place * 100}% + ${place * GAP + x}px), ${y}px)`
}

/** The pictures that it was made from, as far as they can be shown. */
function useBefores(image: Image): Image[] {
  const ids = image.inputs.join()
  useEffect(() => void findAll(image.inputs), [ids])
  return beforesOf(image)
}

export const beforesOf = ({ inputs }: Image): Image[] =>
  inputs.flatMap((id) => readPicture(id) ?? []).filter(({ renditions }) => renditions.preview)

interface PaneProps {
  image: Image
  view: View
  isMain?: boolean
  label?: string | undefined
  before?: Image | undefined
  share?: Signal<number>
}

/** What one picture is seen through. */
function Pane({ image, view, isMain = false, label, before, share }: PaneProps) {
  const pane = useRef<HTMLDivElement>(null)
  const frame = isZoomed(view) ? frameOf(pane.current) : null
  const own = frame ? clamp(view, frame) : FIT
  const sharp = useSharpness(image, own, pane.current)
  const [width, height] = [image.width ?? 1, image.height ?? 1]
  const shape = { '--shape': width / height, aspectRatio: `${width} / ${height}` }
  const seen = frame ? windowOf(own, frame) : { left: 0, right: 1, top: 0, bottom: 1 }
  const zoomed = frame && { view: own, frame, seen }
  const cut = seen.left + (share?.value ?? 0) * (seen.right - seen.left)
  const name = image.name || image.prompt || t.value.card.picture
  return (
    <div class={`pane ${isMain ? 'is-main' : ''} ${isZoomed(own) ? 'is-zoomed' : ''}`} ref={pane} data-testid="pane">
      <figure class="figure" style={{ ...shape, transform: transformOf(own) }} data-width={width} data-testid="figure" data-scale={own.scale.toFixed(2)}>
        <img class="layer" src={fileUrl(image, 'thumb')!} alt="" draggable={false} />
        <Decoded src={fileUrl(image, 'preview')!} alt={name} testId="preview" />
        {sharp && <Decoded src={fileUrl(image, 'original')!} alt="" testId="original" />}
        {before && <Before image={before} beside={width / height} cut={cut} sharp={sharp} />}
      </figure>
      {before && share && <Slider share={share} shape={shape} zoomed={zoomed} />}
      {label && (
        <Over shape={shape} zoomed={zoomed}>
          <span class={`over-label ${isMain ? 'is-after' : 'is-before'}`}>{label}</span>
        </Over>
      )}
    </div>
  )
}

/** Whether the original is worth its bytes: once what is seen is finer than the preview. It stays then. */
function useSharpness({ renditions }: Image, { scale }: View, pane: Element | null): boolean {
  const [sharp, setSharp] = useState(false)
  const figure = pane?.querySelector<HTMLElement>('.figure')
  const { preview, original } = renditions
  const isFiner = (original?.width ?? 0) > (preview?.width ?? 0)
  const isOutgrown = isFiner && figure && preview && scale > 1 && outgrows(scale, figure.offsetWidth, devicePixelRatio, preview.width)
  useEffect(() => {
    if (isOutgrown) setSharp(true)
  }, [isOutgrown])
  return sharp
}
