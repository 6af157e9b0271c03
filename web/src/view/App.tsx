import { useEffect } from 'preact/hooks'
import { t } from '../i18n'
import { place } from '../route'
import { mayWrite, phase } from '../session'
import { projects } from '../shelf'
import { spendingOpen } from '../spending'
import { Composer } from './Composer'
import { Confirm } from './Confirm'
import { SignedOut, Unreachable } from './Door'
import { DropZone } from './DropZone'
import { Grid } from './Grid'
import { Lightbox } from './Lightbox'
import { Notice } from './Notice'
import { NoProject } from './NoProject'
import { QueuePanel } from './QueuePanel'
import { Sidebar } from './Sidebar'
import { Spending } from './Spending'
import { Toasts } from './Toasts'
import { Topbar } from './Topbar'
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
  const { project, image } = place.value
  const known = projects.value.find(({ id }) => id === project)
  const name = known?.name
  useEffect(() => {
    document.title = name ? `${name} · Atelier` : 'Atelier'
  }, [name])
  return (
    <>
      <div class="studio">
        <Sidebar />
        <main class="stage">
          <div class="top-place">
            <Topbar />
            <Notice />
          </div>
          <div class="wall">{project ? known ? <Grid key={project} project={project} /> : <ProjectGone /> : <NoProject />}</div>
          {project && known && mayWrite.value && <Composer key={`form:${project}`} />}
        </main>
      </div>
      {known && project && image && <Lightbox project={project} id={image} />}
      <QueuePanel />
      <Spending />
      <DropZone />
      <Confirm />
      {!(known && image) && !spendingOpen.value && <Toasts />}
    </>
  )
}
