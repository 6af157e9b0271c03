import { Images, Sparkles } from 'lucide'
import { useState } from 'preact/hooks'
import { explain } from '../actions'
import { Refused } from '../api'
import { attach, localOf } from '../attach'
import { addInput } from '../draft'
import { generate } from '../generate'
import { t } from '../i18n'
import { mayWrite, me, models } from '../session'
import { openDraft } from './form'
import { Icon } from './Icon'

const SAMPLE = '/sample.jpg'

/** An empty workspace: a picture and a prompt, in one click. */
export function FirstMinute() {
  const words = t.value.first
  const [busy, setBusy] = useState(false)
  const run = async (): Promise<void> => {
    setBusy(true)
    await trySample().catch(explain)
    setBusy(false)
  }
  if (!mayWrite.value) return <NothingYet />
  return (
    <section class="first" data-testid="empty">
      <button type="button" class="first-sample" data-testid="sample" disabled={busy} onClick={() => void run()}>
        <img src={SAMPLE} width={1280} height={853} alt={words.alt} />
        <span class="first-caption">
          <span class="first-prompt">{words.quoted(me.value?.provider.inputs_reachable ? words.prompt : words.promptAlone)}</span>
          <span class="button is-accent">
            <Icon of={Sparkles} />
            {words.try}
          </span>
        </span>
      </button>
      <h2>{words.title}</h2>
      <p>{words.why}</p>
    </section>
  )
}

/** Who may only look is not invited to make anything. */
function NothingYet() {
  return (
    <section class="state" data-testid="empty">
      <Icon of={Images} size={28} />
      <h2>{t.value.state.empty}</h2>
    </section>
  )
}

async function trySample(): Promise<void> {
  const draft = openDraft.value
  const who = me.value
  if (!draft || !who) return
  const { first } = t.value
  if (who.provider.inputs_reachable) {
    const file = await fetchSample(first.name)
    const [sent] = attach(draft.project, [file], who.limits, null)
    if (sent) addInput(draft, { key: sent.batch, image: null })
    await localOf(sent?.batch ?? null)?.measured
    draft.prompt.value = first.prompt
  } else draft.prompt.value = first.promptAlone
  generate(draft, models.value, who.limits.max_count)
}

async function fetchSample(name: string): Promise<File> {
  const answer = await fetch(SAMPLE).catch(() => null)
  if (!answer?.ok) throw new Refused('unreachable')
  return new File([await answer.blob()], `${name}.jpg`, { type: 'image/jpeg' })
}
