// My last outcomes: what the server lists, and what ends while the list is open.
import { computed, signal } from '@preact/signals'
import { Refused, markRead } from '../api'
import { learn } from '../learn'
import { endingsChanged, known, membershipChanged } from '../shelf'
import { moment } from '../store'
import { hearMark, unread } from '../unread'
import { groupsOf } from './groups'
import { isMine } from './hidden'
import { fetchNotices } from './requests'

export const trouble = signal<Refused | null>(null)

/** Whether the server's list is among what is known. */
export const isHere = signal(false)

export const history = computed(() => {
  endingsChanged()
  membershipChanged()
  return groupsOf([...known().images.values()].filter(isMine))
})

let loaded = -1

/** Once for as long as all that is known stays known. */
export async function loadHistory(): Promise<void> {
  const { generation } = known()
  if (loaded === generation) return
  loaded = generation
  isHere.value = false
  trouble.value = null
  try {
    const { images } = await fetchNotices()
    if (known().generation === generation) learn(images)
    isHere.value = true
  } catch (error) {
    loaded = -1
    if (!(error instanceof Refused)) throw error
    trouble.value = error
  }
}

/** Marks each project up to its newest picture. */
export async function markAllRead(): Promise<void> {
  for (const [project, ids] of unread.value) {
    const ends = [...ids].flatMap((id) => known().images.get(id)?.finished_at ?? [])
    const last = ends.sort((a, b) => moment(a) - moment(b)).at(-1)
    if (last) hearMark(await markRead(project, last))
  }
}
