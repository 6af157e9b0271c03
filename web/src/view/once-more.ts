import type { Image } from '../contract.gen'
import { repeat } from '../generate'
import { t } from '../i18n'
import { models } from '../session'
import { tell } from '../toasts'
import { editAgain } from './form'

/** The same request for one more picture, while one goes on looking; what becomes of it stands among the pictures. */
export function onceMore(image: Image): void {
  repeat(image, models.value, () => editAgain(image))
  tell({ tone: 'plain', text: t.value.lightbox.asked, seconds: 3 })
}
