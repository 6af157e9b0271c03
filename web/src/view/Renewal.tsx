import { RefreshCw } from 'lucide'
import { t } from '../i18n'
import { newBuild } from '../renew'
import { Icon } from './Icon'

/** Says that the server has another page than this one, which goes on working until somebody reloads it. */
export function Renewal() {
  const words = t.value.renewal
  return (
    <>
      <div class="sr-only" role="status">
        {newBuild.value && words.isThere}
      </div>
      {newBuild.value && (
        <div class="notice is-quiet" data-testid="renewal">
          <Icon of={RefreshCw} size={16} />
          <p class="notice-words">{words.isThere}</p>
          <button type="button" class="button is-small" data-testid="renewal-reload" onClick={() => location.reload()}>
            {t.value.action.reload}
          </button>
        </div>
      )}
    </>
  )
}
