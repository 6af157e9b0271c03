import { Repeat2 } from 'lucide'
import type { Image } from '../contract.gen'
import { formatMoney, t } from '../i18n'
import { priceOf } from '../money'
import { secondsLeft } from '../rate'
import { models } from '../session'
import { again } from './form'
import { Icon } from './Icon'

/** The same request once more; what it costs stands on it. */
export function AgainButton({ image }: { image: Image }) {
  const price = formatMoney(priceOf(image, models.value))
  return (
    <button
      type="button"
      class="icon-button card-again"
      aria-label={t.value.making.againFor(price)}
      title={t.value.making.again}
      disabled={secondsLeft.value > 0}
      data-testid="again"
      onClick={() => again(image)}
    >
      <Icon of={Repeat2} size={16} />
      <span class="card-again-price">{price}</span>
    </button>
  )
}
