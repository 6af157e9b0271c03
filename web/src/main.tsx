import { effect, untracked } from '@preact/signals'
import { render } from 'preact'
import { isSending } from './attach'
import { forgetCap } from './cap'
import { deafen, followBrowser } from './live'
import { begin, followLinks, visit } from './load'
import { followVisibility } from './news'
import { followPreferences } from './preferences'
import { provisionals } from './provisional'
import { forgetQueue } from './queue'
import { forgetSpending } from './spending'
import { followHistory, place } from './route'
import { phase } from './session'
import { clear } from './shelf'
import './style/tokens.css'
import './style/base.css'
import './style/layout.css'
import './style/card.css'
import './style/composer.css'
import './style/lightbox.css'
import './style/floating.css'
import './style/queue.css'
import './style/money.css'
import { App } from './view/App'
import { Boundary } from './view/Boundary'

followPreferences()
followHistory()
followBrowser()
followVisibility()
followLinks()

effect(() => {
  const { project } = place.value
  if (phase.value === 'ready' && project) untracked(() => visit(project))
})

effect(() => {
  if (phase.value !== 'signed-out') return
  untracked(() => {
    deafen()
    clear()
    provisionals.value = []
    forgetQueue()
    forgetCap()
    forgetSpending()
  })
})

addEventListener('online', () => {
  if (phase.value === 'unreachable') void begin()
})

addEventListener('beforeunload', (event) => {
  if (isSending()) event.preventDefault()
})

render(
  <Boundary>
    <App />
  </Boundary>,
  document.getElementById('app')!,
)

void begin()
