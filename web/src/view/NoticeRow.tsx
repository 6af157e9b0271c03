import { CircleAlert } from 'lucide'
import { fileUrl } from '../api'
import { formatDate, formatTime, t } from '../i18n'
import { n } from '../i18n/notices'
import { noticesOpen } from '../late'
import type { Group } from '../notices/groups'
import { whyOf } from '../notices/wording'
import { go } from '../route'
import { projects } from '../shelf'
import { isUnread } from '../unread'
import { Icon } from './Icon'

/** What became of one picture, or of several that were asked for together; a touch goes there. */
export function NoticeRow({ group: { kind, images } }: { group: Group }) {
  const [first] = images
  const isNew = images.some(({ id }) => isUnread(id))
  const project = projects.value.find(({ id }) => id === first.project)?.name
  const place = { project: first.project, image: kind === 'ready' ? first.id : null }
  const open = (event: MouseEvent): void => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    noticesOpen.value = false
    go(place)
    if (kind === 'failed') requestAnimationFrame(() => document.querySelector(`[data-id="${first.id}"]`)?.scrollIntoView({ block: 'center' }))
  }
  return (
    <li>
      <a
        class={`notices-row ${isNew ? 'is-new' : ''}`}
        href={place.image ? `/p/${place.project}/i/${place.image}` : `/p/${place.project}`}
        data-testid="notice-row"
        data-new={isNew || undefined}
        onClick={open}
      >
        <Face group={{ kind, images }} />
        <span class="notices-words">
          <span class="notices-title">{titleOf({ kind, images })}</span>
          <span class="notices-prompt">{first.prompt}</span>
          <span class="notices-meta">{[project, momentOf(first.finished_at!)].filter(Boolean).join(' · ')}</span>
        </span>
        {isNew && (
          <span class="notices-dot">
            <span class="sr-only">{n.value.panel.unread}</span>
          </span>
        )}
      </a>
    </li>
  )
}

type Told = Pick<Group, 'kind' | 'images'>

function titleOf({ kind, images }: Told): string {
  const { toast } = t.value
  const count = images.length
  if (kind === 'ready') return count > 1 ? toast.readyCount(count) : toast.ready
  return count > 1 ? toast.failedCount(count) : (whyOf(t.value, images[0]) ?? toast.failed)
}

function Face({ group: { kind, images } }: { group: Told }) {
  const thumb = fileUrl(images[0], 'thumb')
  if (kind === 'failed' || !thumb) {
    return (
      <span class="notices-face is-bad">
        <Icon of={CircleAlert} size={20} />
      </span>
    )
  }
  return (
    <span class={`notices-face ${images.length > 1 ? 'is-pile' : ''}`}>
      <img src={thumb} alt="" />
    </span>
  )
}

/** The hour of what was today, the day of what was before. */
function momentOf(iso: string): string {
  const isToday = new Date(iso).toDateString() === new Date().toDateString()
  return isToday ? formatTime(iso) : formatDate(iso)
}
