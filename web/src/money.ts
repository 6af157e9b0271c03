// What pictures cost, and what a typed amount means. US dollars, to a hundredth of a cent as the ledger keeps them. Pure.
import type { Image, Model } from './contract.gen'

const PRECISION = 10_000

type Kind = Pick<Image, 'model' | 'resolution'>

const round = (dollars: number): number => Math.round(dollars * PRECISION) / PRECISION

/** The price of so many pictures of a model and size; nothing for what the model does not have. */
export function priceOf({ model, resolution }: Kind, models: readonly Model[], count = 1): number {
  return round((models.find(({ id }) => id === model)?.prices[resolution] ?? 0) * count)
}

export function costOf(images: readonly Kind[], models: readonly Model[]): number {
  return round(images.reduce((sum, image) => sum + priceOf(image, models), 0))
}

/** A difference up to here is rounding, or a charge that is being written at this moment. */
const NO_DRIFT = 0.01

/** Whether the provider's balance and the ledger differ so much that it is worth a word. */
export const drifts = (dollars: number | null): dollars is number => dollars !== null && Math.abs(dollars) > NO_DRIFT

/** The figures of a refusal: what may be spent a day, what is spent or on its way, and what this would have cost. */
export interface CapFigures {
  cap: number
  spent: number
  cost: number
}

/** Whether so much more goes beyond the cap, as far as the figures are still true. */
export const exceeds = ({ cap, spent }: CapFigures, cost: number): boolean => round(spent + cost) > cap

/** The largest cap that the server takes. */
const MOST = 1_000_000

/** An amount as a person types it; undefined for what is none. Where a comma does not mark cents it may part thousands. */
export function parseAmount(text: string, commaMarksCents: boolean): number | undefined {
  const plain = text.replace(/US|\$|\s/g, '')
  const typed = (commaMarksCents ? plain : plain.replace(/,(?=\d{3}(\D|$))/g, '')).replace(',', '.')
  if (!/^(\d+\.?\d*|\.\d+)$/.test(typed) || Number(typed) > MOST) return undefined
  return round(Number(typed))
}
