import { FlaskConical, Heart, Menu } from 'lucide'
import { t } from '../i18n'
import { place } from '../route'
import { favoritesOnly, showFavorites } from '../scene'
import { newInAll } from '../seeing'
import { me } from '../session'
import { projects } from '../shelf'
import { Bell } from './Bell'
import { Icon } from './Icon'
import { IconButton } from './IconButton'
import { LiveDot } from './LiveDot'
import { QueueChip } from './QueueChip'
import { drawerOpen } from './Sidebar'

/** Where one is, and whether it is true. */
export function Topbar() {
  const words = t.value
  const project = projects.value.find(({ id }) => id === place.value.project)
  return (
    <header class="top">
      <MenuButton />
      <h1 class="top-title">{place.value.trash ? words.bin.title : (project?.name ?? 'Atelier')}</h1>
      {me.value?.provider.simulated && (
        <span class="top-note" title={words.state.simulatedWhy} data-testid="simulated">
          <Icon of={FlaskConical} size={15} />
          <span class="top-note-words">{words.state.simulated}</span>
        </span>
      )}
      {project && (
        <IconButton
          icon={Heart}
          class="top-favorites"
          label={words.hands.onlyFavorites}
          testId="only-favorites"
          pressed={favoritesOnly.value}
          onClick={() => showFavorites(!favoritesOnly.value)}
        />
      )}
      <span class="grow" />
      <QueueChip />
      <LiveDot />
      <Bell />
    </header>
  )
}

/** On a narrow screen the projects are behind this; so it says that something new is among them. */
function MenuButton() {
  const words = t.value
  const count = newInAll.value
  const label = count > 0 ? `${words.project.all}, ${words.unread.count(count)}` : words.project.all
  return <IconButton icon={Menu} class={`top-menu ${count > 0 ? 'has-new' : ''}`} label={label} testId="menu" onClick={() => void (drawerOpen.value = true)} />
}
