import { useEffect, useRef } from 'preact/hooks'
import { t } from '../i18n'
import { newIn, watchCard } from '../seeing'

/** The dot on a card whose picture nobody has looked at yet; it knows when the card is on the screen. */
export function NewMark({ id }: { id: string }) {
  const mark = useRef<HTMLSpanElement>(null)
  useEffect(() => watchCard(id, mark.current!.closest('.card')!), [id])
  return (
    <span class="card-new" ref={mark} data-testid="new">
      <span class="sr-only">{t.value.unread.isNew}</span>
    </span>
  )
}

/** Beyond this no one counts. */
const MOST = 99

/** How many of a project's pictures are new. */
export function NewCount({ project }: { project: string }) {
  const count = newIn(project)
  if (!count) return null
  return (
    <span class="side-new" data-testid="unread-count" data-count={count}>
      <span aria-hidden="true">{count > MOST ? `${MOST}+` : count}</span>
      <span class="sr-only">{t.value.unread.count(count)}</span>
    </span>
  )
}
