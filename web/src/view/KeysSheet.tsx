import { X } from 'lucide'
import { t } from '../i18n'
import { GROUPS, KEYS, type Group } from '../keys'
import { lettersOn, sheetOpen, switchLetters } from '../letters'
import { IconButton } from './IconButton'
import { useModal } from './modal'

const isMac = /Mac|iP/.test(navigator.platform)
const SIGNS: Record<string, string> = { ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓', Mod: isMac ? '⌘' : 'Ctrl', '-': '−' }

const close = (): void => void (sheetOpen.value = false)

/** Every key there is, drawn from the one table. */
export function KeysSheet() {
  const dialog = useModal(() => null)
  const words = t.value.keys
  return (
    <dialog class="keys" ref={dialog} aria-labelledby="keys-title" data-testid="keys-sheet" onClose={close} onClick={(event) => event.target === dialog.current && close()}>
      <header class="keys-head">
        <h2 id="keys-title">{words.title}</h2>
        <IconButton icon={X} label={t.value.action.close} testId="keys-close" onClick={close} />
      </header>
      <div class="keys-groups">
        {GROUPS.map((group) => (
          <Keys key={group} group={group} />
        ))}
      </div>
      <label class="keys-letters">
        <input type="checkbox" checked={lettersOn.value} data-testid="letters" onChange={(event) => switchLetters(event.currentTarget.checked)} />
        <span>
          {words.letters}
          <small>{words.lettersWhy}</small>
        </span>
      </label>
    </dialog>
  )
}

function Keys({ group }: { group: Group }) {
  const words = t.value.keys
  return (
    <section class="keys-group">
      <h3>{words.groups[group]}</h3>
      <dl>
        {KEYS.filter((key) => key.group === group).map(({ name, combos }) => (
          <div key={name} class="keys-row" data-testid="keys-row" data-name={name}>
            <dt>{words.names[name]}</dt>
            <dd>
              {shorten(combos).map((combo, index) => (
                <Combo key={combo} combo={combo} isFirst={index === 0} />
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

/** Shift with each arrow is told once. */
const shorten = (combos: readonly string[]): readonly string[] => (combos.length > 3 && combos[0]!.startsWith('Shift+') ? ['Shift+←↑↓→'] : combos)

function Combo({ combo, isFirst }: { combo: string; isFirst: boolean }) {
  const words = t.value.keys
  return (
    <>
      {!isFirst && <span class="sr-only"> {words.or} </span>}
      {combo.split(' ').map((part, index) => (
        <span key={part} class="keys-combo">
          {index > 0 && <span class="keys-then">{words.then}</span>}
          {part.split(/(?<=.)\+(?=.)/).map((key) => (
            <kbd key={key}>{labelOf(key)}</kbd>
          ))}
        </span>
      ))}
    </>
  )
}

function labelOf(key: string): string {
  const labels: Partial<Record<string, string>> = t.value.keys.labels
  return SIGNS[key] ?? labels[key] ?? (key.length === 1 ? key.toUpperCase() : key)
}
