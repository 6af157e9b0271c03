// A project goes to the trash with its pictures, at once, and all of it comes back by one click.
import { signal } from '@preact/signals'
import { addProject, explain, rename } from './actions'
import { changeImages, deleteProject, fetchProject, fetchTrash, MOST_AT_ONCE } from './api'
import { clock, serverNow } from './clock'
import type { Project } from './contract.gen'
import { t } from './i18n'
import { learnFrom } from './learn'
import { go, place } from './route'
import { projects, takeGone, takeProject } from './shelf'
import { moment } from './store'
import { tell } from './toasts'

/** Projects whose deletion is under way: gone from the screen already. */
export const leaving = signal<ReadonlySet<string>>(new Set())

export async function removeProject(project: Project): Promise<void> {
  const { id, name, version } = project
  const since = serverNow(clock) * 1_000
  const wasOpen = place.value.project === id
  leaving.value = new Set(leaving.value).add(id)
  if (wasOpen) go({ project: projects.value.find((other) => !leaving.value.has(other.id))?.id ?? null, image: null }, 'replace')
  try {
    await deleteProject(id)
    // The stream says so too, with the same version.
    takeGone({ id, version: version + 1 })
    const undo = { label: t.value.action.undo, run: () => void bringBack(project, since, wasOpen), testId: 'undo' }
    tell({ tone: 'plain', text: t.value.hands.projectDeleted(name), action: undo })
  } catch (error) {
    explain(error)
    if (wasOpen) go({ project: id, image: null }, 'replace')
  } finally {
    const rest = new Set(leaving.value)
    rest.delete(id)
    leaving.value = rest
  }
}

/** Its pictures bring it back. One that had none is made anew under its name. `since`: the server's microseconds of the deletion. */
async function bringBack({ id, name }: Project, since: number, open: boolean): Promise<void> {
  try {
    const ids = await deletedWith(id, since)
    if (!ids.length) return await makeAnew(name)
    for (let start = 0; start < ids.length; start += MOST_AT_ONCE) {
      const part = ids.slice(start, start + MOST_AT_ONCE)
      await learnFrom(changeImages({ ids: part, action: 'restore' }), (answer) => answer.images)
    }
    takeProject(await fetchProject(id))
    if (open) go({ project: id, image: null })
  } catch (error) {
    explain(error)
  }
}

async function makeAnew(name: string): Promise<void> {
  const project = await addProject()
  if (project) await rename(project, name)
}

/** The pictures that went with it, not those that were in the trash before. */
async function deletedWith(project: string, since: number): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const { items, next } = await fetchTrash(cursor, MOST_AT_ONCE)
    const recent = items.filter(({ trashed_at }) => trashed_at !== null && moment(trashed_at) >= since - SLACK)
    ids.push(...recent.filter((image) => image.project === project).map((image) => image.id))
    cursor = recent.length === items.length ? next : null
  } while (cursor !== null)
  return ids
}

/** Microseconds by which this tab's idea of the server's time may be ahead. */
const SLACK = 250_000
