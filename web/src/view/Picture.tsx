import { Download, ImagePlus, Trash2 } from 'lucide'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { trash } from '../actions'
import { downloadUrl, fileUrl, type RenditionName } from '../api'
import type { Image } from '../contract.gen'
import { t } from '../i18n'
import { go } from '../route'
import { mayWrite, me } from '../session'
import { windowBreadth } from '../window-breadth'
import { AgainButton } from './AgainButton'
import { Behind } from './Backdrop'
import { useAsInput } from './form'
import { Icon } from './Icon'
import { IconButton } from './IconButton'

/** Milliseconds, a little more than the fading takes. */
const FADES = 200

/** The picture itself, fading in over what stood in its place. */
export function Picture({ image }: { image: Image }) {
  const [loaded, setLoaded] = useState(false)
  const [settled, setSettled] = useState(false)
  const picture = useRef<HTMLImageElement>(null)
  const [files, thumb, breadth] = [widths(image), fileUrl(image, 'thumb')!, windowBreadth.value]
  // Measured here: with `sizes="auto"` Chromium keeps every picture among the document's listeners, and its card, for ever.
  useLayoutEffect(() => {
    const one = picture.current!
    one.sizes = `${one.clientWidth}px`
    one.srcset = files
    one.src = thumb
  }, [files, thumb, breadth])
  // What the browser has already needs no fading, and what fades in needs its placeholder until it is there.
  useLayoutEffect(() => {
    if (!picture.current?.complete || !picture.current.naturalWidth) return
    setLoaded(true)
    setSettled(true)
  }, [])
  useEffect(() => {
    if (!loaded) return
    const timer = setTimeout(() => setSettled(true), FADES)
    return () => clearTimeout(timer)
  }, [loaded])
  const open = (event: MouseEvent): void => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    go({ project: image.project, image: image.id })
  }
  return (
    <>
      {!settled && <Behind image={image} />}
      <a class="card-open" href={`/p/${image.project}/i/${image.id}`} data-testid="view" onClick={open}>
        <img
          class={`card-picture ${loaded ? 'is-loaded' : ''} ${settled ? 'is-settled' : ''}`}
          ref={picture}
          loading="lazy"
          alt={image.name || image.prompt || t.value.card.picture}
          decoding="async"
          onLoad={() => setLoaded(true)}
        />
      </a>
      <Actions image={image} />
    </>
  )
}

function Actions({ image }: { image: Image }) {
  const { action, errors } = t.value
  const reachable = me.value?.provider.inputs_reachable ?? false
  return (
    <div class="card-actions">
      {mayWrite.value && image.kind === 'generation' && <AgainButton image={image} />}
      {mayWrite.value && (
        <IconButton
          icon={ImagePlus}
          label={reachable ? action.useAsInput : errors.inputs_unreachable()}
          disabled={!reachable}
          testId="use-as-input"
          onClick={() => useAsInput(image)}
        />
      )}
      <a
        class="icon-button"
        href={downloadUrl(image)!}
        download
        aria-label={action.download}
        title={action.download}
        data-testid="download"
      >
        <Icon of={Download} />
      </a>
      {mayWrite.value && (
        <IconButton icon={Trash2} label={action.delete} testId="delete" onClick={() => void trash(image)} />
      )}
    </div>
  )
}

/** The thumb where it is sharp enough, the preview on a dense screen. */
function widths(image: Image): string {
  const names: RenditionName[] = ['thumb', 'preview']
  return names.flatMap((name) => (image.renditions[name] ? `${fileUrl(image, name)} ${image.renditions[name].width}w` : [])).join(', ')
}
