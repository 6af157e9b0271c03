// The pictures of a project that failed, by whether trying them again may be paid for twice. Pure.
import type { Image } from './contract.gen'

export interface Failures {
  /** Nothing was paid for them. */
  free: readonly Image[]
  /** They may have been paid for already. */
  charged: readonly Image[]
}

export function failuresOf(images: readonly Image[]): Failures {
  const failed = images.filter(({ kind, status }) => kind === 'generation' && status === 'failed')
  return { free: failed.filter((image) => !mayHaveBeenCharged(image)), charged: failed.filter(mayHaveBeenCharged) }
}

const mayHaveBeenCharged = ({ error }: Image): boolean => error?.charged ?? false
