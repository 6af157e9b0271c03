import { useComputed } from '@preact/signals'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { Heart } from 'lucide'
import { arrange, type Slot } from '../arrange'
import { t } from '../i18n'
import { failedListings, loadMore } from '../load'
import { provisionals } from '../provisional'
import { favoritesOnly, passes, showFavorites } from '../scene'
import { gridOf, listingOf } from '../shelf'
import { Card } from './Card'
import { FirstMinute } from './FirstMinute'
import { useGrowing } from './growing'
import { Icon } from './Icon'
import { followPicking } from './picking'
import { RetryAll } from './RetryAll'
import { Trouble } from './Trouble'

/** One project's pictures, newest first, with what is on its way among them. */
export function Grid({ project }: { project: string }) {
  const grid = useMemo(() => gridOf(project), [project])
  const slots = useComputed(() => arrange(grid.value.filter(passes), provisionals.value.filter((item) => item.project === project)))
  const drawn = useGrowing(slots.value.length)
  const isEmpty = !slots.value.length
  const { loaded, next } = listingOf(project)
  const failed = failedListings.value.get(project)
  if (!loaded && failed) return <Trouble refused={failed} retry={() => void loadMore(project)} />
  if (!loaded && isEmpty) return <Skeleton />
  if (isEmpty && favoritesOnly.value && (grid.value.length || next !== null)) return <NoFavorites list={project} next={next} failed={failed !== undefined} />
  if (isEmpty) return <FirstMinute />
  return (
    <>
      <RetryAll project={project} images={grid.value} older={next !== null} />
      <Cards slots={slots.value.slice(0, drawn)} />
      {next !== null && drawn === slots.value.length && <More list={project} failed={failed !== undefined} />}
    </>
  )
}

function Cards({ slots }: { slots: readonly Slot[] }) {
  const root = useRef<HTMLElement>(null)
  useEffect(() => followPicking(root.current!, true), [])
  return (
    <section class="grid" ref={root} aria-label={t.value.card.all} data-testid="grid">
      {slots.map(({ key, image, provisional }) => (
        <Card key={key} id={image?.id} provisional={provisional} />
      ))}
    </section>
  )
}

/** The filter leaves nothing of what is loaded; what is not is fetched before that is said. */
function NoFavorites({ list, next, failed }: { list: string; next: string | null; failed: boolean }) {
  const words = t.value.hands
  return (
    <section class="state" data-testid="no-favorites">
      <Icon of={Heart} size={28} />
      <h2>{next === null ? words.noFavorites : words.lookingForFavorites}</h2>
      {next === null ? <p>{words.noFavoritesWhy}</p> : <More list={list} failed={failed} />}
      <button type="button" class="button" data-testid="show-all" onClick={() => showFavorites(false)}>
        {words.allAgain}
      </button>
    </section>
  )
}

/** Fetches what comes next shortly before it is scrolled to. */
export function More({ list, failed }: { list: string; failed: boolean }) {
  const mark = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const watcher = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) void loadMore(list)
      },
      { rootMargin: '800px' },
    )
    watcher.observe(mark.current!)
    return () => watcher.disconnect()
  })
  return (
    <div class="more" ref={mark}>
      {failed && (
        <button type="button" class="button" onClick={() => void loadMore(list)}>
          {t.value.action.retry}
        </button>
      )}
    </div>
  )
}

const SHAPES = [1, 1.5, 0.75, 1.33, 1, 0.8, 1.78, 1]

export function Skeleton() {
  return (
    <section class="grid" aria-busy="true" aria-label={t.value.state.loading}>
      {SHAPES.map((shape, index) => (
        <div key={index} class="card is-empty" style={{ '--shape': shape }} />
      ))}
    </section>
  )
}
