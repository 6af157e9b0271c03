import { Sparkles } from 'lucide'
import { useEffect, useRef } from 'preact/hooks'
import { capAgainst, capSentence } from '../cap'
import { fit, type Draft } from '../draft'
import { focusPrompt, generate } from '../generate'
import { formatMoney, t } from '../i18n'
import { offerLine } from '../late'
import { priceOf } from '../money'
import { secondsLeft } from '../rate'
import { me, models } from '../session'
import { openSpending } from '../spending'
import { tell } from '../toasts'
import { AttachButton } from './Attach'
import { openDraft, roomFor } from './form'
import { Icon } from './Icon'
import { Inputs } from './Inputs'
import { OptionsButton } from './OptionsPanel'
import { Prompt } from './Prompt'

/** The form, always at hand: what to make, from what, how, and for how much. */
export function Composer() {
  const draft = openDraft.value
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => (form.current ? tellHeight(form.current) : undefined), [draft === null])
  if (!draft || !me.value) return null
  const send = (event?: MouseEvent): void => {
    // The second click of a double click is not a second wish.
    if (event && event.detail > 1) return
    submit(draft)
  }
  return (
    <form
      class="composer"
      ref={form}
      data-testid="composer"
      onSubmit={(event) => event.preventDefault()}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.repeat) return
        event.preventDefault()
        send()
      }}
    >
      <div class="composer-panel">
        <OfferPlace />
        <Inputs draft={draft} />
        <Prompt draft={draft} />
        <div class="composer-row">
          <AttachButton />
          <OptionsButton draft={draft} />
          <span class="grow" />
          <Price draft={draft} />
          <GenerateButton draft={draft} send={send} />
        </div>
        <CapHint draft={draft} />
      </div>
    </form>
  )
}

/** It comes late, and only once something was asked for; above, so that the button that was just pressed stays where it is. */
function OfferPlace() {
  const Line = offerLine.value
  return Line && <Line />
}

/** What floats over the page, and what the focus scrolls to, keeps clear of the form. */
function tellHeight(form: HTMLElement): () => void {
  const watcher = new ResizeObserver(() => document.documentElement.style.setProperty('--composer', `${form.offsetHeight}px`))
  watcher.observe(form)
  return () => watcher.disconnect()
}

function submit(draft: Draft): void {
  const who = me.value
  if (!who || secondsLeft.value > 0) return
  if (!draft.prompt.value.trim()) return focusPrompt()
  if (!who.provider.inputs_reachable && draft.inputs.value.length) {
    return void tell({ tone: 'bad', text: t.value.errors.inputs_unreachable() })
  }
  const room = roomFor(draft)
  if (room < 0) return void tell({ tone: 'bad', text: t.value.making.inputsOver(draft.inputs.value.length + room) })
  generate(draft, models.value, who.limits.max_count)
  if (scrollY > 0) scrollTo({ top: 0 })
}

/** What the pictures of the draft will cost, in US dollars. */
function priceOfDraft(draft: Draft): number {
  const options = fit(draft.options.value, models.value, me.value?.limits.max_count ?? 1)
  return priceOf(options, models.value, options.count)
}

function Price({ draft }: { draft: Draft }) {
  const words = t.value.form
  return (
    <span class="composer-price" id="price" data-testid="price" title={words.price}>
      <span class="sr-only">{words.price} </span>
      {formatMoney(priceOfDraft(draft))}
    </span>
  )
}

/** The limit of the day stands in the way: what is spent, and where to look. */
function CapHint({ draft }: { draft: Draft }) {
  const figures = capAgainst(priceOfDraft(draft))
  return (
    <div role="status">
      {figures && (
        <p class="composer-hint is-cap" data-testid="cap-hint">
          {capSentence(figures)}
          <button type="button" class="text-button is-accent" onClick={openSpending}>
            {t.value.money.title}
          </button>
        </p>
      )}
    </div>
  )
}

const isMac = /Mac|iP/.test(navigator.platform)

function GenerateButton({ draft, send }: { draft: Draft; send: (event: MouseEvent) => void }) {
  const words = t.value.form
  const left = secondsLeft.value
  const empty = !draft.prompt.value.trim()
  return (
    <button
      type="button"
      class="button is-accent composer-send"
      data-testid="generate"
      aria-disabled={left > 0 || empty}
      aria-describedby="price"
      title={isMac ? '⌘ ↵' : words.shortcut}
      onClick={send}
    >
      {left > 0 ? (
        <span data-testid="rate-countdown">{words.wait(left)}</span>
      ) : (
        <>
          <Icon of={Sparkles} />
          <span>{words.generate}</span>
        </>
      )}
    </button>
  )
}
