// A push: told once on this device, by the tabs that are looked at or else by the system.
import { keepDevice, keptDevice, telling } from '../notices/kept'
import { showWritten, type Inside } from '../notices/message'
import { payloadOf, wayOf, type Payload } from '../notices/payload'
import { isPage } from './caching'

declare const self: ServiceWorkerGlobalScope

async function windows(): Promise<WindowClient[]> {
  const all = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  return all.filter(({ url }) => isPage(new URL(url).pathname))
}

export async function hearPush(event: PushEvent): Promise<void> {
  const payload = read(event.data)
  if (!payload) return
  const inFront = (await windows()).filter(({ visibilityState }) => visibilityState === 'visible')
  // They know what they have told already, and tell this browser's registry of the rest.
  if (wayOf(payload, payload.outcomes, inFront.length > 0) === 'tabs') inFront.forEach((tab) => tab.postMessage({ type: 'push', payload }))
  else await telling(payload.outcomes, 'system', (fresh) => show(payload, fresh))
  await self.navigator.setAppBadge?.(payload.unread).catch(() => undefined)
}

function read(data: PushMessageData | null): Payload | null {
  try {
    return payloadOf(data?.json())
  } catch {
    return null
  }
}

async function show(payload: Payload, fresh: string[]): Promise<void> {
  if (wayOf(payload, fresh, false) === 'nowhere') return
  await showWritten(self.registration, payload, (await keptDevice())?.language ?? '')
}

/** To the tab that shows that project, to any other one, or to a new one. */
export async function goThere({ notification }: NotificationEvent): Promise<void> {
  notification.close()
  const { url = '/' } = (notification.data ?? {}) as Partial<Inside>
  const project = /^\/p\/[^/]+/.exec(url)?.[0]
  const tabs = await windows()
  const there = tabs.find((tab) => project && new URL(tab.url).pathname.startsWith(project)) ?? tabs[0]
  if (!there) return void (await self.clients.openWindow(url))
  there.postMessage({ type: 'go', url })
  await there.focus().catch(() => undefined)
}

/** The push service has given this browser another address. */
export async function subscribeAnew(event: Event): Promise<void> {
  const { oldSubscription, newSubscription } = event as Event & { oldSubscription?: PushSubscription; newSubscription?: PushSubscription }
  const kept = await keptDevice()
  if (!kept) return
  const options = oldSubscription?.options
  const fresh = newSubscription ?? (options && (await self.registration.pushManager.subscribe(options)))
  if (!fresh) return
  const { endpoint, keys } = fresh.toJSON()
  const { name, language } = kept
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch('/api/devices', { method: 'POST', headers, body: JSON.stringify({ endpoint, ...keys, name, language }) })
  if (!answer.ok) return
  const { id } = (await answer.json()) as { id: string }
  await keepDevice({ ...kept, id })
  if (id !== kept.id) await fetch(`/api/devices/${kept.id}`, { method: 'DELETE' })
}
