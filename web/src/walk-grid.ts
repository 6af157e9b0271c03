// Where the focus goes in a grid whose rows have pictures of every width. Pure.

export type Way = 'left' | 'right' | 'up' | 'down' | 'first' | 'last'

/** A card as it lies on the page, in pixels, in reading order. */
export interface Box {
  left: number
  right: number
  top: number
  bottom: number
}

/** The index of the card that lies that way from `from`; null where there is none. */
export function walk(boxes: readonly Box[], from: number, way: Way): number | null {
  const last = boxes.length - 1
  const here = boxes[from]
  if (!here) return null
  switch (way) {
    case 'first':
      return 0
    case 'last':
      return last
    case 'left':
      return from > 0 ? from - 1 : null
    case 'right':
      return from < last ? from + 1 : null
    case 'up':
    case 'down':
      return across(boxes, here, way === 'down' ? 1 : -1)
  }
}

/** In the nearest row above or below, the card over or under the middle of this one, or else the nearest to it. */
function across(boxes: readonly Box[], here: Box, way: 1 | -1): number | null {
  const beyond = boxes
    .map((box, index) => ({ box, index, far: way > 0 ? box.top - here.bottom : here.top - box.bottom }))
    .filter(({ far }) => far > -SLACK)
  if (!beyond.length) return null
  const nearest = Math.min(...beyond.map(({ far }) => far))
  const middle = (here.left + here.right) / 2
  const away = ({ left, right }: Box): number => Math.max(left - middle, middle - right, 0)
  const row = beyond.filter(({ far }) => far < nearest + SLACK)
  return row.reduce((best, one) => (away(one.box) < away(best.box) ? one : best)).index
}

/** Rows of one height differ by parts of a pixel. */
const SLACK = 4
