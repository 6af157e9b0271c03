// What a message says of the pictures it speaks for. Pure.
import type { Image } from '../contract.gen'
import type { Messages } from '../i18n'

/** Of one: what became of it, and what was asked for. Of several: how many, and where. */
export function wordsFor(words: Messages, images: readonly Image[], project: string): { title: string; body: string } {
  const ready = images.filter(({ status }) => status === 'completed')
  const failed = images.filter(({ status }) => status === 'failed')
  const [only] = images
  if (images.length === 1 && only) {
    return ready.length ? { title: words.toast.ready, body: only.prompt } : { title: words.toast.failed, body: whyOf(words, only) ?? only.prompt }
  }
  const parts = [ready.length && words.toast.readyCount(ready.length), failed.length && words.toast.failedCount(failed.length)]
  return { title: parts.filter(Boolean).join(' '), body: project }
}

/** In a sentence; null where nobody knows. */
export const whyOf = (words: Messages, { error }: Image): string | null => (error ? (words.problems[error.code] ?? null) : null)
