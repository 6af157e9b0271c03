// A message of the system's, as tabs and the worker show it.

/** What goes with it, for whoever clicks on it or shows the next one in its place. */
export interface Inside {
  url: string
  outcomes: string[]
}

interface Shown extends Inside {
  tag: string
  title: string
  body: string
  picture: string | null
  language: string
}

// Not all systems draw the large picture; where one does not, the picture takes the place of our sign. The types know neither.
type Options = NotificationOptions & { image?: string; renotify?: boolean }

/** What the server wrote, to be shown as it is. */
interface Written extends Inside {
  tag: string
  title: string
  body: string
  thumb: string | null
}

export const showWritten = (home: ServiceWorkerRegistration, { thumb, ...written }: Written, language: string): Promise<void> =>
  showMessage(home, { ...written, picture: thumb && new URL(thumb, location.origin).href, language })

/** In place of the one with the same tag, told as if it were the first. */
export async function showMessage(home: ServiceWorkerRegistration, shown: Shown): Promise<void> {
  const { tag, title, body, picture, url, outcomes, language } = shown
  const drawsPictures = 'image' in Notification.prototype
  const options: Options = {
    body,
    tag,
    renotify: true,
    lang: language,
    icon: picture && !drawsPictures ? picture : '/icon-192.png',
    badge: '/badge-96.png',
    data: { url, outcomes } satisfies Inside,
    ...(picture && drawsPictures ? { image: picture } : {}),
  }
  await home.showNotification(title, options)
}
