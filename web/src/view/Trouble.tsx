import { CloudOff, FolderX } from 'lucide'
import type { Refused } from '../api'
import { t } from '../i18n'
import { Icon } from './Icon'

interface Props {
  refused: Pick<Refused, 'code' | 'retryAfter' | 'limit'>
  retry: () => void
}

/** In place of what could not be fetched: why, and once more. */
export function Trouble({ refused, retry }: Props) {
  const words = t.value
  return (
    <section class="state" role="alert">
      <Icon of={CloudOff} size={28} />
      <h2>{words.state.trouble}</h2>
      <p>{words.errors[refused.code](refused)}</p>
      <button type="button" class="button" data-testid="reload-list" onClick={retry}>
        {words.action.retry}
      </button>
    </section>
  )
}

/** An address that leads to no project of this workspace: deleted, or never ours. */
export function ProjectGone() {
  const words = t.value
  return (
    <section class="state" data-testid="project-gone">
      <Icon of={FolderX} size={28} />
      <h2>{words.state.projectGone}</h2>
      <p>{words.state.projectGoneWhy}</p>
      <a class="button" href="/">
        {words.action.home}
      </a>
    </section>
  )
}
