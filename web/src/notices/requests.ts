// What the server is asked of notices and devices.
import { ask } from '../api'
import type { Device, DeviceEdit, Devices, NewDevice, NoticeChoices, Notices, Untold, UntoldAsked } from '../contract.gen'

export const fetchNotices = () => ask<Notices>('GET', '/api/notices')
export const tellShown = (outcomes: string[], device: string | null) => ask<unknown>('POST', '/api/notices/shown', { body: { outcomes, device } })
export const fetchUntold = (asked: UntoldAsked) => ask<Untold>('POST', '/api/notices/untold', { body: asked })

export const fetchDevices = () => ask<Devices>('GET', '/api/devices')
export const addDevice = (device: NewDevice) => ask<Device>('POST', '/api/devices', { body: device })
export const editDevice = (id: string, edit: DeviceEdit) => ask<Device>('PATCH', `/api/devices/${id}`, { body: edit })
export const removeDevice = (id: string) => ask<unknown>('DELETE', `/api/devices/${id}`)
export const testDevice = (id: string) => ask<unknown>('POST', `/api/devices/${id}/test`)

export const fetchChoices = () => ask<NoticeChoices>('GET', '/api/notice-choices')
export const putChoices = (choices: NoticeChoices) => ask<NoticeChoices>('PUT', '/api/notice-choices', { body: choices })
