import { Info } from 'lucide'
import type { ComponentChildren } from 'preact'
import { explain } from '../actions'
import { n } from '../i18n/notices'
import { familyOf } from '../notices/standing'
import { deviceId, isOn, isSwitching, pushTrouble, standing, switchOff, switchOn } from '../notices/this-device'
import { Icon } from './Icon'
import { Switch } from './Switch'

/** Whether this browser tells, or why it cannot and what helps. */
export function TellMe() {
  const words = n.value.device
  const now = standing.value
  const change = (on: boolean): void => {
    ;(on ? switchOn() : switchOff()).catch(explain)
  }
  return (
    <section class="settings-part" data-testid="tell-me" data-standing={now} aria-label={words.title}>
      <h3>{words.title}</h3>
      {now === 'ask' || now === 'granted' ? (
        <Switch label={words.tell} note={words.why} on={isOn.value} busy={isSwitching.value} testId="tell-me-switch" onChange={change} />
      ) : (
        <Hint>
          {words[now]} {now === 'denied' && words.undo[familyOf(navigator.userAgent)]}
        </Hint>
      )}
      {isOn.value && (pushTrouble.value || deviceId.value === null) && <Hint>{words.onlyOpen}</Hint>}
    </section>
  )
}

function Hint({ children }: { children: ComponentChildren }) {
  return (
    <p class="settings-hint" role="status">
      <Icon of={Info} size={16} />
      <span>{children}</span>
    </p>
  )
}
