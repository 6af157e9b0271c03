// This browser as a device: whether it tells, switched on and off by hand, and known to the server where a push service can be reached.
import { computed, signal } from '@preact/signals'
import { Refused } from '../api'
import { forgetKept, language, recall, remember } from '../preferences'
import { hasWorker, worker } from '../renew'
import { me } from '../session'
import { devices, dropDevice, listDevices, putDevice, recentDevices } from './devices'
import { keepDevice, keptDevice } from './kept'
import { addDevice, editDevice, removeDevice } from './requests'
import { nameOf, standingOf, type Standing } from './standing'

const KEY = 'atelier:tell-me'

/** The account that has switched it on in this browser. */
const switchedOnBy = signal<string | null>(null)
const permission = signal(permissionNow())

/** The device's id at the server; null where it has none, so that nothing comes while no tab is open. */
export const deviceId = signal<string | null>(null)

/** Why the last switching on left it without one. */
export const pushTrouble = signal(false)
export const isSwitching = signal(false)

function permissionNow(): NotificationPermission | undefined {
  return 'Notification' in window ? Notification.permission : undefined
}

export const standing = computed<Standing>(() =>
  standingOf({
    isSecure: isSecureContext,
    agent: navigator.userAgent,
    fingers: navigator.maxTouchPoints,
    isInstalled: isInstalled(),
    hasWorker: hasWorker.value,
    permission: permission.value,
  }),
)

export const isInstalled = (): boolean =>
  matchMedia('(display-mode: standalone)').matches || (navigator as { standalone?: boolean }).standalone === true

export const isOn = computed(() => standing.value === 'granted' && me.value !== null && switchedOnBy.value === me.value.account.id)

/** Reads what is remembered and follows the other tabs, and what is done in the browser's own settings. */
export function followThisDevice(): void {
  const read = (): void => {
    switchedOnBy.value = recall(KEY)
    permission.value = permissionNow()
    void keptDevice().then((kept) => (deviceId.value = kept?.id ?? null))
  }
  read()
  addEventListener('storage', ({ key }) => {
    if (key === KEY || key === null) read()
  })
  void navigator.permissions?.query({ name: 'notifications' }).then(
    (status) => status.addEventListener('change', () => void (permission.value = permissionNow())),
    () => undefined,
  )
}

/** To be called by a click: the browser asks. Answers whether it tells from now on. */
export async function switchOn(): Promise<boolean> {
  isSwitching.value = true
  try {
    if (standing.value === 'ask') {
      await Notification.requestPermission()
      permission.value = permissionNow()
    }
    const account = me.value?.account.id
    if (standing.value !== 'granted' || !account) return false
    await subscribe(account)
    // Last: the other tabs read all of it when this changes.
    switchedOnBy.value = account
    remember(KEY, account)
    return true
  } finally {
    isSwitching.value = false
  }
}

/** Where no push service can be reached it still tells as long as a tab is open. What the server refuses is thrown. */
async function subscribe(account: string): Promise<void> {
  const { key } = await listDevices()
  const subscription = await subscriptionWith(key)
  pushTrouble.value = subscription === null
  if (!subscription) return
  const { endpoint, keys } = subscription.toJSON()
  const [name, words] = [nameOf(navigator.userAgent), language.value]
  const device = await addDevice({ endpoint: endpoint!, p256dh: keys!.p256dh!, auth: keys!.auth!, name, language: words })
  deviceId.value = device.id
  await keepDevice({ id: device.id, account, name: device.name, language: words })
  putDevice(device)
}

async function subscriptionWith(key: string): Promise<PushSubscription | null> {
  try {
    const { pushManager } = await navigator.serviceWorker.ready
    const applicationServerKey = bytesOf(key)
    const before = await pushManager.getSubscription()
    if (before && !isSame(before.options.applicationServerKey, applicationServerKey)) await before.unsubscribe()
    return await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey })
  } catch {
    return null
  }
}

const isSame = (one: ArrayBuffer | null, other: Uint8Array): boolean => one !== null && String(new Uint8Array(one)) === String(other)

/** The bytes of what is written in base64url. */
export const bytesOf = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (sign) => sign.charCodeAt(0))

export async function switchOff(): Promise<void> {
  isSwitching.value = true
  try {
    const id = deviceId.value
    await forgetThisDevice()
    if (!id) return
    await removeDevice(id).catch((error: unknown) => {
      if (!(error instanceof Refused) || error.code !== 'not_found') throw error
    })
    dropDevice(id)
  } finally {
    isSwitching.value = false
  }
}

/** Of what the browser keeps; its address at the push service is worth nothing from now on. */
export async function forgetThisDevice(): Promise<void> {
  switchedOnBy.value = deviceId.value = null
  await keepDevice(null)
  forgetKept(KEY, () => localStorage)
  const registration = await worker()?.getRegistration()
  await (await registration?.pushManager.getSubscription())?.unsubscribe().catch(() => false)
}

/** Removed from the list by another device, this one is off; that it speaks another language now is told. */
export async function mendThisDevice(): Promise<void> {
  const kept = await keptDevice()
  if (!kept || kept.account !== me.value?.account.id || (!devices.value && kept.language === language.value)) return
  const mine = (await recentDevices()).items.find(({ id }) => id === kept.id)
  if (!mine) return forgetThisDevice()
  if (mine.language === language.value) return
  putDevice(await editDevice(mine.id, { language: language.value }))
  await keepDevice({ ...kept, language: language.value })
}
