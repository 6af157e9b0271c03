import { useEffect } from 'preact/hooks'
import { explain } from '../actions'
import { n } from '../i18n/notices'
import { install, installOffer } from '../install'
import { choices, choose, loadChoices, switched } from '../notices/choices'
import { listDevices } from '../notices/devices'
import { KINDS } from '../notices/kinds'
import { soundOn, switchSound } from '../notices/sound'
import { projects } from '../shelf'
import { DeviceList } from './DeviceList'
import { Switch } from './Switch'
import { TellMe } from './TellMe'

/** Where, of what and how one is told. */
export function NoticeSettings() {
  const words = n.value
  useEffect(() => {
    Promise.all([loadChoices(), listDevices()]).catch(explain)
  }, [])
  return (
    <div class="queue-body settings" data-testid="notice-settings">
      <TellMe />
      <Kinds />
      <Projects />
      <DeviceList />
      <section class="settings-part">
        <Switch label={words.sound.title} note={words.sound.why} on={soundOn.value} testId="sound" onChange={switchSound} />
      </section>
      {installOffer.value && (
        <section class="settings-part settings-app">
          <span class="switch-words">
            {words.app.title}
            <small>{words.app.why}</small>
          </span>
          <button type="button" class="button is-small" data-testid="install" onClick={() => void install()}>
            {words.app.button}
          </button>
        </section>
      )}
    </div>
  )
}

function Kinds() {
  const words = n.value.kinds
  const told = choices.value
  return (
    <section class="settings-part" aria-label={words.title}>
      <h3>{words.title}</h3>
      <p class="settings-why">{words.why}</p>
      {KINDS.map((kind) => (
        <Switch
          key={kind}
          label={words[kind]}
          on={told?.on.includes(kind) ?? false}
          busy={!told}
          testId={`kind-${kind}`}
          onChange={(on) => void choose({ on: switched(told!.on, kind, on) }).catch(explain)}
        />
      ))}
    </section>
  )
}

function Projects() {
  const words = n.value.projects
  const told = choices.value
  if (!projects.value.length) return null
  return (
    <details class="settings-part">
      <summary>{words.title}</summary>
      <p class="settings-why">{words.why}</p>
      {projects.value.map(({ id, name }) => (
        <Switch
          key={id}
          label={name}
          on={!told?.muted_projects.includes(id)}
          busy={!told}
          testId="project-told"
          onChange={(on) => void choose({ muted_projects: switched(told!.muted_projects, id, !on) }).catch(explain)}
        />
      ))}
    </details>
  )
}
