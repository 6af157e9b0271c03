import { useEffect, useMemo, useRef } from 'preact/hooks'
import type { Image } from '../contract.gen'
import { t } from '../i18n'
import { find, loadMore } from '../load'
import { closeImage, go } from '../route'
import { gridOf, hiding, listingOf } from '../shelf'
import { tell } from '../toasts'

/** So near to the end of what is loaded, the next page is fetched. */
const NEAR = 3

/** The pictures before and after the open one. What was deleted, here or elsewhere, is left for its neighbour. */
export function useNeighbours(project: string, id: string, image: Image | undefined) {
  const grid = useMemo(() => gridOf(project), [project])
  const row = grid.value.filter(({ renditions }) => renditions.preview)
  const index = row.findIndex((neighbour) => neighbour.id === id)
  const place = useRef(index)
  if (index >= 0) place.current = index

  const lost = image !== undefined && (image.trashed_at !== null || hiding.value.has(id))
  useEffect(() => {
    if (lost) moveOn(project, id, row, place.current)
  }, [lost])

  useEffect(() => {
    if (!image) void find(id).then((found) => found || leave())
  }, [id, image])

  const { next } = listingOf(project)
  const nearEnd = index >= 0 && index >= row.length - NEAR
  useEffect(() => {
    if (nearEnd && next !== null) void loadMore(project)
  }, [nearEnd, next])

  return index < 0 ? { back: undefined, on: undefined } : { back: row[index - 1], on: row[index + 1] }
}

/** On to the neighbour, or back to the grid; with a word where somebody else deleted it. */
function moveOn(project: string, id: string, row: readonly Image[], index: number): void {
  if (!hiding.value.has(id)) tell({ tone: 'plain', text: t.value.lightbox.gone })
  const neighbour = row[Math.min(index, row.length - 1)]
  if (neighbour) go({ project, image: neighbour.id }, 'replace')
  else closeImage()
}

function leave(): void {
  tell({ tone: 'plain', text: t.value.lightbox.gone })
  closeImage()
}
