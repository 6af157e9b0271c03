import { Component, type ComponentChildren } from 'preact'
import { t } from '../i18n'

interface State {
  error: unknown
}

/** A page that breaks shows itself, with what to report; it never goes blank. */
export class Boundary extends Component<{ children: ComponentChildren }, State> {
  override state: State = { error: null }

  static override getDerivedStateFromError(error: unknown): State {
    return { error }
  }

  override componentDidCatch(error: unknown): void {
    console.error(error)
  }

  override render() {
    return this.state.error === null ? this.props.children : <Broken error={this.state.error} />
  }
}

function Broken({ error }: { error: unknown }) {
  const words = t.value
  const text = error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error)
  return (
    <main class="door" data-testid="broken">
      <div class="door-card">
        <h1>{words.state.broken}</h1>
        <p>{words.state.brokenWhy}</p>
        <pre class="broken-text">{text.slice(0, 1500)}</pre>
        <button type="button" class="button is-accent" onClick={() => location.reload()}>
          {words.action.reload}
        </button>
      </div>
    </main>
  )
}
