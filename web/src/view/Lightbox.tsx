import { signal } from '@preact/signals'
import type { ComponentType } from 'preact'
import { useEffect } from 'preact/hooks'
import { whenIdle } from '../late'
import { tellMissing } from '../late-code'
import { closeImage, go } from '../route'

interface Props {
  project: string
  id: string
}

const looking = signal<ComponentType<Props> | null>(null)

const load = (): Promise<void> => import('./Looking').then(({ Looking }) => void (looking.value = Looking))

/** The large view. It is no part of the first load, and comes as soon as nothing else is to be done: it also opens without a network. */
export function Lightbox({ project, id }: Props) {
  const Looking = looking.value
  useEffect(() => {
    if (Looking) return
    load().catch(() => {
      closeImage()
      tellMissing(() => go({ project, image: id }))
    })
  }, [])
  return Looking ? <Looking project={project} id={id} /> : <div class="lightbox-soon" aria-busy="true" />
}

const ahead = (): void => void load().catch(() => undefined)

whenIdle(ahead)
