import { Check as Tick, Heart } from 'lucide'
import type { Image } from '../contract.gen'
import { t } from '../i18n'
import { isFavorite } from '../scene'
import { Icon } from './Icon'

/** So much of a prompt is a name. */
const NAME = 60

export function nameOf(image: Image): string {
  const name = image.name || image.prompt || t.value.card.picture
  return name.length > NAME ? `${name.slice(0, NAME)}…` : name
}

/** The check in a card's corner; the grid hears its clicks. */
export function Check({ image, on }: { image: Image; on: boolean }) {
  const label = t.value.hands.select(nameOf(image))
  return (
    <button type="button" role="checkbox" class="card-check" aria-checked={on} aria-label={label} data-testid="check">
      <span class="card-check-box">{on && <Icon of={Tick} size={15} />}</span>
    </button>
  )
}

/** The heart on a favourite. */
export function HeartMark({ image }: { image: Image }) {
  if (!isFavorite(image)) return null
  return (
    <span class="card-heart" data-testid="heart">
      <Icon of={Heart} size={16} />
      <span class="sr-only">{t.value.hands.isFavorite}</span>
    </span>
  )
}
