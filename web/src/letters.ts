// Whether letters and signs alone act as keys: who dictates would press them unawares. Remembered, and the same in every tab.
import { signal } from '@preact/signals'
import { recall, remember } from './preferences'

const KEY = 'atelier:letters'

export const lettersOn = signal(true)

/** Whether the sheet that lists all keys is to be seen. */
export const sheetOpen = signal(false)

export function followLetters(): void {
  const read = (): void => void (lettersOn.value = recall(KEY) !== 'off')
  read()
  addEventListener('storage', ({ key }) => {
    if (key === KEY || key === null) read()
  })
}

export function switchLetters(on: boolean): void {
  lettersOn.value = on
  remember(KEY, on ? 'on' : 'off')
}
