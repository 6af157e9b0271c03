import { Bell as BellSign } from 'lucide'
import { t } from '../i18n'
import { noticesOpen } from '../late'
import { newInAll } from '../seeing'
import { Icon } from './Icon'

export const bellButton = (): HTMLElement | null => document.querySelector('.bell')

/** Beyond this no one counts. */
const MOST = 99

/** What became of one's pictures, and how many of them nobody has looked at. */
export function Bell() {
  const words = t.value
  const count = newInAll.value
  const label = count ? `${words.bell.title}, ${words.unread.count(count)}` : words.bell.title
  return (
    <button
      type="button"
      class="icon-button bell"
      aria-label={label}
      title={label}
      aria-expanded={noticesOpen.value}
      data-testid="bell"
      onClick={() => void (noticesOpen.value = !noticesOpen.value)}
    >
      <Icon of={BellSign} />
      {count > 0 && (
        <span class="bell-count" aria-hidden="true" data-testid="bell-count">
          {count > MOST ? `${MOST}+` : count}
        </span>
      )}
    </button>
  )
}
