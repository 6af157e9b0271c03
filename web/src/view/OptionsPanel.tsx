import { Minus, Plus, SlidersHorizontal } from 'lucide'
import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Model } from '../contract.gen'
import { fit, type Draft, type Options } from '../draft'
import { shapeOfInput } from '../generate'
import { formatMoney, formatNumber, t } from '../i18n'
import { nearestRatio, ratioValue } from '../ratio'
import { me, modelOf, models } from '../session'
import { Icon } from './Icon'
import { IconButton } from './IconButton'
import { whenLeft } from './outside'

const most = (): number => me.value?.limits.max_count ?? 1

/** A summary of how the picture will be made; it opens the panel in which that is chosen. */
export function OptionsButton({ draft }: { draft: Draft }) {
  const [open, setOpen] = useState(false)
  const root = useRef<HTMLDivElement>(null)
  const options = fit(draft.options.value, models.value, most())
  useLayoutEffect(() => {
    const button = (): HTMLElement | null => root.current!.querySelector('.options-button')
    return open ? whenLeft(root.current!, () => setOpen(false), button) : undefined
  }, [open])
  const words = t.value.form
  return (
    <div class="options" ref={root}>
      <button
        type="button"
        class="options-button"
        aria-expanded={open}
        title={words.options}
        data-testid="options"
        onClick={() => setOpen(!open)}
      >
        <Icon of={SlidersHorizontal} size={16} />
        <span class="options-model">{modelOf(options.model)?.name}</span>
        <span class="options-part">{options.ratio === 'auto' ? words.auto : options.ratio}</span>
        <span class="options-part">{options.resolution}</span>
        <span class="options-part">×{formatNumber(options.count)}</span>
      </button>
      {open && <Panel draft={draft} options={options} />}
    </div>
  )
}

interface PanelProps {
  options: Options
  model: Model
  choose: (changes: Partial<Options>) => void
}

function Panel({ draft, options }: { draft: Draft; options: Options }) {
  const model = modelOf(options.model)
  if (!model) return null
  const choose = (changes: Partial<Options>): void => {
    draft.options.value = fit({ ...options, ...changes }, models.value, most())
  }
  const props = { options, model, choose }
  return (
    <div class="panel" role="group" aria-label={t.value.form.options}>
      <ModelChoice {...props} />
      <RatioChoice {...props} auto={autoRatio(draft, model.ratios)} />
      <div class="panel-row">
        <ResolutionChoice {...props} />
        <Count {...props} />
      </div>
    </div>
  )
}

function ModelChoice({ options, choose }: PanelProps) {
  const words = t.value.form
  return (
    <fieldset>
      <legend>{words.model}</legend>
      <div class="choices is-row">
        {models.value.map(({ id, name, prices }) => (
          <Choice key={id} name="model" value={id} chosen={options.model} choose={(model) => choose({ model })}>
            {name}
            <span class="choice-note">{words.from(formatMoney(Math.min(...Object.values(prices))))}</span>
          </Choice>
        ))}
      </div>
    </fieldset>
  )
}

function RatioChoice({ options, model, choose, auto }: PanelProps & { auto: string }) {
  const words = t.value.form
  const take = (ratio: string): void => choose({ ratio })
  return (
    <fieldset>
      <legend>{words.ratio}</legend>
      <div class="choices is-ratios">
        <Choice name="ratio" value="auto" chosen={options.ratio} choose={take}>
          <Shape ratio={auto} dashed />
          {words.auto}
        </Choice>
        {model.ratios.map((ratio) => (
          <Choice key={ratio} name="ratio" value={ratio} chosen={options.ratio} choose={take}>
            <Shape ratio={ratio} />
            {ratio}
          </Choice>
        ))}
      </div>
    </fieldset>
  )
}

function ResolutionChoice({ options, model, choose }: PanelProps) {
  const take = (resolution: string): void => choose({ resolution })
  return (
    <fieldset>
      <legend>{t.value.form.resolution}</legend>
      <div class="choices">
        {model.resolutions.map((size) => (
          <Choice key={size} name="resolution" value={size} chosen={options.resolution} choose={take}>
            {size}
            <span class="choice-note">{formatMoney(model.prices[size] ?? 0)}</span>
          </Choice>
        ))}
      </div>
    </fieldset>
  )
}

function Count({ options: { count }, choose }: PanelProps) {
  const words = t.value.form
  const add = (by: number): void => choose({ count: count + by })
  return (
    <fieldset>
      <legend>{words.count}</legend>
      <div class="stepper">
        <IconButton icon={Minus} label={words.fewer} testId="count-less" disabled={count <= 1} onClick={() => add(-1)} />
        <output data-testid="count">{formatNumber(count)}</output>
        <IconButton icon={Plus} label={words.more} testId="count-more" disabled={count >= most()} onClick={() => add(1)} />
      </div>
    </fieldset>
  )
}

interface ChoiceProps {
  name: string
  value: string
  chosen: string
  choose: (value: string) => void
  children: ComponentChildren
}

function Choice({ name, value, chosen, choose, children }: ChoiceProps) {
  return (
    <label class="choice" data-testid={`${name}-${value}`}>
      <input type="radio" name={name} value={value} checked={chosen === value} onChange={() => choose(value)} />
      <span class="choice-face">{children}</span>
    </label>
  )
}

/** What the server will choose for `auto`: the ratio nearest to the first input, or a square. */
function autoRatio(draft: Draft, ratios: readonly string[]): string {
  const shape = shapeOfInput(draft.inputs.value[0])
  return shape ? nearestRatio(shape, ratios) : '1:1'
}

const BOX = 16

/** A ratio, drawn to its shape. */
function Shape({ ratio, dashed = false }: { ratio: string; dashed?: boolean }) {
  const value = ratioValue(ratio)
  const width = Math.max(3, value >= 1 ? BOX : BOX * value)
  const height = Math.max(3, value >= 1 ? BOX / value : BOX)
  return (
    <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
      <rect
        x={10 - width / 2}
        y={10 - height / 2}
        width={width}
        height={height}
        rx="2"
        fill="none"
        stroke="currentColor"
        stroke-width="1.5"
        stroke-dasharray={dashed ? '2.5 2' : undefined}
      />
    </svg>
  )
}
