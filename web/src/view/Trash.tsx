import { ArchiveRestore, CircleSlash2, Trash2 } from 'lucide'
import { useComputed } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { fileUrl } from '../api'
import { clock, serverNow } from '../clock'
import type { Image } from '../contract.gen'
import { daysLeft } from '../days'
import { t } from '../i18n'
import { failedListings, loadMore } from '../load'
import { shapeOf } from '../ratio'
import { isSelected, orderNow, selected, shown } from '../scene'
import { selectAll } from '../selection'
import { mayWrite, me, models } from '../session'
import { listingOf, pictureOf } from '../shelf'
import { TRASH } from '../store'
import { Behind } from './Backdrop'
import { Check, HeartMark, nameOf } from './Check'
import { bringBack, remove } from './deeds'
import { More, Skeleton } from './Grid'
import { Icon } from './Icon'
import { IconButton } from './IconButton'
import { followPicking } from './picking'
import { Trouble } from './Trouble'

const days = (): number => me.value?.limits.trash_days ?? 30

/** What was deleted, whatever project it came from, until its days are over. */
export function Trash() {
  const words = t.value.bin
  const { loaded, next } = listingOf(TRASH)
  const failed = failedListings.value.get(TRASH)
  if (!loaded && failed) return <Trouble refused={failed} retry={() => void loadMore(TRASH)} />
  if (!loaded) return <Skeleton />
  if (!shown.value.length && next === null) return <Empty />
  return (
    <>
      <div class="bin-head">
        <p>{words.why(days())}</p>
        <span class="grow" />
        <button type="button" class="text-button" data-testid="select-all" onClick={() => void (selected.value = selectAll(selected.value, orderNow()))}>
          {t.value.hands.all}
        </button>
      </div>
      <Pictures />
      {next !== null && <More list={TRASH} failed={failed !== undefined} />}
    </>
  )
}

function Empty() {
  const words = t.value.bin
  return (
    <section class="state" data-testid="trash-empty">
      <Icon of={Trash2} size={28} />
      <h2>{words.empty}</h2>
      <p>{words.emptyWhy(days())}</p>
    </section>
  )
}

function Pictures() {
  const root = useRef<HTMLElement>(null)
  useEffect(() => followPicking(root.current!, false), [])
  return (
    <section class="grid is-bin" ref={root} aria-label={t.value.bin.pictures} data-testid="trash">
      {shown.value.map(({ id }) => (
        <Trashed key={id} id={id} />
      ))}
    </section>
  )
}

function Trashed({ id }: { id: string }) {
  const on = useComputed(() => isSelected(id)).value
  const image = pictureOf(id)?.value
  if (!image) return null
  const shape = shapeOf(image, models.value, () => null) ?? 1
  return (
    <article class="card" data-testid="card" data-id={id} data-status={image.status} data-selected={on ? '' : undefined} tabIndex={-1} aria-label={nameOf(image)} style={{ '--shape': shape.toFixed(4) }}>
      <Inside image={image} />
      <p class="bin-left">{leftOf(image)}</p>
      <HeartMark image={image} />
      <Check image={image} on={on} />
      {mayWrite.value && <Tools image={image} />}
    </article>
  )
}

function Inside({ image }: { image: Image }) {
  const url = fileUrl(image, 'thumb')
  const words = t.value
  if (url)
    return (
      <>
        <Behind image={image} />
        <img class="card-picture is-loaded" src={url} alt={nameOf(image)} loading="lazy" decoding="async" />
      </>
    )
  return (
    <div class="bin-none">
      <Icon of={CircleSlash2} size={20} />
      <p>{image.error ? words.problems[image.error.code] : words.status[image.status]}</p>
      {(image.prompt || image.name) && <p class="bin-prompt">{image.prompt || image.name}</p>}
    </div>
  )
}

function Tools({ image }: { image: Image }) {
  const words = t.value
  return (
    <div class="card-actions">
      <IconButton icon={ArchiveRestore} label={words.action.restore} testId="restore" onClick={() => void bringBack([image])} />
      <IconButton icon={Trash2} label={words.bin.purge} testId="purge" onClick={() => void remove([image])} />
    </div>
  )
}

function leftOf({ trashed_at }: Image): string {
  const words = t.value.bin
  const left = trashed_at === null ? 0 : daysLeft(trashed_at, days(), serverNow(clock))
  return left > 0 ? words.left(left) : words.today
}
