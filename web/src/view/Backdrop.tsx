import { fileUrl } from '../api'
import { localOf } from '../attach'
import type { Image } from '../contract.gen'
import { readPicture } from '../shelf'
import { Thumbhash } from './Thumbhash'

interface Props {
  url: string | null
  /** The picture itself, seen clearly; otherwise only the colours of what it is made from. */
  clear: boolean
}

/** What stands in a picture's place until it is there. */
export function Backdrop({ url, clear }: Props) {
  if (!url) return null
  return <div class={clear ? 'card-local' : 'card-backdrop'} style={{ backgroundImage: `url("${url}")` }} />
}

/** For an upload this page's own file, for a stored picture its colours, for a generation under way its first input. */
export function Behind({ image }: { image: Image }) {
  const isUpload = image.kind === 'upload'
  const local = isUpload ? (localOf(image.batch)?.url ?? null) : null
  if (image.thumbhash && !local) return <Thumbhash hash={image.thumbhash} />
  return <Backdrop url={isUpload ? local : inputOf(image)} clear={isUpload} />
}

function inputOf({ inputs }: Image): string | null {
  const first = inputs[0] === undefined ? undefined : readPicture(inputs[0])
  return first ? (fileUrl(first, 'thumb') ?? localOf(first.batch)?.url ?? null) : null
}
