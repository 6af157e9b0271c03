// Server-sent events in the shape of a socket: the same frames by HTTP, where no WebSocket gets through.
import type { Socket } from './stream'

const ADDRESS = '/api/live/events'
/** What a browser says of a connection that ended without a close code. */
const BROKEN = 1006

interface Hello {
  workspace?: string
  epoch?: string
  since?: number
}

/** By HTTP/1.1 a browser has six connections to a server, for all tabs; over the later versions they share one. */
export function openEvents(
  open: (url: string) => EventSource = (url) => new EventSource(url),
  isShared = /^h[23]/.test(pageProtocol()),
): Socket {
  let source: EventSource | null = null
  const end = (code: number): void => {
    // Left open it would come back by itself, in its own time and to where it began.
    source?.close()
    socket.onclose?.({ code })
  }
  const socket: Socket = {
    isScarce: !isShared,
    onopen: null,
    onmessage: null,
    onclose: null,
    send(text) {
      source = open(addressOf(JSON.parse(text) as Hello))
      source.onmessage = ({ data }) => socket.onmessage?.({ data })
      source.onerror = () => end(BROKEN)
      source.addEventListener('close', ({ data }) => end(codeIn(data)))
    },
    close: () => source?.close(),
  }
  // It is in the address where to begin, so that is asked for before anything is opened.
  queueMicrotask(() => socket.onopen?.())
  return socket
}

function addressOf({ workspace, epoch, since }: Hello): string {
  const query = new URLSearchParams()
  if (workspace !== undefined) query.set('workspace', workspace)
  if (epoch !== undefined && since !== undefined) query.set('since', `${epoch}:${since}`)
  return query.size ? `${ADDRESS}?${query}` : ADDRESS
}

function codeIn(data: unknown): number {
  try {
    const { code } = JSON.parse(String(data)) as { code?: unknown }
    return typeof code === 'number' ? code : BROKEN
  } catch {
    return BROKEN
  }
}

function pageProtocol(): string {
  const [page] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
  return page?.nextHopProtocol ?? ''
}
