import { type Signal, useSignal } from '@preact/signals'
import { ChevronLeft, ChevronRight, Info, Minus, Plus, X, type IconNode } from 'lucide'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { favor, trash } from '../actions'
import { downloadUrl } from '../api'
import type { Image } from '../contract.gen'
import { formatNumber, formatPercent, t } from '../i18n'
import { comboOf, isCharacter } from '../keys'
import { lettersOn } from '../letters'
import { detailsOpen, followLooking, showDetails } from '../looking'
import { closeImage, go, place } from '../route'
import { mayWrite } from '../session'
import { readPicture } from '../shelf'
import { spendingOpen } from '../spending'
import { clamp, FIT, type Frame, isZoomed, panBy, type View, zoomStep, zoomTo } from '../zoom'
import { CompareButtons } from './Compare'
import { Details } from './Details'
import { AT_REST, followHands, frameOf, type Hands, paneOf } from './gestures'
import { IconButton } from './IconButton'
import { useModal } from './modal'
import { NARROW } from './narrow'
import { type Neighbours, useNeighbours } from './neighbours'
import { beforesOf, Slide } from './Slide'
import { Toasts } from './Toasts'
import { Tools } from './Tools'

/** One picture, large, with all that is known of it; arrows and swipes lead to its neighbours. */
export function Looking({ project, id }: { project: string; id: string }) {
  const dialog = useModal(() => document.querySelector<HTMLElement>(`[data-testid="card"][data-id="${last.current}"] a`))
  const last = useRef(id)
  last.current = id
  const image = useLastKnown(id)
  const around = useNeighbours(project, id, image)
  const look = useLook(id, around, image?.renditions.preview !== undefined)
  useLayoutEffect(() => followLooking(!matchMedia(NARROW).matches), [])
  // By itself it would go to the first thing that takes it: before an edit to the handle, which keeps the arrows to itself.
  useLayoutEffect(() => dialog.current?.focus(), [])
  useKeys(dialog, (combo) => pressed(combo, image, look, around))
  useEffect(() => {
    // A button that had the focus may have gone with the picture before.
    if (document.activeElement === document.body) dialog.current?.focus()
  }, [id])
  const words = t.value.lightbox
  const isOpen = detailsOpen.value && image !== undefined
  return (
    <dialog
      class={`lightbox ${isOpen ? 'has-details' : ''}`}
      ref={dialog}
      tabIndex={-1}
      aria-label={words.title}
      data-testid="lightbox"
      data-id={id}
      style={{ '--away': Math.min(1, look.push.value.y / 400).toFixed(3) }}
      onCancel={(event) => {
        event.preventDefault()
        closeImage()
      }}
      onClose={() => place.value.image === id && closeImage()}
    >
      <div class="lightbox-stage" ref={look.stage} data-testid="stage">
        {image?.renditions.preview ? <Slides image={image} around={around} look={look} /> : <p class="lightbox-none">{words.none}</p>}
        <div class="lightbox-top">
          <IconButton icon={X} size={20} label={t.value.action.close} testId="close" onClick={closeImage} />
          <span class="grow" />
          {image && beforesOf(image).length > 0 && image.renditions.preview && <CompareButtons />}
          <IconButton
            icon={Info}
            size={20}
            label={isOpen ? words.hideDetails : words.showDetails}
            testId="details-switch"
            pressed={isOpen}
            onClick={() => showDetails(!detailsOpen.value)}
          />
        </div>
        <Step icon={ChevronLeft} side="is-back" label={words.previous} to={around.back} />
        <Step icon={ChevronRight} side="is-on" label={words.next} to={around.on} />
        {image?.renditions.preview && <Zoom look={look} />}
        <p class="sr-only" role="status">
          {around.place > 0 && words.place(around.place, formatNumber(around.count) + (around.open ? '+' : ''))}
        </p>
      </div>
      {image && (isOpen ? <Details image={image} /> : <Tools image={image} />)}
      {/* What is outside of an open dialog cannot be clicked. */}
      {!spendingOpen.value && <Toasts />}
    </dialog>
  )
}

/** The picture as it is known, or as it was: while everything is fetched anew it stays on the screen. */
function useLastKnown(id: string): Image | undefined {
  const known = readPicture(id)
  const kept = useRef(known)
  if (known) kept.current = known
  return known ?? (kept.current?.id === id ? kept.current : undefined)
}

function Slides({ image, around: { back, on }, look }: { image: Image; around: Neighbours; look: Look }) {
  const slides = [back, image, on].map((of, index) => ({ of, place: index - 1 }))
  return (
    <>
      {slides.map(({ of, place }) => of && <Slide key={of.id} image={of} place={place} view={look.view} push={look.push} eased={look.eased} />)}
    </>
  )
}

interface Look extends Pick<Hands, 'view' | 'push' | 'eased'> {
  stage: { current: HTMLDivElement | null }
  frame: Signal<Frame | null>
}

const stepTo = (to: Image | undefined): void => {
  if (to) go({ project: to.project, image: to.id }, 'replace')
}

/** Where one looks: the whole picture at first, and as the hands lead. */
function useLook(id: string, around: Neighbours, hasPicture: boolean): Look {
  const stage = useRef<HTMLDivElement>(null)
  const look: Look = {
    stage,
    view: useSignal<View>(FIT),
    push: useSignal(AT_REST),
    eased: useSignal(false),
    frame: useSignal<Frame | null>(null),
  }
  const { view, push, eased, frame } = look
  const hands = useRef<Hands | null>(null)
  hands.current = {
    view,
    push,
    eased,
    isEnd: (direction) => !(direction > 0 ? around.on : around.back),
    step: (direction) => stepTo(direction > 0 ? around.on : around.back),
    down: () => (canLeave() ? closeImage() : showDetails(false)),
    up: () => showDetails(true),
    canLeave,
  }
  // Before the new picture is drawn, so that it never stands where the one before was.
  useLayoutEffect(() => {
    view.value = FIT
    push.value = AT_REST
    eased.value = false
  }, [id])
  useLayoutEffect(() => followHands(stage.current!, () => hands.current!), [])
  useLayoutEffect(() => {
    const measure = (): void => {
      frame.value = frameOf(paneOf(stage.current!))
      if (frame.value) view.value = clamp(view.value, frame.value)
    }
    measure()
    const watcher = new ResizeObserver(measure)
    const pane = paneOf(stage.current!)
    watcher.observe(pane ?? stage.current!)
    return () => watcher.disconnect()
  }, [id, hasPicture])
  return look
}

/** On a phone the details lie below the picture, and a pull down puts them away first. */
const canLeave = (): boolean => !(detailsOpen.value && matchMedia(NARROW).matches)

/** On the document: a button that had the focus may have gone with the picture before. At once, so that no key meets the old one. */
function useKeys(dialog: { current: HTMLDialogElement | null }, press: (combo: string) => boolean): void {
  useLayoutEffect(() => {
    const hear = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement
      const combo = comboOf(event)
      const isOnTop = [...document.querySelectorAll('dialog:modal')].at(-1) === dialog.current
      if (combo === null || !isOnTop || event.defaultPrevented || (isCharacter(combo) && !lettersOn.value)) return
      if (target.matches('input, textarea, select, [role=slider]') && /^(Arrow|Home|End|Page)/.test(combo)) return
      // A key that is held down moves on, but does nothing twice.
      if (event.repeat && !/^(Arrow|[+=-]$)/.test(combo)) return
      if (press(combo)) event.preventDefault()
    }
    document.addEventListener('keydown', hear)
    return () => document.removeEventListener('keydown', hear)
  })
}

/** So far does a key move a zoomed picture. */
const PAN = 80
const WAYS: Record<string, [number, number]> = {
  ArrowLeft: [PAN, 0],
  ArrowRight: [-PAN, 0],
  ArrowUp: [0, PAN],
  ArrowDown: [0, -PAN],
}

/** Does what a key means; answers whether it meant anything. */
function pressed(combo: string, image: Image | undefined, look: Look, around: Neighbours): boolean {
  const { view, frame } = look
  const way = WAYS[combo]
  if (way && isZoomed(view.value) && frame.value) {
    look.eased.value = false
    view.value = panBy(view.value, frame.value, way[0], way[1])
    return true
  }
  const write = image && mayWrite.value ? image : null
  const meanings: Record<string, (() => void) | false | null | undefined> = {
    ArrowLeft: () => stepTo(around.back),
    ArrowRight: () => stepTo(around.on),
    Home: () => stepTo(around.first),
    End: () => stepTo(around.last),
    '+': () => zoom(look, 1),
    '=': () => zoom(look, 1),
    '-': () => zoom(look, -1),
    '0': () => zoom(look, 0),
    i: () => showDetails(!detailsOpen.value),
    d: image && downloadUrl(image) !== null && (() => download(image)),
    f: write && (() => void favor(write)),
    Delete: write && (() => void trash(write)),
    Backspace: write && (() => void trash(write)),
  }
  const meaning = meanings[combo]
  if (!meaning) return false
  meaning()
  return true
}

/** A step nearer or farther, or (0) back to the whole picture. */
function zoom({ view, frame, eased }: Look, direction: 1 | -1 | 0): void {
  if (!frame.value) return
  eased.value = true
  view.value = direction === 0 ? zoomTo(view.value, frame.value, 1) : zoomStep(view.value, frame.value, direction)
}

function download(image: Image): void {
  const link = document.createElement('a')
  link.href = downloadUrl(image)!
  link.download = ''
  link.click()
}

function Step({ icon, side, label, to }: { icon: IconNode; side: string; label: string; to: Image | undefined }) {
  if (!to) return null
  return <IconButton icon={icon} size={24} class={`lightbox-step ${side}`} label={label} onClick={() => stepTo(to)} />
}

/** How large the picture is drawn: 100 % is one pixel on one. */
function Zoom({ look }: { look: Look }) {
  const words = t.value.lightbox
  const frame = look.frame.value
  if (!frame) return null
  const percent = formatPercent(look.view.value.scale / frame.actual)
  return (
    <div class={`zoom ${isZoomed(look.view.value) ? 'is-zoomed' : ''}`}>
      <IconButton icon={Minus} label={words.zoomOut} testId="zoom-out" disabled={!isZoomed(look.view.value)} onClick={() => zoom(look, -1)} />
      <button type="button" class="zoom-level" aria-label={words.zoomed(percent)} title={words.zoomed(percent)} data-testid="zoom-level" onClick={() => zoom(look, 0)}>
        {percent}
      </button>
      <IconButton icon={Plus} label={words.zoomIn} testId="zoom-in" onClick={() => zoom(look, 1)} />
    </div>
  )
}
