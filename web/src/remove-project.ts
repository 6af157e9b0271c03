// A project goes to the trash with its pictures, at once, and all of it comes back by one click.
import { signal } from '@preact/signals'
import { explain } from './actions'
import { deleteProject, restoreProject } from './api'
import type { Project } from './contract.gen'
import { t } from './i18n'
import { learnFrom } from './learn'
import { go, place } from './route'
import { projects, takeGone, takeProject } from './shelf'
import { tell } from './toasts'

/** Projects whose deletion is under way: gone from the screen already. */
export const leaving = signal<ReadonlySet<string>>(new Set())

export async function removeProject(project: Project): Promise<void> {
  const { id, name, version } = project
  const wasOpen = place.value.project === id
  leaving.value = new Set(leaving.value).add(id)
  if (wasOpen) go({ project: projects.value.find((other) => !leaving.value.has(other.id))?.id ?? null, image: null }, 'replace')
  try {
    await deleteProject(id)
    // The stream says so too, with the same version.
    takeGone({ id, version: version + 1 })
    const undo = { label: t.value.action.undo, run: () => void bringBack(id, wasOpen), testId: 'undo' }
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

/** With the pictures that went with it. */
async function bringBack(id: string, open: boolean): Promise<void> {
  try {
    const { project } = await learnFrom(restoreProject(id), (answer) => answer.images)
    takeProject(project)
    if (open) go({ project: id, image: null })
  } catch (error) {
    explain(error)
  }
}
