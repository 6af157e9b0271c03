import { X } from 'lucide'
import { useEffect } from 'preact/hooks'
import type { Spending as Sums } from '../contract.gen'
import { formatDate, formatMoney, t } from '../i18n'
import { drifts } from '../money'
import { closeSpending, followSpending, load, spending, spendingOpen, trouble } from '../spending'
import { CapForm } from './CapForm'
import { IconButton } from './IconButton'
import { LedgerList } from './LedgerList'
import { useModal } from './modal'
import { Toasts } from './Toasts'

/** What the workspace has spent, what it may, and for what. */
export function Spending() {
  return spendingOpen.value ? <Sheet /> : null
}

function Sheet() {
  const dialog = useModal(() => null)
  useEffect(followSpending, [])
  const words = t.value
  const sums = spending.value
  return (
    <dialog
      class="sheet"
      ref={dialog}
      aria-labelledby="spending-title"
      data-testid="spending"
      onClose={closeSpending}
      onClick={(event) => event.target === dialog.current && closeSpending()}
    >
      <div class="sheet-inside">
        <header class="sheet-head">
          <h2 id="spending-title">{words.money.title}</h2>
          <IconButton icon={X} label={words.action.close} testId="spending-close" onClick={closeSpending} />
        </header>
        {trouble.value && (
          <p class="sheet-trouble" role="alert">
            {words.money.trouble} {words.errors[trouble.value.code](trouble.value)}
            <button type="button" class="text-button is-accent" onClick={() => void load()}>
              {words.action.retry}
            </button>
          </p>
        )}
        <Figures sums={sums} />
        <CapForm sums={sums} />
        {sums && <Balance sums={sums} />}
        <LedgerList />
      </div>
      {/* What is outside of an open dialog cannot be clicked. */}
      <Toasts />
    </dialog>
  )
}

function Figures({ sums }: { sums: Sums | null }) {
  const words = t.value.money
  return (
    <dl class="amounts">
      <Figure name={words.today} dollars={sums?.today_usd} testId="spent-today" />
      <Figure name={words.month} dollars={sums?.month_usd} testId="spent-month" />
      <Figure name={words.reserved} dollars={sums?.reserved_usd} title={words.reservedWhy} testId="reserved" />
    </dl>
  )
}

interface FigureProps {
  name: string
  dollars: number | undefined
  title?: string
  testId: string
}

function Figure({ name, dollars, title, testId }: FigureProps) {
  return (
    <div class="amount" title={title}>
      <dt>{name}</dt>
      <dd data-testid={testId}>{dollars === undefined ? '–' : formatMoney(dollars)}</dd>
    </div>
  )
}

function Balance({ sums: { credits, credits_at: at, drift_usd: drift } }: { sums: Sums }) {
  const words = t.value.money
  if (credits === null) return null
  const amount = formatMoney(Math.abs(drift ?? 0))
  return (
    <section class="balance">
      <h3>{words.balance}</h3>
      <p>
        <span data-testid="credits">{words.credits(credits)}</span>
        {at && <span class="balance-at"> · {words.readAt(formatDate(at))}</span>}
      </p>
      {drifts(drift) && (
        <p class="balance-drift" data-testid="drift">
          {drift > 0 ? words.driftMore(amount) : words.driftLess(amount)}
        </p>
      )}
    </section>
  )
}
