import { signal } from '@preact/signals'
import type { ComponentType } from 'preact'
import { useEffect } from 'preact/hooks'
import { formatNumber, t } from '../i18n'
import { noticesOpen } from '../late'
import { tellMissing } from '../late-code'
import { sheetOpen } from '../letters'
import { queueOpen } from '../queue'
import { place } from '../route'
import { newInAll } from '../seeing'
import { mayWrite, phase } from '../session'
import { projects } from '../shelf'
import { spendingOpen } from '../spending'
import { Composer } from './Composer'
import { Confirm } from './Confirm'
import { SignedOut, Unreachable } from './Door'
import { DropZone } from './DropZone'
import { Grid } from './Grid'
import { followKeys } from './hotkeys'
import { Lightbox } from './Lightbox'
import { isNarrow } from './narrow'
import { Notice } from './Notice'
import { NoticesPlace } from './NoticesPlace'
import { NoProject } from './NoProject'
import { QueuePanel } from './QueuePanel'
import { Renewal } from './Renewal'
import { SelectionBar } from './SelectionBar'
import { drawerOpen, Sidebar } from './Sidebar'
import { Spending } from './Spending'
import { Toasts } from './Toasts'
import { Topbar } from './Topbar'
import { Trash } from './Trash'
import { ProjectGone } from './Trouble'

export function App() {
  switch (phase.value) {
    case 'loading':
      return <p class="boot" role="status">{t.value.state.loading}</p>
    case 'signed-out':
      return <SignedOut />
    case 'unreachable':
      return <Unreachable />
    case 'ready':
      return <Studio />
  }
}

function Studio() {
  const { project, image, trash } = place.value
  const known = projects.value.find(({ id }) => id === project)
  const name = trash ? t.value.bin.title : known?.name
  const count = newInAll.value
  useEffect(() => {
    document.title = `${count ? `(${formatNumber(count)}) ` : ''}${name ? `${name} · ` : ''}Atelier`
  }, [name, count])
  useEffect(followKeys, [])
  const hasToasts = !(known && image) && !spendingOpen.value
  // A line under the bar covers no control; whatever lies over the page would cover that line.
  const isInLine = isNarrow.value && !(queueOpen.value || noticesOpen.value || drawerOpen.value)
  return (
    <>
      <div class="studio">
        <Sidebar />
        <main class="stage">
          <div class="top-place">
            <Topbar />
            <Renewal />
            <Notice />
            {hasToasts && isInLine && <Toasts />}
          </div>
          <div class="wall">{trash ? <Trash /> : project ? known ? <Grid key={project} project={project} /> : <ProjectGone /> : <NoProject />}</div>
          {project && known && mayWrite.value && <Composer key={`form:${project}`} />}
        </main>
      </div>
      <SelectionBar />
      {known && project && image && <Lightbox project={project} id={image} />}
      <QueuePanel />
      <NoticesPlace />
      <Spending />
      <DropZone />
      <LazySheet />
      <Confirm />
      {hasToasts && !isInLine && <Toasts />}
    </>
  )
}

const sheet = signal<ComponentType | null>(null)

/** Few ever look at it, so it comes when it is asked for. */
function LazySheet() {
  const open = sheetOpen.value
  useEffect(() => {
    if (!open || sheet.value) return
    import('./KeysSheet').then(
      ({ KeysSheet }) => (sheet.value = KeysSheet),
      () => {
        sheetOpen.value = false
        tellMissing(() => void (sheetOpen.value = true))
      },
    )
  }, [open])
  const Sheet = sheet.value
  return open && Sheet ? <Sheet /> : null
}
