// The sign of `public/favicon.svg`, with a number on it. Pure.

/** Beyond this no one counts. */
const MOST = 9
const INK = '#b3261e'

export const signWith = (count: number): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><rect x="1.5" y="1.5" width="21" height="21" rx="6.5" fill="#2f4fe0"/>` +
  `<path d="M6.5 17.5C9 9.5 12 6 17.5 6c-1 4.5-3.6 7.6-8.2 8.6" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/>` +
  (count ? badge(count) : '') +
  '</svg>'

const badge = (count: number): string =>
  `<circle cx="16.5" cy="16.5" r="7.5" fill="${INK}"/>` +
  `<text x="16.5" y="20.3" text-anchor="middle" font-family="sans-serif" font-size="${count > MOST ? 9 : 11}" font-weight="700" fill="#fff">${count > MOST ? `${MOST}+` : count}</text>`
