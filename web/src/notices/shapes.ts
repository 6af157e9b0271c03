// The shapes of `/api/notices`, `/api/devices` and `/api/notice-choices`, and of a push.
import type { Image } from '../contract.gen'

export const KINDS = ['ready', 'failed', 'batch', 'credits_low'] as const
export type NoticeKind = (typeof KINDS)[number]

export interface Notices {
  images: Image[]
  epoch: string
  seq: number
  now: string
}

export interface Device {
  id: string
  name: string
  language: 'en' | 'fr'
  off: NoticeKind[]
  created_at: string
  pushed_at: string | null
  trouble: 'refused' | 'unreachable' | null
}

export interface Devices {
  items: Device[]
  key: string
}

export interface NewDevice {
  endpoint: string
  p256dh: string
  auth: string
  name: string
  language: 'en' | 'fr'
}

export type DeviceEdit = Partial<Pick<Device, 'name' | 'language' | 'off'>>

export interface NoticeChoices {
  on: NoticeKind[]
  muted_projects: string[]
}
