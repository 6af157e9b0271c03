// The account's devices, as the server told them last.
import { signal } from '@preact/signals'
import { elapsed } from '../clock'
import type { Device, Devices } from '../contract.gen'
import { fetchDevices } from './requests'

export const devices = signal<Devices | null>(null)

/** Milliseconds for which nobody asks again whether there are any. */
const FRESH = 600_000
let takenAt = -FRESH
let underway: Promise<Devices> | null = null

export function takeDevices(told: Devices): void {
  devices.value = told
  takenAt = elapsed()
}

/** As it stands at the server. */
export function listDevices(): Promise<Devices> {
  underway ??= fetchDevices()
    .then((told) => (takeDevices(told), told))
    .finally(() => (underway = null))
  return underway
}

/** As it stood not long ago. */
export const recentDevices = async (): Promise<Devices> =>
  devices.value && elapsed() - takenAt < FRESH ? devices.value : listDevices()

/** One that is new, or has changed. */
export function putDevice(device: Device): void {
  const list = devices.value
  if (!list) return
  const isThere = list.items.some(({ id }) => id === device.id)
  const items = isThere ? list.items.map((one) => (one.id === device.id ? device : one)) : [...list.items, device]
  devices.value = { ...list, items }
}

export function dropDevice(id: string): void {
  const list = devices.value
  if (list) devices.value = { ...list, items: list.items.filter((one) => one.id !== id) }
}

export function forgetDevices(): void {
  devices.value = null
  takenAt = -FRESH
}
