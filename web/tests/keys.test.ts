import { describe, expect, test } from 'vitest'
import { en } from '../src/i18n/en'
import { fr } from '../src/i18n/fr'
import { comboOf, GROUPS, isCharacter, isPrefix, KEYS, meaningOf, type Press } from '../src/keys'
import composer from '../src/view/Composer.tsx?raw'
import lightbox from '../src/view/Looking.tsx?raw'
import walk from '../src/view/walk.ts?raw'

const press = (key: string, held: Partial<Press> = {}): Press => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...held,
})

test.each<[Press, string | null]>([
  [press('x'), 'x'],
  [press('X', { shiftKey: true }), 'Shift+x'],
  [press('X'), 'x'],
  [press('?', { shiftKey: true }), '?'],
  [press('/'), '/'],
  [press(' '), 'Space'],
  [press('ArrowUp', { shiftKey: true }), 'Shift+ArrowUp'],
  [press('a', { ctrlKey: true }), 'Mod+a'],
  [press('a', { metaKey: true }), 'Mod+a'],
  [press('f', { altKey: true }), null],
  [press('Shift', { shiftKey: true }), null],
])('%j is %j', (event, combo) => {
  expect(comboOf(event)).toBe(combo)
})

describe('the table', () => {
  test('has one meaning for each combination of a place', () => {
    const ours = KEYS.filter(({ group }) => group === 'anywhere' || group === 'pictures').flatMap(({ combos }) => [...combos])
    expect(new Set(ours).size).toBe(ours.length)
    for (const combo of ours) expect(isPrefix(combo)).toBe(false)
  })

  test('is told in both languages, and nothing else is', () => {
    const names = [...new Set(KEYS.map(({ name }) => name))].sort()
    for (const { keys } of [en, fr]) {
      expect(Object.keys(keys.names).sort()).toEqual(names)
      expect(Object.keys(keys.groups).sort()).toEqual([...GROUPS].sort())
    }
  })

  test('names only keys that the large view and the form hear', () => {
    const heard = { large: lightbox, form: composer + walk }
    for (const { group, combos } of KEYS) {
      if (group !== 'large' && group !== 'form') continue
      // A dialog hears Escape by itself.
      const names = combos.map((combo) => combo.replace('Mod+', '')).filter((name) => name !== 'Escape')
      for (const name of names) expect(heard[group]).toMatch(new RegExp(`['" ]${name.replace('+', '\\+')}['":]`))
    }
  })
})

test('keys one after the other', () => {
  expect(isPrefix('g')).toBe(true)
  expect(meaningOf('g', null)).toBeNull()
  expect(meaningOf('t', 'g')?.name).toBe('goTrash')
  expect(meaningOf('t', null)).toBeNull()
  expect(meaningOf('Delete', null)?.name).toBe('trash')
})

test('only letters and signs can be switched off', () => {
  expect(['x', '?', 'Shift+x'].every(isCharacter)).toBe(true)
  expect(['Space', 'Delete', 'Mod+a', 'Shift+ArrowUp'].some(isCharacter)).toBe(false)
})
