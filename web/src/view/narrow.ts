import { signal } from '@preact/signals'

/** Below this nothing has room beside anything else: a phone, or a small window. The sheets of `style/` say the same. */
export const NARROW = '(max-width: 860px)'

const media = matchMedia(NARROW)

export const isNarrow = signal(media.matches)
media.addEventListener('change', () => void (isNarrow.value = media.matches))
