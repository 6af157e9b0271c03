import { Bell } from 'lucide'
import { explain } from '../actions'
import { n } from '../i18n/notices'
import { answerOffer } from '../notices/offer'
import { standing, switchOn } from '../notices/this-device'
import { tell } from '../toasts'
import { Icon } from './Icon'

/** Asked once, after the first wish; any answer is the last. */
export function OfferLine() {
  const words = n.value.offer
  const accept = async (): Promise<void> => {
    const isOn = await switchOn()
    answerOffer()
    if (isOn) tell({ tone: 'good', text: n.value.offer.done })
    else if (standing.value === 'ask') tell({ tone: 'plain', text: n.value.device.dismissed })
  }
  return (
    <div class="offer" role="group" aria-label={words.ask} data-testid="offer">
      <Icon of={Bell} size={16} />
      <button type="button" class="text-button is-accent" data-testid="offer-yes" onClick={() => void accept().catch(explain)}>
        {words.ask}
      </button>
      <span class="offer-why">{words.why}</span>
      <button type="button" class="text-button" data-testid="offer-no" onClick={answerOffer}>
        {words.no}
      </button>
    </div>
  )
}
