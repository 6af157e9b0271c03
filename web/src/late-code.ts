// Parts of the page come only when they are asked for. One that does not come is told of, with the one button that may help.
import { t } from './i18n'
import { link } from './live'
import { tell } from './toasts'

/** `again` asks for it once more, which helps where it was the network. */
export function tellMissing(again: () => void): void {
  const { action, errors } = t.value
  // Whoever hears the server and lacks one of its files has a page that is older than they are.
  const isOld = link.value.state === 'live'
  if (isOld) tell({ tone: 'bad', text: errors.method_not_allowed(), action: { label: action.reload, run: () => location.reload(), testId: 'reload' } })
  else tell({ tone: 'bad', text: errors.unreachable(), action: { label: action.retry, run: again, testId: 'load-again' } })
}
