// What a person chose for this browser: theme and language. Remembered, and the same in every tab.
import { effect, signal } from '@preact/signals'

export type Theme = 'system' | 'light' | 'dark'
export type Language = 'en' | 'fr'

export const THEMES: readonly Theme[] = ['system', 'light', 'dark']
export const LANGUAGES: readonly Language[] = ['en', 'fr']

// `public/boot.js` reads the same two names before the first paint.
const THEME_KEY = 'atelier:theme'
const LANGUAGE_KEY = 'atelier:language'

/** The first language of the browser's list that the page speaks. */
export function preferredLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const language = LANGUAGES.find((known) => tag.toLowerCase().split('-')[0] === known)
    if (language) return language
  }
  return 'en'
}

export const theme = signal<Theme>('system')
export const language = signal<Language>('en')

/** Reads what is remembered, follows the other tabs, and keeps the document in step. */
export function followPreferences(): void {
  read()
  addEventListener('storage', ({ key }) => {
    if (key === THEME_KEY || key === LANGUAGE_KEY || key === null) read()
  })
  addEventListener('languagechange', read)
  effect(() => {
    document.documentElement.lang = language.value
  })
  effect(() => {
    const root = document.documentElement
    if (theme.value === 'system') delete root.dataset.theme
    else root.dataset.theme = theme.value
  })
}

export function chooseTheme(chosen: Theme): void {
  theme.value = chosen
  remember(THEME_KEY, chosen)
}

export function chooseLanguage(chosen: Language): void {
  language.value = chosen
  remember(LANGUAGE_KEY, chosen)
}

function read(): void {
  const rememberedTheme = recall(THEME_KEY)
  const rememberedLanguage = recall(LANGUAGE_KEY)
  theme.value = THEMES.find((known) => known === rememberedTheme) ?? 'system'
  language.value = LANGUAGES.find((known) => known === rememberedLanguage) ?? preferredLanguage(navigator.languages)
}

// A browser may forbid storage; the page then forgets, and works.
export function recall(key: string, storage: () => Storage = () => localStorage): string | null {
  try {
    return storage().getItem(key)
  } catch {
    return null
  }
}

export function remember(key: string, value: string, storage: () => Storage = () => localStorage): void {
  try {
    storage().setItem(key, value)
  } catch {
    // Full or forbidden: it lasts as long as the page does.
  }
}

export function forgetKept(key: string, storage: () => Storage): void {
  try {
    storage().removeItem(key)
  } catch {
    // Forbidden: nothing was kept.
  }
}
