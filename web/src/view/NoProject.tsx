import { FolderPlus } from 'lucide'
import { addProject } from '../actions'
import { t } from '../i18n'
import { mayWrite } from '../session'
import { Icon } from './Icon'

/** A workspace without a project. */
export function NoProject() {
  const words = t.value
  return (
    <section class="state">
      <Icon of={FolderPlus} size={28} />
      <h2>{words.project.none}</h2>
      <p>{words.project.noneWhy}</p>
      {mayWrite.value && (
        <button type="button" class="button is-accent" data-testid="new-project" onClick={() => void addProject()}>
          {words.project.new}
        </button>
      )}
    </section>
  )
}
