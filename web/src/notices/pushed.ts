// A push that came to a tab in front: a message in the tab, unless it has told of all that already.
import { effect, untracked } from '@preact/signals'
import { t } from '../i18n'
import { find } from '../load'
import { isToldHere, keepTold } from '../outcomes'
import { language } from '../preferences'
import { pushed, worker } from '../renew'
import { go, parsePath } from '../route'
import { phase } from '../session'
import { tell } from '../toasts'
import { telling } from './kept'
import { showWritten } from './message'
import { payloadOf, type Payload } from './payload'

export function followPushes(): void {
  effect(() => {
    const told = pushed.value
    if (!told.length) return
    untracked(() => {
      pushed.value = []
      told.forEach((one) => {
        const payload = payloadOf(one)
        if (payload) tellPush(payload)
      })
    })
  })
}

function tellPush(payload: Payload): void {
  const { kind, title, body, url, thumb, outcomes } = payload
  if (outcomes.length && outcomes.every(isToldHere)) return
  // In front is only what says that one is signed out, or that nobody answers: there are no messages there.
  if (phase.value !== 'ready') return void tellBySystem(payload)
  keepTold(outcomes)
  void telling(outcomes, 'toast')
  const run = (): void => {
    const to = parsePath(url)
    go(to)
    if (to.image) void find(to.image)
  }
  const action = url !== '/' ? { label: t.value.action.view, run, testId: 'toast-view' } : undefined
  const tone = kind === 'failed' || kind === 'credits_low' ? 'bad' : 'good'
  tell({ tone, text: title, note: body, thumb, ...(action && { action }) })
}

async function tellBySystem(payload: Payload): Promise<void> {
  const home = await worker()?.getRegistration()
  if (home) await telling(payload.outcomes, 'system', () => showWritten(home, payload, language.value))
}
