import { signal } from '@preact/signals'
import { Keyboard, LogOut, Pencil, Plus, Trash2, Wallet, X } from 'lucide'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { addProject, leave, rename } from '../actions'
import { leaving, removeProject } from '../remove-project'
import type { Project } from '../contract.gen'
import { t } from '../i18n'
import { sheetOpen } from '../letters'
import { go, place, THE_TRASH } from '../route'
import { mayWrite, me } from '../session'
import { projects } from '../shelf'
import { openSpending } from '../spending'
import { Brand } from './Brand'
import { Icon } from './Icon'
import { IconButton } from './IconButton'
import { NewCount } from './NewMark'
import { LanguageSwitch, ThemeSwitch } from './Switches'

/** On a narrow screen the side is a drawer. */
export const drawerOpen = signal(false)

/** A project made here asks for its name at once. */
const naming = signal<string | null>(null)

export function Sidebar() {
  const words = t.value
  const side = useRef<HTMLElement>(null)
  const close = (): void => void (drawerOpen.value = false)
  // Before the next frame: a key that comes at once must already be heard, wherever the focus was.
  useLayoutEffect(() => {
    if (!drawerOpen.value) return
    side.current?.querySelector<HTMLElement>('.side-close')?.focus()
    const onKey = (event: KeyboardEvent): void => void (event.key === 'Escape' && close())
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [drawerOpen.value])
  return (
    <>
      {drawerOpen.value && <div class="drawer-scrim" onClick={close} />}
      <aside ref={side} class={`side ${drawerOpen.value ? 'is-open' : ''}`}>
        <div class="side-head">
          <Brand />
          <IconButton icon={X} class="side-close" label={words.action.close} onClick={close} />
        </div>
        <nav class="side-projects" aria-label={words.project.all}>
          <h2 class="side-title">{words.project.all}</h2>
          <ul>
            {projects.value.filter(({ id }) => !leaving.value.has(id)).map((project) => (
              <ProjectRow key={project.id} project={project} />
            ))}
          </ul>
          {mayWrite.value && <NewProjectButton />}
        </nav>
        <Foot />
      </aside>
    </>
  )
}

function NewProjectButton() {
  // One project for one wish, however often the button is pressed before the answer.
  const underway = useRef(false)
  const add = async (): Promise<void> => {
    if (underway.current) return
    underway.current = true
    naming.value = (await addProject())?.id ?? null
    underway.current = false
  }
  return (
    <button type="button" class="side-row is-quiet" data-testid="new-project" onClick={() => void add()}>
      <Icon of={Plus} />
      {t.value.project.new}
    </button>
  )
}

function ProjectRow({ project }: { project: Project }) {
  const words = t.value
  const isOpen = place.value.project === project.id
  if (naming.value === project.id) return <Naming project={project} />
  const open = (event: MouseEvent): void => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    go({ project: project.id, image: null })
    scrollTo({ top: 0 })
    drawerOpen.value = false
  }
  return (
    <li class={`side-item ${isOpen ? 'is-open' : ''}`}>
      <a
        class="side-row"
        href={`/p/${project.id}`}
        aria-current={isOpen ? 'page' : undefined}
        data-testid="project-link"
        data-id={project.id}
        onClick={open}
      >
        <span class="side-name">{project.name}</span>
        <NewCount project={project.id} />
      </a>
      {mayWrite.value && (
        <span class="side-tools">
          <IconButton icon={Pencil} size={15} label={words.action.rename} testId="rename-project" onClick={() => void (naming.value = project.id)} />
          <IconButton icon={Trash2} size={15} label={words.action.delete} testId="delete-project" onClick={() => void removeProject(project)} />
        </span>
      )}
    </li>
  )
}

function Naming({ project }: { project: Project }) {
  const [name, setName] = useState(project.name)
  const done = useRef(false)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => {
    field.current?.focus()
    field.current?.select()
  }, [])
  const end = (keep: boolean): void => {
    if (done.current) return
    done.current = true
    naming.value = null
    if (keep) void rename(project, name)
  }
  return (
    <li class="side-item">
      <input
        class="side-input"
        value={name}
        maxLength={120}
        aria-label={t.value.project.name}
        data-testid="project-name"
        ref={field}
        onInput={(event) => setName(event.currentTarget.value)}
        onBlur={() => end(true)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') end(true)
          if (event.key !== 'Escape') return
          // The name is given up, not the drawer it stands in.
          event.stopPropagation()
          end(false)
        }}
      />
    </li>
  )
}

function Foot() {
  const words = t.value
  const spend = (): void => {
    drawerOpen.value = false
    openSpending()
  }
  const open = (event: MouseEvent): void => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    go(THE_TRASH)
    scrollTo({ top: 0 })
    drawerOpen.value = false
  }
  const keys = (): void => {
    drawerOpen.value = false
    sheetOpen.value = true
  }
  const inTrash = place.value.trash === true
  return (
    <footer class="side-foot">
      <span class={`side-item ${inTrash ? 'is-open' : ''}`}>
        <a class="side-row is-quiet" href="/trash" aria-current={inTrash ? 'page' : undefined} data-testid="trash-link" onClick={open}>
          <Icon of={Trash2} size={16} />
          {words.bin.title}
        </a>
      </span>
      <button type="button" class="side-row is-quiet" data-testid="open-spending" onClick={spend}>
        <Icon of={Wallet} size={16} />
        {words.money.title}
      </button>
      <span class="side-account" title={me.value?.account.email}>
        {me.value?.account.email}
      </span>
      <div class="side-switches">
        <LanguageSwitch />
        <span class="grow" />
        <IconButton icon={Keyboard} class="side-keys" label={words.keys.open} testId="open-keys" onClick={keys} />
        <ThemeSwitch />
        <IconButton icon={LogOut} label={words.action.signOut} testId="sign-out" onClick={() => void leave()} />
      </div>
    </footer>
  )
}
