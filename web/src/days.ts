const DAY = 86_400_000

/** Whole days until something of `trashedAt` has lain for `days`, the last one counted; 0 when it may go any moment. `now`: milliseconds since 1970. */
export const daysLeft = (trashedAt: string, days: number, now: number): number =>
  Math.max(0, Math.ceil((Date.parse(trashedAt) + days * DAY - now) / DAY))
