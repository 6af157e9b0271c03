import { ChevronLeft, ChevronRight, X, type IconNode } from 'lucide'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { fileUrl } from '../api'
import type { Image } from '../contract.gen'
import { t } from '../i18n'
import { closeImage, go, place } from '../route'
import { readPicture } from '../shelf'
import { spendingOpen } from '../spending'
import { Compare } from './Compare'
import { Details } from './Details'
import { IconButton } from './IconButton'
import { Toasts } from './Toasts'
import { useModal } from './modal'
import { useNeighbours } from './neighbours'

/** One picture, large, with all that is known of it; arrows lead to its neighbours. */
export function Lightbox({ project, id }: { project: string; id: string }) {
  const dialog = useModal(() => document.querySelector<HTMLElement>(`[data-testid="card"][data-id="${last.current}"] a`))
  const last = useRef(id)
  last.current = id
  const image = readPicture(id)
  const { back, on } = useNeighbours(project, id, image)
  const step = (to: Image | undefined): void => {
    if (to) go({ project, image: to.id }, 'replace')
  }
  useArrows(() => step(back), () => step(on))
  return (
    <dialog
      class="lightbox"
      ref={dialog}
      aria-label={t.value.lightbox.title}
      data-testid="lightbox"
      data-id={id}
      onCancel={(event) => {
        event.preventDefault()
        closeImage()
      }}
      onClose={() => place.value.image === id && closeImage()}
    >
      <div class="lightbox-stage">
        {image && <Large key={id} image={image} />}
        <Step icon={ChevronLeft} side="is-back" label={t.value.lightbox.previous} to={back} step={step} />
        <Step icon={ChevronRight} side="is-on" label={t.value.lightbox.next} to={on} step={step} />
        <IconButton icon={X} size={20} class="lightbox-close" label={t.value.action.close} testId="close" onClick={closeImage} />
      </div>
      {image && <Details image={image} />}
      <Ahead images={[back, on]} />
      {/* What is outside of an open dialog cannot be clicked. */}
      {!spendingOpen.value && <Toasts />}
    </dialog>
  )
}

/** On the document: a button that had the focus may have gone with the picture before. At once, so that no key meets the old one. */
function useArrows(left: () => void, right: () => void): void {
  useLayoutEffect(() => {
    const hear = ({ target, key }: KeyboardEvent): void => {
      if ((target as HTMLElement).matches('input, textarea')) return
      if (key === 'ArrowLeft') left()
      if (key === 'ArrowRight') right()
    }
    document.addEventListener('keydown', hear)
    return () => document.removeEventListener('keydown', hear)
  })
}

interface StepProps {
  icon: IconNode
  side: string
  label: string
  to: Image | undefined
  step: (to: Image | undefined) => void
}

function Step({ icon, side, label, to, step }: StepProps) {
  if (!to) return null
  return <IconButton icon={icon} size={24} class={`lightbox-step ${side}`} label={label} onClick={() => step(to)} />
}

function Large({ image }: { image: Image }) {
  const [loaded, setLoaded] = useState(false)
  const preview = fileUrl(image, 'preview')
  const before = image.inputs[0] === undefined ? undefined : readPicture(image.inputs[0])
  const beforeUrl = before && fileUrl(before, 'preview')
  if (!preview) return <p class="lightbox-none">{t.value.lightbox.none}</p>
  const shape = `${image.width ?? 1} / ${image.height ?? 1}`
  return (
    <figure class="lightbox-figure" style={{ '--shape': (image.width ?? 1) / (image.height ?? 1), aspectRatio: shape }}>
      <img class="lightbox-thumb" src={fileUrl(image, 'thumb') ?? preview} alt="" />
      <img
        class={`lightbox-picture ${loaded ? 'is-loaded' : ''}`}
        src={preview}
        alt={image.name || image.prompt || t.value.card.picture}
        onLoad={() => setLoaded(true)}
      />
      {beforeUrl && <Compare before={beforeUrl} />}
    </figure>
  )
}

/** The neighbours' bytes are here before they are asked for. */
function Ahead({ images }: { images: (Image | undefined)[] }) {
  return (
    <div hidden>
      {images.map((image) => {
        const url = image && fileUrl(image, 'preview')
        return url ? <img key={image.id} src={url} alt="" /> : null
      })}
    </div>
  )
}
