import { useComputed } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { localOf } from '../attach'
import type { Image } from '../contract.gen'
import type { Provisional } from '../provisional'
import { shapeOf } from '../ratio'
import { isSelected } from '../scene'
import { models } from '../session'
import { pictureOf, readPicture } from '../shelf'
import { isFinished } from '../store'
import { isUnread } from '../unread'
import { Check, HeartMark, nameOf } from './Check'
import { Canceled, Failed } from './Ended'
import { NewMark } from './NewMark'
import { Picture } from './Picture'
import { OnItsWay, Refusal } from './Promised'
import { Waiting } from './Waiting'

interface Props {
  /** A known picture, or else what was asked for. Both live in one element, which stays where it is. */
  id?: string | undefined
  provisional?: Provisional | undefined
}

/** What the outside of a card tells, to the style sheet and to tests. */
interface Outside {
  id?: string
  batch: string | null
  position: number
  status: string
  shape: number
  settling?: boolean
  refused?: string | undefined
  picked?: boolean
  name?: string
}

/** A picture through all its phases; it draws itself again when its own picture changes, and only then. */
export function Card({ id, provisional }: Props) {
  // Asked also while there is no picture yet: what is read but once would never be asked again.
  const picked = useComputed(() => isSelected(id ?? '')).value
  const isNew = useComputed(() => isUnread(id ?? '')).value
  const image = id === undefined ? undefined : pictureOf(id)?.value
  if (image) {
    const corners = <Corners image={image} picked={picked} isNew={isNew} />
    return frame({ ...outsideOf(image), picked, name: nameOf(image) }, insideOf(image), corners)
  }
  return provisional ? frame(promisedOutside(provisional), promisedInside(provisional)) : null
}

function frame({ id, batch, position, status, shape, settling, refused, picked, name }: Outside, inside: ComponentChildren, corners?: ComponentChildren) {
  return (
    <article
      class="card"
      data-testid="card"
      data-id={id}
      data-batch={batch ?? undefined}
      data-position={position}
      data-status={status}
      data-settling={settling ? '' : undefined}
      data-refused={refused}
      data-progress={status === 'completed' ? 100 : undefined}
      data-selected={picked ? '' : undefined}
      tabIndex={-1}
      aria-label={name}
      style={{ '--shape': shape.toFixed(4) }}
    >
      {inside}
      {corners}
    </article>
  )
}

/** What a hand finds on every picture, whatever is inside. */
function Corners({ image, picked, isNew }: { image: Image; picked: boolean; isNew: boolean }) {
  return (
    <>
      {isNew && <NewMark id={image.id} />}
      <HeartMark image={image} />
      <Check image={image} on={picked} />
    </>
  )
}

function outsideOf(image: Image): Outside {
  const settling = image.cancel_requested && !isFinished(image)
  return {
    id: image.id,
    batch: image.batch,
    position: image.position,
    status: settling ? 'canceled' : image.status,
    settling,
    shape: shapeOf(image, models.value, shapeOfId) ?? localOf(image.batch)?.shape ?? 1,
  }
}

function shapeOfId(id: string): number | null {
  const input = readPicture(id)
  if (input?.width && input.height) return input.width / input.height
  return localOf(input?.batch ?? null)?.shape ?? null
}

function insideOf(image: Image) {
  if (image.renditions.thumb) return <Picture image={image} />
  if (image.status === 'canceled' || image.cancel_requested) return <Canceled image={image} />
  return image.status === 'failed' ? <Failed image={image} /> : <Waiting image={image} />
}

function promisedOutside({ batch, position, shape, refused, kind }: Provisional): Outside {
  const status = refused ? 'failed' : kind === 'upload' ? 'uploading' : 'provisional'
  return { batch, position, shape, status, refused: refused?.code }
}

const promisedInside = (of: Provisional) => (of.refused ? <Refusal of={of} /> : <OnItsWay of={of} />)
