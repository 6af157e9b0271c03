import { useId, useState } from 'preact/hooks'
import { Refused } from '../api'
import type { Spending } from '../contract.gen'
import { formatAmount, formatMoney, moneySign, t } from '../i18n'
import { parseAmount } from '../money'
import { me } from '../session'
import { changeCap } from '../spending'

/** What may be spent a day, how much of it is left, and the field in which owners change it. */
export function CapForm({ sums }: { sums: Spending | null }) {
  const words = t.value.money
  const workspace = me.value?.workspace
  const cap = sums ? sums.cap_usd : (workspace?.daily_cap_usd ?? null)
  return (
    <section class="cap">
      <h3>{words.cap}</h3>
      {cap === null ? <p class="cap-none">{words.capNone}</p> : sums && <Meter committed={sums.today_usd + sums.reserved_usd} cap={cap} />}
      {workspace?.role === 'owner' ? <Field key={cap} cap={cap} /> : cap !== null && <p class="cap-none">{words.capOwners}</p>}
    </section>
  )
}

function Meter({ committed, cap }: { committed: number; cap: number }) {
  const words = t.value.money
  const share = cap > 0 ? Math.min(1, committed / cap) : 1
  return (
    <div class={`cap-meter ${share >= 1 ? 'is-full' : ''}`} title={words.ofCapWhy}>
      <p data-testid="of-cap">{words.ofCap(formatMoney(committed), formatMoney(cap))}</p>
      <span class="cap-line" aria-hidden="true">
        <span class="cap-fill" style={{ transform: `scaleX(${share.toFixed(4)})` }} />
      </span>
    </div>
  )
}

function Field({ cap }: { cap: number | null }) {
  const words = t.value.money
  const [text, setText] = useState(cap === null ? '' : formatAmount(cap))
  const [wrong, setWrong] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const id = useId()
  const change = async (usd: number | null | undefined): Promise<void> => {
    if (busy) return
    if (usd === undefined) return setWrong(words.capWrong)
    setBusy(true)
    setWrong(await changeCap(usd).then(() => null, sentence))
    setBusy(false)
  }
  return (
    <form
      class="cap-form"
      onSubmit={(event) => {
        event.preventDefault()
        void change(parseAmount(text, formatAmount(0).includes(',')))
      }}
    >
      <Amount text={text} setText={setText} wrong={wrong !== null} why={id} />
      <button type="submit" class="button" data-testid="cap-save" aria-busy={busy}>
        {words.capSet}
      </button>
      {cap !== null && (
        <button type="button" class="text-button" data-testid="cap-clear" onClick={() => void change(null)}>
          {words.capClear}
        </button>
      )}
      <p class="cap-wrong" id={id} role="alert">
        {wrong}
      </p>
    </form>
  )
}

interface AmountProps {
  text: string
  setText: (text: string) => void
  wrong: boolean
  /** The element that says what is wrong. */
  why: string
}

function Amount({ text, setText, wrong, why }: AmountProps) {
  const { sign, isBefore } = moneySign()
  return (
    <span class={`cap-field ${isBefore ? '' : 'is-after'}`}>
      <span aria-hidden="true">{sign}</span>
      <input
        inputMode="decimal"
        autocomplete="off"
        value={text}
        aria-label={t.value.money.cap}
        aria-invalid={wrong}
        aria-describedby={why}
        data-testid="cap"
        onInput={(event) => setText(event.currentTarget.value)}
      />
    </span>
  )
}

function sentence(error: unknown): string {
  if (!(error instanceof Refused)) throw error
  return t.value.errors[error.code](error)
}
