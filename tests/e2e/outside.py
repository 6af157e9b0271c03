"""What is told outside of the page: a browser that may be told, its worker, and the system's messages."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from playwright.async_api import BrowserContext, CDPSession, Worker

from tests.e2e.watched_page import WatchedPage
from tests.studio import eventually

ALLOWED: dict[str, Any] = {"service_workers": "allow", "permissions": ["notifications"]}
PATIENCE = 10.0

# A push service that can always be reached: its subscriptions are real but for their addresses, where nobody is.
PUSH_SERVICE = """
(() => {
  let current = null
  const write = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
  PushManager.prototype.getSubscription = async () => current
  PushManager.prototype.subscribe = async (options) => {
    const pair = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits'])
    const p256dh = write(await crypto.subtle.exportKey('raw', pair.publicKey))
    const auth = write(crypto.getRandomValues(new Uint8Array(16)))
    const endpoint = `https://push.example.org/${crypto.randomUUID()}`
    const toJSON = () => ({ endpoint, keys: { p256dh, auth } })
    current = { endpoint, options, toJSON, unsubscribe: async () => { current = null; return true } }
    return current
  }
})()
"""
# Every message that this page has the system show.
MESSAGES = """
(() => {
  window.__messages = []
  const show = ServiceWorkerRegistration.prototype.showNotification
  ServiceWorkerRegistration.prototype.showNotification = function (title, options) {
    window.__messages.push([title, options])
    return show.call(this, title, options)
  }
})()
"""
# As the page reads them: never while one is shown, which Chromium would forget.
STANDING = """
(tag) => navigator.locks.request('atelier:told', () => self.registration.getNotifications(tag ? { tag } : {}))
  .then((all) => all.map(
    ({ title, body, tag, image, icon, lang, data }) => ({ title, body, tag, image, icon, lang, data })))
"""
# Headless, every tab is in front; so a worker that is to see none is told so.
NOBODY_LOOKS = """
() => {
  const all = self.clients.matchAll.bind(self.clients)
  const bound = (value, of) => (typeof value === 'function' ? value.bind(of) : value)
  const hidden = (tab) => new Proxy(tab, {
    get: (of, name) => (name === 'visibilityState' ? 'hidden' : bound(of[name], of)),
  })
  self.clients.matchAll = async (options) => (await all(options)).map(hidden)
}
"""
SOMEBODY_MAY_LOOK = "() => delete self.clients.matchAll"
# A click on the message with that tag. Only a real one may open a tab, so what would be opened is written down.
CLICK = """
async (tag) => {
  const [notification] = await self.registration.getNotifications({ tag })
  const opened = []
  self.clients.openWindow = async (url) => void opened.push(url)
  const work = []
  const event = new NotificationEvent('notificationclick', { notification })
  event.waitUntil = (promise) => void work.push(promise)
  self.dispatchEvent(event)
  await Promise.all(work)
  return opened
}
"""

# What this browser was told, and how, as its tabs and its worker remember it.
TOLD = """
() => new Promise((go, stop) => {
  const opening = indexedDB.open('atelier', 1)
  opening.onerror = () => stop(opening.error)
  opening.onsuccess = () => {
    const reading = opening.result.transaction('kept').objectStore('kept').get('told')
    reading.onsuccess = () => {
      opening.result.close()
      go(Object.fromEntries((reading.result ?? []).map(({ key, how }) => [key, how])))
    }
  }
})
"""


async def furnish(context: BrowserContext) -> None:
    """From the next page on: a push service, and a list of the messages that it shows."""
    await context.add_init_script(PUSH_SERVICE)
    await context.add_init_script(MESSAGES)


async def worker_of(tab: WatchedPage) -> Worker:
    """The service worker of the tab's browser, once it is at work."""
    await tab.page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    await eventually(lambda: tab.page.evaluate("navigator.serviceWorker.controller !== null"), bool, PATIENCE)
    return tab.page.context.service_workers[-1]


async def standing(worker: Worker, tag: str = "") -> list[dict[str, Any]]:
    """The system's messages that stand now, or those with that tag."""
    found: list[dict[str, Any]] = await worker.evaluate(STANDING, tag)
    return found


async def messages(tab: WatchedPage) -> list[str]:
    """The titles of all that this page has had the system show."""
    titles: list[str] = await tab.page.evaluate("window.__messages.map(([title]) => title)")
    return titles


async def told_by(tab: WatchedPage) -> dict[str, str]:
    """The outcomes of which the tab's browser was told, and how each was."""
    told: dict[str, str] = await tab.page.evaluate(TOLD)
    return told


class Post:
    """Brings pushes to a browser's worker, as its push service would."""

    def __init__(self, session: CDPSession, origin: str, registration: str) -> None:
        self._session, self._origin, self._registration = session, origin, registration

    async def deliver(self, **changes: Any) -> dict[str, Any]:
        """A payload as the server writes it, with what is to be different."""
        project, image = changes.pop("project", str(uuid4())), changes.pop("image", str(uuid4()))
        payload: dict[str, Any] = {
            "v": 1,
            "kind": "ready",
            "tag": project,
            "title": "Your picture is ready",
            "body": "A lighthouse at dusk",
            "url": f"/p/{project}/i/{image}",
            "thumb": None,
            "outcomes": [f"{image}:1"],
            "unread": 1,
            **changes,
        }
        await self._session.send(
            "ServiceWorker.deliverPushMessage",
            {"origin": self._origin, "registrationId": self._registration, "data": json.dumps(payload)},
        )
        return payload


async def post_office(tab: WatchedPage) -> Post:
    """That of the tab's browser; it outlives the tab if another page is opened first."""
    page = await tab.page.context.new_page()
    session = await tab.page.context.new_cdp_session(page)
    found: list[str] = []

    def note(event: dict[str, Any]) -> None:
        found.extend(
            one["registrationId"]
            for one in event["registrations"]
            if one["scopeURL"].startswith(tab.atelier.address) and not one["isDeleted"]
        )

    session.on("ServiceWorker.workerRegistrationUpdated", note)
    await session.send("ServiceWorker.enable")

    async def ids() -> list[str]:
        return found

    await eventually(ids, bool, PATIENCE)
    return Post(session, tab.atelier.address, found[-1])
