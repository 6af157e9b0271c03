import type { ComponentChildren } from 'preact'
import { t } from '../i18n'
import { begin } from '../load'
import { linkExpired } from '../session'
import { Brand } from './Brand'
import { LanguageSwitch } from './Switches'

/** Signed out: how to get a link. */
export function SignedOut() {
  const words = t.value.door
  return (
    <Hall>
      <h1>{linkExpired.value ? words.expired : words.title}</h1>
      <p>{linkExpired.value ? words.expiredWhy : words.why}</p>
      <ul class="door-ways">
        <li>{words.started}</li>
        <li>
          {words.another} <code>atelier user link {words.email}</code>
        </li>
      </ul>
    </Hall>
  )
}

/** Nobody answers. The network's return is noticed; the button is for the impatient. */
export function Unreachable() {
  const words = t.value
  return (
    <Hall>
      <h1>{words.state.unreachable}</h1>
      <p>{words.state.unreachableWhy}</p>
      <button type="button" class="button is-accent" onClick={() => void begin()}>
        {words.action.retry}
      </button>
    </Hall>
  )
}

function Hall({ children }: { children: ComponentChildren }) {
  return (
    <main class="door" data-testid="door">
      <div class="door-card">
        <Brand />
        {children}
        <footer class="door-foot">
          <LanguageSwitch />
        </footer>
      </div>
    </main>
  )
}
