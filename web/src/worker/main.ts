// The service worker: the page without a network, new builds, and what is told with no tab in sight.
import { goThere, hearPush, subscribeAnew } from './push'
import { answer, fill, passBy, shell, tidy } from './shell'

declare const self: ServiceWorkerGlobalScope

self.addEventListener('install', (event) => {
  event.waitUntil(Promise.all([fill(), passBy(event)]))
  // At once: pages of earlier builds find their files all the same, and one that is reloaded is the new one.
  event.waitUntil(self.skipWaiting())
})

self.addEventListener('activate', (event) => {
  event.waitUntil(Promise.all([tidy(), self.registration.navigationPreload?.enable(), self.clients.claim()]))
})

self.addEventListener('fetch', answer)

self.addEventListener('message', ({ data, source }) => {
  if (data?.type === 'which-build') source?.postMessage({ type: 'build', build: shell.build })
})

self.addEventListener('push', (event) => event.waitUntil(hearPush(event)))
self.addEventListener('notificationclick', (event) => event.waitUntil(goThere(event)))
self.addEventListener('pushsubscriptionchange', (event) => (event as ExtendableEvent).waitUntil(subscribeAnew(event)))
