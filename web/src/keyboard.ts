// The form stays above the keyboard of a phone also where the browser lays the keyboard over the page instead of making it smaller.

/** Milli-pixels of rounding, and a page that was zoomed, are no keyboard. */
const LEAST = 60

/** Keeps `--keyboard`: how many pixels of the page's bottom are covered. */
export function followKeyboard(): void {
  const { visualViewport: seen } = window
  if (!seen) return
  let told = 0
  const look = (): void => {
    const covered = Math.round(innerHeight - seen.height - seen.offsetTop)
    const keyboard = seen.scale < 1.05 && covered > LEAST ? covered : 0
    if (keyboard === told) return
    told = keyboard
    document.documentElement.style.setProperty('--keyboard', `${keyboard}px`)
  }
  seen.addEventListener('resize', look)
  seen.addEventListener('scroll', look)
}
