// The shape that a picture will have, so that its place is kept before it comes.
import type { Image, Model } from './contract.gen'

/** Width divided by height of a ratio such as `16:9`. */
export function ratioValue(ratio: string): number {
  const [width, height] = ratio.split(':').map(Number)
  return width && height ? width / height : 1
}

/** The supported ratio nearest to a picture's shape, measured on the logarithm, as the server does. */
export function nearestRatio(shape: number, ratios: readonly string[]): string {
  const far = (ratio: string): number => Math.abs(Math.log(ratioValue(ratio)) - Math.log(shape))
  return [...ratios].sort((a, b) => far(a) - far(b) || (a < b ? -1 : 1))[0] ?? '1:1'
}

/** A picture's shape as far as it is known: its own, then what was asked for, then what its first input's will lead to. */
export function shapeOf(image: Image, models: readonly Model[], shapeOfInput: (id: string) => number | null): number | null {
  if (image.width && image.height) return image.width / image.height
  if (image.aspect_ratio) return ratioValue(image.aspect_ratio)
  const shape = image.inputs[0] === undefined ? null : shapeOfInput(image.inputs[0])
  if (shape === null) return null
  const model = models.find(({ id }) => id === image.model)
  return ratioValue(nearestRatio(shape, model?.ratios ?? ['1:1']))
}
