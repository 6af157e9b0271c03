// The browser offers to install the page as an app: kept until somebody wants it.
import { signal } from '@preact/signals'

/** The part of the event that is used; not all browsers have it. */
interface Offer extends Event {
  prompt(): Promise<unknown>
}

export const installOffer = signal<Offer | null>(null)

export function followInstall(): void {
  addEventListener('beforeinstallprompt', (event) => {
    // It has its place in the notices, and does not stand over the pictures.
    event.preventDefault()
    installOffer.value = event as Offer
  })
  addEventListener('appinstalled', () => void (installOffer.value = null))
}

/** An offer is good for once. */
export async function install(): Promise<void> {
  const offer = installOffer.value
  installOffer.value = null
  await offer?.prompt()
}
