import { useEffect, useState } from 'preact/hooks'

/** Square pixels of a card, rather too few than too many. */
const CARD = 48_000
/** So many more are drawn at once. */
const STEP = 12

/** How many of a list's cards are drawn: first those that fill the window, then the others, a few at a time, so that no frame is long. */
export function useGrowing(count: number): number {
  const [drawn, draw] = useState(() => Math.ceil((innerWidth * innerHeight) / CARD))
  const now = count <= drawn + STEP ? count : drawn
  useEffect(() => {
    if (drawn >= count) return
    const timer = setTimeout(() => draw(Math.min(drawn + STEP, count)))
    return () => clearTimeout(timer)
  }, [drawn, count])
  return now
}
