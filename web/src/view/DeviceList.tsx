import { Send, Trash2 } from 'lucide'
import { explain } from '../actions'
import type { Device, DeviceEdit } from '../contract.gen'
import { formatDate } from '../i18n'
import { n } from '../i18n/notices'
import { switched } from '../notices/choices'
import { devices, dropDevice, putDevice } from '../notices/devices'
import { KINDS } from '../notices/kinds'
import { editDevice, removeDevice, testDevice } from '../notices/requests'
import { deviceId, switchOff } from '../notices/this-device'
import { tell } from '../toasts'
import { IconButton } from './IconButton'
import { Switch } from './Switch'

/** Every browser that is told, wherever it is. */
export function DeviceList() {
  const words = n.value.devices
  const list = devices.value
  return (
    <section class="settings-part" aria-label={words.title} aria-busy={!list}>
      <h3>{words.title}</h3>
      {list && !list.items.length && <p class="settings-why">{words.none}</p>}
      <ul>
        {list?.items.map((device) => (
          <DeviceRow key={device.id} device={device} />
        ))}
      </ul>
    </section>
  )
}

function DeviceRow({ device }: { device: Device }) {
  const words = n.value.devices
  const { id, name, pushed_at: pushedAt, trouble } = device
  const isHere = id === deviceId.value
  const remove = (): void => {
    ;(isHere ? switchOff() : removeDevice(id).then(() => dropDevice(id))).catch(explain)
  }
  const test = (): void => {
    testDevice(id).then(() => tell({ tone: 'plain', text: n.value.devices.tested }), explain)
  }
  const last = pushedAt ? words.last(formatDate(pushedAt)) : words.never
  return (
    <li class="device" data-testid="device" data-here={isHere || undefined}>
      <div class="device-head">
        <span class="device-words">
          <span class="device-name">
            {name}
            {isHere && <em> · {words.here}</em>}
          </span>
          <small class={trouble ? 'is-bad' : ''}>{trouble ? words[trouble] : last}</small>
        </span>
        <IconButton icon={Send} size={16} label={`${words.test}, ${name}`} testId="device-test" onClick={test} />
        <IconButton icon={Trash2} size={16} label={`${words.remove}, ${name}`} testId="device-remove" onClick={remove} />
      </div>
      <Choices device={device} />
    </li>
  )
}

/** What this one device is told, and what it is called. */
function Choices({ device: { id, name, off } }: { device: Device }) {
  const words = n.value
  const edit = (change: DeviceEdit): void => {
    editDevice(id, change).then(putDevice, explain)
  }
  return (
    <details class="device-more">
      <summary data-testid="device-more">{words.devices.more}</summary>
      <input
        class="device-input"
        value={name}
        maxLength={80}
        aria-label={words.devices.name}
        data-testid="device-name"
        onChange={(event) => {
          const wanted = event.currentTarget.value.trim()
          if (wanted && wanted !== name) edit({ name: wanted })
          else event.currentTarget.value = name
        }}
      />
      {KINDS.map((kind) => (
        <Switch key={kind} label={words.kinds[kind]} on={!off.includes(kind)} onChange={(on) => edit({ off: switched(off, kind, !on) })} />
      ))}
    </details>
  )
}
