import { CheckCheck, ArrowLeft, Settings, X } from 'lucide'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { explain } from '../actions'
import { announce } from '../announce'
import { t } from '../i18n'
import { n } from '../i18n/notices'
import { noticesOpen } from '../late'
import { history, isHere, loadHistory, markAllRead, trouble } from '../notices/history'
import { membershipChanged } from '../shelf'
import { newInAll } from '../seeing'
import { bellButton } from './Bell'
import { IconButton } from './IconButton'
import { NoticeRow } from './NoticeRow'
import { NoticeSettings } from './NoticeSettings'
import { whenLeft } from './outside'

const close = (): void => {
  noticesOpen.value = false
  bellButton()?.focus()
}

/** What became of one's pictures, and where else it is told. */
export function NoticesPanel() {
  const root = useRef<HTMLElement>(null)
  const [isSetting, setSetting] = useState(false)
  useLayoutEffect(() => whenLeft(root.current!, () => void (noticesOpen.value = false), bellButton), [])
  useLayoutEffect(() => root.current?.focus(), [isSetting])
  const words = n.value.panel
  return (
    <>
      <div class="queue-scrim" onClick={close} />
      <section class="queue notices" ref={root} tabIndex={-1} aria-label={t.value.bell.title} data-testid="notices">
        <header class="queue-head">
          {isSetting && <IconButton icon={ArrowLeft} label={words.back} testId="notices-back" onClick={() => setSetting(false)} />}
          <h2 class="queue-titles">{isSetting ? words.settings : t.value.bell.title}</h2>
          {!isSetting && <MarkAll />}
          {!isSetting && <IconButton icon={Settings} label={words.settings} testId="notices-settings" onClick={() => setSetting(true)} />}
          <IconButton icon={X} label={t.value.action.close} testId="notices-close" onClick={close} />
        </header>
        {isSetting ? <NoticeSettings /> : <List />}
      </section>
    </>
  )
}

function MarkAll() {
  const words = n.value.panel
  const mark = (): void => {
    markAllRead().then(() => announce(n.value.panel.allRead), explain)
  }
  return newInAll.value > 0 && <IconButton icon={CheckCheck} label={words.markAll} testId="notices-mark-all" onClick={mark} />
}

function List() {
  const words = n.value.panel
  // What was known may have been forgotten meanwhile.
  membershipChanged()
  useEffect(() => void loadHistory())
  const groups = history.value
  return (
    <div class="queue-body">
      {trouble.value && (
        <p class="notices-trouble" role="alert">
          {words.trouble} {t.value.errors[trouble.value.code](trouble.value)}
          <button type="button" class="text-button is-accent" onClick={() => void loadHistory()}>
            {t.value.action.retry}
          </button>
        </p>
      )}
      {groups.length > 0 && (
        <ul class="notices-list" aria-label={words.list}>
          {groups.map((group) => (
            <NoticeRow key={group.key} group={group} />
          ))}
        </ul>
      )}
      {!groups.length && isHere.value && (
        <div class="notices-empty">
          <h3>{words.empty}</h3>
          <p>{words.emptyWhy}</p>
        </div>
      )}
    </div>
  )
}
