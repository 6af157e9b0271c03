// The stream in this browser: its socket, its timers, what wakes it, and where its frames go.
import { batch, signal } from '@preact/signals'
import { clock, elapsed, forget, lastingClock, sample } from './clock'
import { hearAnswer, hearNothing, openSocket, prepare } from './connect'
import { CloseCode, type Image } from './contract.gen'
import { learn } from './learn'
import { tellMissed, tellOutcome } from './news'
import { hearQueue } from './queue'
import { phase } from './session'
import { known, takeGone, takeProject } from './shelf'
import { isFinished } from './store'
import { Stream, type LiveEvent, type Outside, type Position, type StreamState } from './stream'
import { hearMark } from './unread'

/** What the dot shows; `code` says why the server wants us away. */
export const link = signal<{ state: StreamState; code: number | null }>({ state: 'idle', code: null })

/** What the browser says of the network; it may be wrong, and the dot asks it only when the stream is down. */
export const online = signal(navigator.onLine)

let stream: Stream | null = null
let connections = 0
let freshConnection = false

/** Starts to listen after `position`; `refetch` fetches what is shown, after a reset. */
export function listen(position: Position | null, refetch: () => Promise<void>): void {
  stream?.stop()
  connections = 0
  const begun = new Stream(
    outside,
    {
      onState: (state, code) => enter(state, code),
      onConnect: () => {
        // What the first load's answers told is as fresh as the first connection.
        connections += 1
        freshConnection = connections > 1
      },
      onTime: hearTime,
      onReset: () => void refetch(),
      onMissed: catchUp,
      onEvent: (event) => apply(event, true),
      onQueue: hearQueue,
      onAnswered: hearAnswer,
      // Without a network nothing can be learnt from what fails.
      onUnanswered: () => (online.value ? hearNothing() : null),
    },
    position,
  )
  stream = begun
  tellVisibility()
  void prepare().then(() => {
    if (stream === begun) begun.start()
  })
}

export function deafen(): void {
  stream?.stop()
  stream = null
}

/** Tells the stream when it is worth trying. */
export function followBrowser(): void {
  addEventListener('online', () => {
    online.value = true
    stream?.changeNetwork()
  })
  addEventListener('offline', () => {
    online.value = false
    // A socket whose network went away stays silent, and a server on this very machine is still there: trying tells which.
    stream?.changeNetwork()
  })
  document.addEventListener('visibilitychange', tellVisibility)
  // A page that is left may be kept as it is, to be shown again by the back button; one with an open socket is not kept.
  addEventListener('pagehide', ({ persisted }) => persisted && stream?.rest())
  addEventListener('pageshow', tellVisibility)
}

function tellVisibility(): void {
  if (document.visibilityState === 'visible') stream?.show()
  else stream?.hide()
}

/** Whether a tab that nobody looks at must go on listening all the same: nothing else would tell what it waits for. */
let isNeeded = (): boolean => false

export function keepListeningWhile(needed: typeof isNeeded): void {
  isNeeded = needed
}

const lasting = lastingClock(elapsed, Date.now)

const outside: Outside = {
  open: openSocket,
  now: lasting,
  random: Math.random,
  setTimer: (run, milliseconds) => setTimeout(run, milliseconds),
  clearTimer: (timer) => clearTimeout(timer as number),
  isNeeded: () => isNeeded(),
}

function enter(state: StreamState, code: number | null): void {
  link.value = { state, code }
  if (state === 'away' && code === CloseCode.NOT_SIGNED_IN) phase.value = 'signed-out'
}

/** A new connection begins its samples anew: the machine may have slept, or its old largest may be long out of date. */
function hearTime(written: string): void {
  if (freshConnection) forget(clock)
  freshConnection = false
  sample(clock, written, elapsed())
}

function apply(event: LiveEvent, live: boolean): void {
  switch (event.kind) {
    case 'image.changed': {
      const [change] = learn([event.data])
      if (change && live) tellOutcome(change.before, change.after, event.at)
      return
    }
    case 'project.changed':
      return takeProject(event.data)
    case 'read_mark.changed':
      return hearMark(event.data)
    default:
      return takeGone(event.data)
  }
}

function catchUp(events: LiveEvent[]): void {
  const before = unfinished()
  batch(() => events.forEach((event) => apply(event, false)))
  tellMissed(before)
}

/** The pictures that this tab is waiting for. */
export const unfinished = (): Image[] => [...known().images.values()].filter((image) => !isFinished(image))
