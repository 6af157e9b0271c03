// Whether this browser may tell anything outside of its tabs, and what stands in the way. Pure.

/** `insecure`: the address is not https. `install`: an iPhone or iPad tells nothing before the page is on its home screen. */
export type Standing = 'insecure' | 'install' | 'unsupported' | 'denied' | 'ask' | 'granted'

export interface Browser {
  isSecure: boolean
  agent: string
  /** Fingers it can tell apart: an iPad calls itself a Mac. */
  fingers: number
  isInstalled: boolean
  hasWorker: boolean
  /** Undefined where there are no notifications. */
  permission: NotificationPermission | undefined
}

export const isApple = ({ agent, fingers }: Pick<Browser, 'agent' | 'fingers'>): boolean =>
  /iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && fingers > 1)

export function standingOf(browser: Browser): Standing {
  const { isSecure, isInstalled, hasWorker, permission } = browser
  if (!isSecure) return 'insecure'
  if (isApple(browser) && !isInstalled) return 'install'
  if (permission === undefined || !hasWorker) return 'unsupported'
  return permission === 'default' ? 'ask' : permission
}

/** Whose words lead to where a permission is given back. */
export type Family = 'firefox' | 'safari' | 'chromium'

export function familyOf(agent: string): Family {
  if (/Firefox|FxiOS/.test(agent)) return 'firefox'
  return /Chrom|Edg|CriOS/.test(agent) ? 'chromium' : 'safari'
}

const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/EdgA?\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/SamsungBrowser/, 'Samsung Internet'],
  [/Firefox|FxiOS/, 'Firefox'],
  [/Chrom|CriOS/, 'Chrome'],
  [/Safari/, 'Safari'],
]
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/iPhone|iPod/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android/, 'Android'],
  [/CrOS/, 'ChromeOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X|Macintosh/, 'Mac'],
  [/Linux/, 'Linux'],
]

/** A name by which a person knows this device again: `Firefox, Linux`. */
export function nameOf(agent: string): string {
  const first = (table: typeof BROWSERS): string | undefined => table.find(([sign]) => sign.test(agent))?.[1]
  return [first(BROWSERS), first(SYSTEMS)].filter(Boolean).join(', ') || 'Web'
}
