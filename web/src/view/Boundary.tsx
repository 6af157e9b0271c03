import { Copy } from 'lucide'
import { Component, type ComponentChildren } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { t } from '../i18n'
import { phase } from '../session'
import { Icon } from './Icon'

interface State {
  error: unknown
}

/** A page that breaks shows itself, with what to report and how; it never goes blank. */
export class Boundary extends Component<{ children: ComponentChildren }, State> {
  override state: State = { error: null }

  static override getDerivedStateFromError(error: unknown): State {
    return { error }
  }

  override componentDidMount(): void {
    // What `index.html` says as long as there is no program.
    document.getElementById('boot')?.remove()
    addEventListener('error', ({ error }) => this.stuck(error))
    addEventListener('unhandledrejection', ({ reason }) => this.stuck(reason))
  }

  override componentDidCatch(error: unknown): void {
    console.error(error)
  }

  override render() {
    return this.state.error === null ? this.props.children : <Broken error={this.state.error} />
  }

  /** No view throws while there is none yet: what broke on the way to the first one would leave it loading for ever. */
  private stuck(error: unknown): void {
    if (phase.peek() === 'loading' && error instanceof Error) this.setState({ error })
  }
}

function Broken({ error }: { error: unknown }) {
  const words = t.value
  const what = useRef<HTMLPreElement>(null)
  const [answer, say] = useState('')
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(what.current!.innerText)
      say(words.toast.copied)
    } catch {
      // Marked it is at least, for a key or a menu that copies.
      getSelection()?.selectAllChildren(what.current!)
      say(words.lightbox.noCopy)
    }
  }
  return (
    <main class="door" data-testid="broken">
      <div class="door-card" role="alert">
        <h1>{words.state.broken}</h1>
        <p>{words.state.brokenWhy}</p>
        <pre class="broken-text" ref={what} tabIndex={0} role="group" aria-label={words.state.brokenWhat}>
          {reportOf(error)}
        </pre>
        <div class="broken-ways">
          <button type="button" class="button is-accent" data-testid="broken-reload" onClick={() => location.reload()}>
            {words.action.reload}
          </button>
          <button type="button" class="button" data-testid="broken-copy" onClick={() => void copy()}>
            <Icon of={Copy} size={15} />
            {words.state.brokenCopy}
          </button>
          <span role="status">{answer}</span>
        </div>
      </div>
    </main>
  )
}

const MOST_OF_IT = 1500

/** What somebody who was not there needs: the error, where and when it was, and the browser. */
function reportOf(error: unknown): string {
  return `${textOf(error).slice(0, MOST_OF_IT).trim()}\n\n${location.origin}${location.pathname}\n${new Date().toISOString()}\n${navigator.userAgent}`
}

/** Not every browser begins the stack with the message. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { message, stack = '' } = error
  return stack.includes(message) ? stack : `${message}\n${stack}`
}
