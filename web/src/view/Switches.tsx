import { Monitor, Moon, Sun } from 'lucide'
import { t } from '../i18n'
import { chooseLanguage, chooseTheme, language, theme, THEMES, type Theme } from '../preferences'
import { IconButton } from './IconButton'

const SIGNS = { system: Monitor, light: Sun, dark: Moon }

/** English or French; the button names the other one, in its own words. */
export function LanguageSwitch() {
  const other = language.value === 'en' ? 'fr' : 'en'
  return (
    <button type="button" class="text-button" lang={other} data-testid="lang-switch" onClick={() => chooseLanguage(other)}>
      {other === 'fr' ? 'Français' : 'English'}
    </button>
  )
}

/** System, light, dark, and round again. */
export function ThemeSwitch() {
  const words = t.value.theme
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] as Theme
  return (
    <IconButton
      icon={SIGNS[theme.value]}
      label={words.now(words[theme.value])}
      testId="theme-switch"
      onClick={() => chooseTheme(next)}
    />
  )
}
