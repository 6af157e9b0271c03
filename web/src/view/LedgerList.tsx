import { Image as ImageIcon } from 'lucide'
import type { LedgerEntry } from '../contract.gen'
import { fileUrl } from '../api'
import { formatDate, formatMoney, t } from '../i18n'
import { go } from '../route'
import { modelOf } from '../session'
import { readPicture } from '../shelf'
import { closeSpending, ledger, loadOlder } from '../spending'
import { Icon } from './Icon'

/** What was charged, newest first; what is on this page leads to its picture. */
export function LedgerList() {
  const words = t.value.money
  const page = ledger.value
  return (
    <section class="ledger">
      <h3>{words.ledger}</h3>
      {page?.items.length === 0 && <p class="ledger-none">{words.ledgerNone}</p>}
      <ul data-testid="ledger">
        {page?.items.map((entry) => (
          <Entry key={entry.id} entry={entry} />
        ))}
      </ul>
      {page?.next && (
        <button type="button" class="text-button" data-testid="ledger-older" onClick={() => void loadOlder()}>
          {words.older}
        </button>
      )}
    </section>
  )
}

function Entry({ entry }: { entry: LedgerEntry }) {
  const words = t.value.money
  const image = readPicture(entry.image)
  const thumb = image && fileUrl(image, 'thumb')
  const open = (): void => {
    closeSpending()
    if (image) go({ project: image.project, image: image.id })
  }
  const what = [modelOf(entry.model)?.name ?? entry.model, entry.resolution, entry.attempt > 1 && words.attempt(entry.attempt)]
  const inside = (
    <>
      <span class="entry-picture">{thumb ? <img src={thumb} alt="" loading="lazy" /> : <Icon of={ImageIcon} size={16} />}</span>
      <span class="entry-what">
        <span class="entry-name">{image?.prompt || what.filter(Boolean).join(' · ')}</span>
        <span class="entry-note">{[formatDate(entry.at), image?.prompt && what.filter(Boolean).join(' · ')].filter(Boolean).join(' · ')}</span>
      </span>
      <span class="entry-amount">{formatMoney(entry.amount_usd)}</span>
    </>
  )
  return (
    <li data-testid="ledger-entry">
      {thumb ? (
        <button type="button" class="entry" onClick={open}>
          {inside}
        </button>
      ) : (
        <div class="entry">{inside}</div>
      )}
    </li>
  )
}
