import { describe, expect, test } from 'vitest'
import { ERROR_CODES, PROBLEM_CODES, STATUSES } from '../src/contract.gen'
import { en } from '../src/i18n/en'
import { fr } from '../src/i18n/fr'
import { NOTICES } from '../src/i18n/notices'
import { plural } from '../src/i18n/plural'
import { preferredLanguage } from '../src/preferences'
import { AFTER_PROBLEM, AFTER_REFUSAL } from '../src/remedies'

const ABOUT = { retryAfter: 4, limit: 31_457_280 }

/** Every path with its words; functions are called with something of each kind. */
function flatten(table: object, path = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(table)) {
    const here = path ? `${path}.${key}` : key
    if (typeof value === 'string') found.set(here, value)
    else if (typeof value === 'function') found.set(here, String(value(here.startsWith('errors') ? ABOUT : 3, 3, 3)))
    else flatten(value as object, here).forEach((words, at) => found.set(at, words))
  }
  return found
}

describe('the two languages', () => {
  const english = flatten({ ...en, late: NOTICES.en })
  const french = flatten({ ...fr, late: NOTICES.fr })

  test('have the same keys', () => {
    expect([...french.keys()].sort()).toEqual([...english.keys()].sort())
  })

  test('leave nothing empty and nothing unfilled', () => {
    for (const words of [...english.values(), ...french.values()]) expect(words).not.toMatch(/^\s*$|undefined|NaN|#/)
  })

  test('are two languages', () => {
    const alike = [...english].filter(([key, words]) => french.get(key) === words).map(([key]) => key)
    expect(alike.sort()).toEqual(['facts.size', 'form.auto', 'toast.region'])
  })

  test('French puts a narrow no-break space before its double signs', () => {
    for (const words of french.values()) expect(words).not.toMatch(/[^\u202f] ?[;?!»](\s|$)|[^\u202f]:(\s|$)| [:;?!»]/)
  })
})

describe('codes of the server', () => {
  test('each has its sentence and its remedy', () => {
    for (const table of [en, fr]) {
      expect(Object.keys(table.errors).sort()).toEqual([...ERROR_CODES, 'unreachable'].sort())
      expect(Object.keys(table.problems).sort()).toEqual([...PROBLEM_CODES].sort())
      expect(Object.keys(table.status).sort()).toEqual([...STATUSES].sort())
    }
    expect(Object.keys(AFTER_REFUSAL).sort()).toEqual([...ERROR_CODES, 'unreachable'].sort())
    expect(Object.keys(AFTER_PROBLEM).sort()).toEqual([...PROBLEM_CODES].sort())
  })

  test('sentences end as sentences do', () => {
    for (const table of [en, fr]) {
      for (const words of Object.values(table.problems)) expect(words).toMatch(/\.$/)
      for (const words of Object.values(table.errors)) expect(words(ABOUT)).toMatch(/\.$/)
    }
  })

  test('each sentence is a code of its own, and needs no figures', () => {
    for (const table of [en, fr]) {
      const bare = Object.values(table.errors).map((words) => words())
      for (const words of bare) expect(words).toMatch(/^\p{Lu}(?!.*(undefined|null|NaN)).*\.$/u)
      expect(new Set(bare).size).toBe(ERROR_CODES.length + 1)
      expect(new Set(Object.values(table.problems)).size).toBe(PROBLEM_CODES.length)
    }
  })
})

test('a wait that is over is no longer told', () => {
  for (const table of [en, fr]) {
    expect(table.errors.rate_limited({ retryAfter: 2.4 })).toContain('3')
    expect(table.errors.rate_limited({ retryAfter: 0 })).not.toMatch(/\d/)
  }
})

describe('plurals', () => {
  const forms = { one: '# image est prête.', other: '# images sont prêtes.' }

  test('French counts nothing as one, English as several', () => {
    expect(plural('fr')(0, forms)).toBe('0 image est prête.')
    expect(plural('fr')(2, forms)).toBe('2 images sont prêtes.')
    expect(plural('en')(0, { one: '# picture', other: '# pictures' })).toBe('0 pictures')
    expect(plural('en')(1, { one: '# picture', other: '# pictures' })).toBe('1 picture')
  })

  test('large numbers are written as the language writes them', () => {
    expect(plural('en')(1234, { one: '#', other: '#' })).toBe('1,234')
    expect(plural('fr')(1234, { one: '#', other: '#' })).toBe('1\u202f234')
  })
})

test.each([
  [['fr-CA', 'en'], 'fr'],
  [['de', 'fr', 'en'], 'fr'],
  [['en-GB', 'fr'], 'en'],
  [['de'], 'en'],
  [[], 'en'],
])('%j reads %s', (wanted, language) => {
  expect(preferredLanguage(wanted)).toBe(language)
})
