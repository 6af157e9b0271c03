import { effect, untracked } from '@preact/signals'
import { render } from 'preact'
import { openAnnouncer } from './announce'
import { isSending } from './attach'
import { forgetCap } from './cap'
import { followInstall } from './install'
import { followKeyboard } from './keyboard'
import { comeLate } from './late'
import { followLetters } from './letters'
import { deafen, followBrowser } from './live'
import { begin, followLinks, shownList, visit } from './load'
import { followVisibility } from './news'
import { followPreferences } from './preferences'
import { provisionals } from './provisional'
import { forgetQueue } from './queue'
import { forgetSpending } from './spending'
import { followWorker } from './renew'
import { followHistory } from './route'
import { followScene } from './scene'
import { followSeeing, forgetSeen } from './seeing'
import { phase } from './session'
import { clear } from './shelf'
import { forgetUnread } from './unread'
import './style/tokens.css'
import './style/base.css'
import './style/layout.css'
import './style/card.css'
import './style/composer.css'
import './style/lightbox.css'
import './style/floating.css'
import './style/hands.css'
import './style/queue.css'
import './style/money.css'
import './style/unread.css'
import './style/notices.css'
import { App } from './view/App'
import { Boundary } from './view/Boundary'

followPreferences()
followHistory()
followBrowser()
followVisibility()
followLinks()
followKeyboard()
followLetters()
followScene()
followSeeing()
followInstall()
followWorker()
openAnnouncer()

effect(() => {
  const list = shownList()
  if (phase.value === 'ready' && list) untracked(() => visit(list))
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
    forgetUnread()
    forgetSeen()
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
comeLate()
