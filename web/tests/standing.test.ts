import { describe, expect, test } from 'vitest'
import { familyOf, nameOf, standingOf, type Browser } from '../src/notices/standing'

const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36'
const EDGE = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36 Edg/150.0.0.0'
const FIREFOX = 'Mozilla/5.0 (Android 15; Mobile; rv:150.0) Gecko/150.0 Firefox/150.0'
const SAFARI = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15'
const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1'

const browser = (changes: Partial<Browser> = {}): Browser => ({
  isSecure: true,
  agent: CHROME,
  fingers: 0,
  isInstalled: false,
  hasWorker: true,
  permission: 'default',
  ...changes,
})

test.each<[string, Partial<Browser>, string]>([
  ['may be asked', {}, 'ask'],
  ['said yes', { permission: 'granted' }, 'granted'],
  ['said no', { permission: 'denied' }, 'denied'],
  ['knows no notifications', { permission: undefined }, 'unsupported'],
  ['knows no workers', { hasWorker: false }, 'unsupported'],
  ['is at an address that is not secure', { isSecure: false, permission: 'denied' }, 'insecure'],
  ['is an iPhone, not installed', { agent: IPHONE, permission: undefined }, 'install'],
  ['is an iPhone, installed', { agent: IPHONE, isInstalled: true }, 'ask'],
  ['is an iPad that calls itself a Mac', { agent: SAFARI, fingers: 5, permission: undefined }, 'install'],
  ['is a Mac', { agent: SAFARI }, 'ask'],
])('a browser that %s', (_, changes, standing) => {
  expect(standingOf(browser(changes))).toBe(standing)
})

describe('a browser', () => {
  test.each([
    [CHROME, 'chromium', 'Chrome, Linux'],
    [EDGE, 'chromium', 'Edge, Windows'],
    [FIREFOX, 'firefox', 'Firefox, Android'],
    [SAFARI, 'safari', 'Safari, Mac'],
    [IPHONE, 'safari', 'Safari, iPhone'],
    ['curl/8', 'safari', 'Web'],
  ])('%s', (agent, family, name) => {
    expect(familyOf(agent)).toBe(family)
    expect(nameOf(agent)).toBe(name)
  })
})
