// Every key there is, in one table: what hears them and the sheet that lists them both read it. Pure.

/** Where a key is heard: everywhere, in the large view, among the pictures of a list, in the form. The large view and the form hear for themselves. */
export const GROUPS = ['anywhere', 'large', 'pictures', 'form'] as const
export type Group = (typeof GROUPS)[number]

/** `combos` as `comboOf` writes them; two keys one after the other have a space between them. */
interface Row<Name extends string, In extends Group> {
  name: Name
  group: In
  combos: readonly string[]
}

const row = <Name extends string, In extends Group>(group: In, name: Name, ...combos: string[]): Row<Name, In> => ({ group, name, combos })

export const KEYS = [
  row('anywhere', 'sheet', '?'),
  row('anywhere', 'prompt', '/', 'c'),
  row('anywhere', 'newProject', 'n'),
  row('anywhere', 'undo', 'Mod+z', 'z'),
  row('anywhere', 'goPictures', 'g p'),
  row('anywhere', 'goTrash', 'g t'),
  row('anywhere', 'goQueue', 'g q'),
  row('anywhere', 'goSpending', 'g s'),
  row('anywhere', 'goNotices', 'g n'),
  row('anywhere', 'onlyFavorites', 'g f'),
  row('pictures', 'walk', 'ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'),
  row('pictures', 'ends', 'Home', 'End'),
  row('pictures', 'open', 'Enter'),
  row('pictures', 'select', 'Space', 'x'),
  row('pictures', 'sweep', 'Shift+ArrowLeft', 'Shift+ArrowRight', 'Shift+ArrowUp', 'Shift+ArrowDown'),
  row('pictures', 'sweepHere', 'Shift+x'),
  row('pictures', 'selectAll', 'Mod+a'),
  row('pictures', 'clear', 'Escape'),
  row('pictures', 'trash', 'Delete', 'Backspace'),
  row('pictures', 'restore', 'r'),
  row('pictures', 'favorite', 'f'),
  row('pictures', 'download', 'd'),
  row('pictures', 'move', 'm'),
  row('pictures', 'useAsInput', 'u'),
  row('large', 'neighbours', 'ArrowLeft', 'ArrowRight'),
  row('large', 'ends', 'Home', 'End'),
  row('large', 'zoom', '+', '-'),
  row('large', 'whole', '0'),
  row('large', 'details', 'i'),
  row('large', 'favorite', 'f'),
  row('large', 'download', 'd'),
  row('large', 'trash', 'Delete', 'Backspace'),
  row('large', 'close', 'Escape'),
  row('form', 'generate', 'Mod+Enter'),
  row('form', 'past', 'ArrowUp', 'ArrowDown'),
] as const

export type Key = (typeof KEYS)[number]
export type KeyName = Key['name']
/** What this page's own ear hears. */
export type HeardName = Extract<Key, { group: 'anywhere' | 'pictures' }>['name']

/** The part of a keyboard event that counts. */
export interface Press {
  key: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
  shiftKey: boolean
}

/** `Mod` is Ctrl or the Mac's own; Shift is told where it is not in the sign itself. Null: not ours. */
export function comboOf({ key, ctrlKey, metaKey, altKey, shiftKey }: Press): string | null {
  if (altKey || /^(Shift|Control|Meta|Alt|AltGraph|Dead|Process|Unidentified|CapsLock)$/.test(key)) return null
  const name = key === ' ' ? 'Space' : key.length === 1 ? key.toLowerCase() : key
  const isSign = key.length === 1 && key !== ' ' && key.toLowerCase() === key.toUpperCase()
  return `${ctrlKey || metaKey ? 'Mod+' : ''}${shiftKey && !isSign ? 'Shift+' : ''}${name}`
}

/** What a combination means to the page's own ear; `after` is the key pressed just before. */
export function meaningOf(combo: string, after: string | null): Extract<Key, { group: 'anywhere' | 'pictures' }> | null {
  const said = after === null ? combo : `${after} ${combo}`
  for (const key of KEYS) {
    if ((key.group === 'anywhere' || key.group === 'pictures') && key.combos.includes(said)) return key
  }
  return null
}

/** Whether another key must follow. */
export const isPrefix = (combo: string): boolean => KEYS.some(({ combos }) => combos.some((one) => one.startsWith(`${combo} `)))

/** A letter or a sign alone, which who dictates may press unawares: these can be switched off. */
export const isCharacter = (combo: string): boolean => combo.replace(/^Shift\+/, '').length === 1
