import { ArchiveRestore, CheckCheck, Download, FolderInput, FolderPlus, Heart, Trash2, X } from 'lucide'
import { signal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { makeProject } from '../api'
import { explain } from '../actions'
import { formatNumber, t } from '../i18n'
import { place } from '../route'
import { isFavorite, orderNow, selected, selecting } from '../scene'
import { selectAll } from '../selection'
import { mayWrite } from '../session'
import { projects, takeProject } from '../shelf'
import { uuid } from '../uuid'
import { bringBack, clearSelection, download, favorite, moveTo, remove, targets } from './deeds'
import { Icon } from './Icon'
import { IconButton } from './IconButton'
import { whenLeft } from './outside'

/** Whether the projects to move to are listed. */
export const moving = signal(false)

/** What can be done to the selected pictures; it floats as long as there are any. */
export function SelectionBar() {
  useEffect(() => {
    document.documentElement.toggleAttribute('data-selecting', selecting.value)
    if (!selecting.value) moving.value = false
  }, [selecting.value])
  const words = t.value
  const count = selected.value.ids.size
  return (
    <section aria-label={count > 0 ? words.hands.bar : undefined}>
      <p class="sr-only" role="status">
        {count > 0 && words.hands.selected(count)}
      </p>
      {count > 0 && (
        <div class={`picks ${place.value.trash || !mayWrite.value ? 'is-low' : ''}`} role="toolbar" aria-label={words.hands.bar} data-testid="selection-bar">
          <IconButton icon={X} label={words.hands.clear} testId="selection-clear" onClick={clearSelection} />
          <span class="picks-count" data-testid="selection-count">
            {words.hands.selected(count)}
          </span>
          <span class="picks-figure" aria-hidden="true">
            {formatNumber(count)}
          </span>
          <IconButton icon={CheckCheck} label={words.hands.all} testId="selection-all" onClick={() => void (selected.value = selectAll(selected.value, orderNow()))} />
          <span class="picks-line" />
          {place.value.trash ? <TrashTools /> : <ProjectTools />}
        </div>
      )}
    </section>
  )
}

function ProjectTools() {
  const words = t.value
  const all = targets().every(isFavorite)
  return (
    <>
      {mayWrite.value && (
        <>
          <IconButton
            icon={Heart}
            class={all ? 'is-favorite' : ''}
            label={all ? words.hands.unfavorite : words.hands.favorite}
            testId="selection-favorite"
            onClick={() => void favorite()}
          />
          <MoveButton />
        </>
      )}
      <IconButton icon={Download} label={words.action.download} testId="selection-download" onClick={() => void download()} />
      {mayWrite.value && <IconButton icon={Trash2} label={words.action.delete} testId="selection-delete" onClick={() => void remove()} />}
    </>
  )
}

function TrashTools() {
  const words = t.value
  return (
    <>
      {mayWrite.value && (
        <button type="button" class="text-button" data-testid="selection-restore" onClick={() => void bringBack()}>
          <Icon of={ArchiveRestore} />
          {words.action.restore}
        </button>
      )}
      <IconButton icon={Download} label={words.action.download} testId="selection-download" onClick={() => void download()} />
      {mayWrite.value && <IconButton icon={Trash2} class="is-bad" label={words.bin.purge} testId="selection-purge" onClick={() => void remove()} />}
    </>
  )
}

const moveButton = (): HTMLElement | null => document.querySelector('[data-testid=selection-move]')

function MoveButton() {
  const open = moving.value
  const label = t.value.hands.move
  return (
    <span class="picks-move">
      <button
        type="button"
        class="icon-button"
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={open}
        data-testid="selection-move"
        onClick={() => void (moving.value = !open)}
      >
        <Icon of={FolderInput} />
      </button>
      {open && <MoveMenu />}
    </span>
  )
}

function MoveMenu() {
  const words = t.value
  const menu = useRef<HTMLDivElement>(null)
  const close = (): void => void (moving.value = false)
  useLayoutEffect(() => {
    menu.current?.querySelector<HTMLElement>('[role=menuitem]')?.focus()
    return whenLeft(menu.current!, close, moveButton)
  }, [])
  const others = projects.value.filter(({ id }) => id !== place.value.project)
  const intoNew = async (): Promise<void> => {
    const images = targets()
    close()
    try {
      const project = await makeProject(words.project.unnamed, uuid())
      takeProject(project)
      await moveTo(project.id, project.name, images)
    } catch (error) {
      explain(error)
    }
  }
  return (
    <div class="picks-menu" role="menu" aria-label={words.hands.moveTo} ref={menu} data-testid="move-menu" onKeyDown={(event) => stepInMenu(menu.current!, event)}>
      <p class="picks-menu-title" aria-hidden="true">
        {others.length ? words.hands.moveTo : words.hands.moveNowhere}
      </p>
      {others.map(({ id, name }) => (
        <button key={id} type="button" role="menuitem" class="side-row" tabIndex={-1} data-testid="move-to" data-id={id} onClick={() => void moveTo(id, name)}>
          <span class="side-name">{name}</span>
        </button>
      ))}
      <button type="button" role="menuitem" class="side-row is-quiet" tabIndex={-1} data-testid="move-to-new" onClick={() => void intoNew()}>
        <Icon of={FolderPlus} size={16} />
        {words.hands.moveNew}
      </button>
    </div>
  )
}

/** The arrows go round. */
function stepInMenu(menu: HTMLElement, event: KeyboardEvent): void {
  const items = [...menu.querySelectorAll<HTMLElement>('[role=menuitem]')]
  const here = items.indexOf(document.activeElement as HTMLElement)
  const to: Partial<Record<string, number>> = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: items.length - 1 }
  const next = to[event.key]
  if (next === undefined) return
  event.preventDefault()
  items.at(next % items.length)?.focus()
}
