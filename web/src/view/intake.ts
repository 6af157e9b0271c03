// Files that a person gives the page, from wherever they come.
import { someProject } from '../actions'
import { attach } from '../attach'
import { t } from '../i18n'
import { place } from '../route'
import { mayWrite, me } from '../session'
import { tell } from '../toasts'
import { openDraft, roomFor } from './form'

/** Uploads the files; as many as there is room for become inputs of the prompt. */
export async function takeFiles(list: FileList | readonly File[] | null | undefined): Promise<void> {
  const files = [...(list ?? [])]
  if (!files.length || !me.value) return
  if (!mayWrite.value) return void tell({ tone: 'bad', text: t.value.errors.read_only() })
  const project = await someProject()
  if (!project || place.value.project !== project) return
  const { limits, provider } = me.value
  const draft = provider.inputs_reachable ? openDraft.value : null
  const room = draft ? Math.max(0, roomFor(draft)) : 0
  attach(project, files.slice(0, room), limits, draft)
  attach(project, files.slice(room), limits, null)
  if (!draft) tell({ tone: 'plain', text: t.value.errors.inputs_unreachable() })
  else if (files.length > room) tell({ tone: 'plain', text: t.value.form.full(draft.inputs.value.length) })
}
