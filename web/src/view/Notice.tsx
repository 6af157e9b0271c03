import { CircleDollarSign, Clock3, CloudOff, KeyRound, Pause, Wrench, type IconNode } from 'lucide'
import { useEffect, useRef, useState } from 'preact/hooks'
import { clock, serverNow } from '../clock'
import { formatTime, t } from '../i18n'
import { countdown, isStop, noticeOf, passesByItself, type Notice as Shown, type NoticeKind } from '../notice'
import { queue } from '../queue'
import { pause } from '../queue-actions'
import { mayWrite } from '../session'
import { onBeat } from '../ticker'
import { Icon } from './Icon'
import { dotState } from './LiveDot'

const SIGNS: Record<NoticeKind, IconNode> = {
  rate_limited: Clock3,
  maintenance: Wrench,
  unreachable: CloudOff,
  out_of_credits: CircleDollarSign,
  bad_key: KeyRound,
  held: Pause,
  paused: Pause,
}

/** Why pictures do not go ahead, in one line under the bar; nothing while all is well. */
export function Notice() {
  // What a tab without a network knows of the queue is old news.
  const offline = dotState() === 'offline'
  const notice = offline ? null : noticeOf(queue.value)
  return (
    <>
      {/* Read out once: neither the countdown nor the number of pictures is in here. */}
      <div class="sr-only" role="status">
        {notice && t.value.notice[notice.kind]}
      </div>
      {notice && <Strip notice={notice} />}
      {offline && <Offline />}
    </>
  )
}

/** The dot beside it reads out the same. */
function Offline() {
  const words = t.value.live
  return (
    <div class="notice is-stop" data-testid="offline">
      <Icon of={CloudOff} size={16} />
      <p class="notice-words">
        <strong>{words.why.offline}</strong> {words.meanwhile}
      </p>
    </div>
  )
}

function Strip({ notice: { kind, until, waiting } }: { notice: Shown }) {
  const words = t.value
  return (
    <div class={`notice ${isStop(kind) ? 'is-stop' : ''}`} data-testid="notice" data-kind={kind}>
      <Icon of={SIGNS[kind]} size={16} />
      <p class="notice-words">
        <strong>{words.notice[kind]}</strong> {passesByItself(kind) && <Until key={until} kind={kind} until={until} />}
        {waiting > 0 ? words.notice.wait(waiting) : !passesByItself(kind) && words.notice.none} {helpFor(kind)}
      </p>
      {kind === 'paused' && mayWrite.value && (
        <button type="button" class="button is-small" data-testid="notice-resume" onClick={() => void pause(false)}>
          {words.queue.resume}
        </button>
      )}
    </div>
  )
}

/** Where one can do nothing: that one need not, and who can. */
function helpFor(kind: NoticeKind): string | null {
  const words = t.value.notice
  if (kind === 'out_of_credits') return `${words.safe} ${words.topUp}`
  if (kind === 'bad_key') return `${words.safe} ${words.newKey}`
  return kind === 'held' ? words.safe : null
}

/** When it is tried again, by the server's clock, with a countdown that is drawn outside of the views' own rounds. */
function Until({ kind, until }: Pick<Shown, 'kind' | 'until'>) {
  const [over, setOver] = useState(until === null)
  const left = useRef<HTMLSpanElement>(null)
  const words = t.value.notice
  useEffect(() => {
    if (until === null || over) return
    return onBeat(() => {
      const seconds = (Date.parse(until) - serverNow(clock)) / 1000
      const text = countdown(seconds)
      if (left.current && left.current.textContent !== text) left.current.textContent = text
      if (seconds <= 0) setOver(true)
    })
  }, [until, over])
  if (until === null || over) return <>{words.trying} </>
  return (
    <>
      {/* Only who asked for a pause has said when it is over. */}
      {kind === 'rate_limited' ? words.until(formatTime(until)) : words.nextTry(formatTime(until))} (<span class="notice-left" ref={left} aria-hidden="true" data-testid="notice-left" />).{' '}
    </>
  )
}
