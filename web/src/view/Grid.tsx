import { useComputed } from '@preact/signals'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { arrange } from '../arrange'
import { t } from '../i18n'
import { failedListings, loadMore } from '../load'
import { provisionals } from '../provisional'
import { gridOf, listingOf } from '../shelf'
import { Card } from './Card'
import { FirstMinute } from './FirstMinute'
import { RetryAll } from './RetryAll'
import { Trouble } from './Trouble'

/** One project's pictures, newest first, with what is on its way among them. */
export function Grid({ project }: { project: string }) {
  const grid = useMemo(() => gridOf(project), [project])
  const slots = useComputed(() => arrange(grid.value, provisionals.value.filter((item) => item.project === project)))
  const { loaded, next } = listingOf(project)
  const failed = failedListings.value.get(project)
  if (!loaded && failed) return <Trouble refused={failed} retry={() => void loadMore(project)} />
  if (!loaded && !slots.value.length) return <Skeleton />
  if (!slots.value.length) return <FirstMinute />
  return (
    <>
      <RetryAll project={project} images={grid.value} older={next !== null} />
      <section class="grid" aria-label={t.value.card.all} data-testid="grid">
        {slots.value.map(({ key, image, provisional }) => (
          <Card key={key} id={image?.id} provisional={provisional} />
        ))}
      </section>
      {next !== null && <More project={project} failed={failed !== undefined} />}
    </>
  )
}

/** Fetches what comes next shortly before it is scrolled to. */
function More({ project, failed }: { project: string; failed: boolean }) {
  const mark = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const watcher = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) void loadMore(project)
      },
      { rootMargin: '800px' },
    )
    watcher.observe(mark.current!)
    return () => watcher.disconnect()
  })
  return (
    <div class="more" ref={mark}>
      {failed && (
        <button type="button" class="button" onClick={() => void loadMore(project)}>
          {t.value.action.retry}
        </button>
      )}
    </div>
  )
}

const SHAPES = [1, 1.5, 0.75, 1.33, 1, 0.8, 1.78, 1]

function Skeleton() {
  return (
    <section class="grid" aria-busy="true" aria-label={t.value.state.loading}>
      {SHAPES.map((shape, index) => (
        <div key={index} class="card is-empty" style={{ '--shape': shape }} />
      ))}
    </section>
  )
}
