// What a message says of the pictures it speaks for. Pure.
import type { Image } from '../contract.gen'
import type { Messages } from '../i18n'

/** Of one: what became of it, and what was asked for. Of several: how many, and where. A title ends as that of a push does. */
export function wordsFor(words: Messages, images: readonly Image[], project: string): { title: string; body: string } {
  const ready = images.filter(({ status }) => status === 'completed')
  const failed = images.filter(({ status }) => status === 'failed')
  const [only] = images
  if (images.length === 1 && only) {
    return ready.length ? { title: bare(words.toast.ready), body: only.prompt } : { title: bare(words.toast.failed), body: whyOf(words, only) ?? only.prompt }
  }
  const parts = [ready.length && words.toast.readyCount(ready.length), failed.length && words.toast.failedCount(failed.length)]
  const said = parts.filter(Boolean).join(' ')
  return { title: ready.length && failed.length ? said : bare(said), body: project }
}

const bare = (sentence: string): string => sentence.replace(/\.$/, '')

/** In a sentence; null where nobody knows. */
export const whyOf = (words: Messages, { error }: Image): string | null => (error ? (words.problems[error.code] ?? null) : null)
