// What a person is about to ask for: kept for each project in this tab, through errors and reloads.
import { effect, signal, type Signal } from '@preact/signals'
import type { Image, Model } from './contract.gen'
import { forgetPrompts } from './history'
import { forgetKept, recall, remember } from './preferences'

/** An input; `image` is null while its file is still going up as `batch`. */
export interface DraftInput {
  key: string
  image: string | null
}

export interface Options {
  model: string
  ratio: string
  resolution: string
  count: number
}

export interface Draft {
  project: string
  prompt: Signal<string>
  /** What stood in the prompt before a walk through what was sent; null while nobody walks. */
  aside: Signal<string | null>
  inputs: Signal<readonly DraftInput[]>
  options: Signal<Options>
}

/** What of a draft outlives a reload. */
interface Kept {
  prompt: string
  aside: string | null
  inputs: string[]
  options: Options
}

const drafts = new Map<string, Draft>()
const session = (): Storage => sessionStorage
const storageKey = (project: string): string => `atelier:draft:${project}`

/** The project's draft, as this tab left it. */
export function draftOf(project: string, defaults: Options): Draft {
  const open = drafts.get(project)
  if (open) return open
  const kept = parseKept(recall(storageKey(project), session), defaults)
  const draft: Draft = {
    project,
    prompt: signal(kept.prompt),
    aside: signal(kept.aside),
    inputs: signal(kept.inputs.map((image) => ({ key: image, image }))),
    options: signal(kept.options),
  }
  drafts.set(project, draft)
  effect(() => remember(storageKey(project), JSON.stringify(keep(draft)), session))
  return draft
}

/** Whoever leaves takes their drafts along, and what they sent before. */
export function forgetDrafts(): void {
  for (const project of drafts.keys()) forgetKept(storageKey(project), session)
  drafts.clear()
  forgetPrompts()
}

function keep(draft: Draft): Kept {
  return {
    prompt: draft.prompt.value,
    aside: draft.aside.value,
    inputs: draft.inputs.value.flatMap(({ image }) => image ?? []),
    options: draft.options.value,
  }
}

/** Reads what was kept, whatever an older page may have written there. */
export function parseKept(text: string | null, defaults: Options): Kept {
  const empty: Kept = { prompt: '', aside: null, inputs: [], options: defaults }
  try {
    const kept = JSON.parse(text ?? '{}') as Partial<Kept>
    return {
      prompt: typeof kept.prompt === 'string' ? kept.prompt : '',
      aside: typeof kept.aside === 'string' ? kept.aside : null,
      inputs: Array.isArray(kept.inputs) ? kept.inputs.filter((id) => typeof id === 'string') : [],
      options: { ...defaults, ...kept.options },
    }
  } catch {
    return empty
  }
}

/** Options that the model offers; what it does not is replaced by its first. */
export function fit(options: Options, models: readonly Model[], most: number): Options {
  const model = models.find(({ id }) => id === options.model) ?? models[0]
  if (!model) return options
  const { ratio, resolution, count } = options
  return {
    model: model.id,
    ratio: ratio === 'auto' || model.ratios.includes(ratio) ? ratio : 'auto',
    resolution: model.resolutions.includes(resolution) ? resolution : (model.resolutions[0] ?? '1K'),
    count: Math.min(Math.max(1, Math.round(count) || 1), most),
  }
}

export function addInput(draft: Draft, input: DraftInput): void {
  if (draft.inputs.value.some(({ key, image }) => key === input.key || (image && image === input.image))) return
  draft.inputs.value = [...draft.inputs.value, input]
}

export function removeInput(draft: Draft, key: string): void {
  const rest = draft.inputs.value.filter((input) => input.key !== key)
  if (rest.length < draft.inputs.value.length) draft.inputs.value = rest
}

/** Moves an input by `by` places, as far as the row goes. */
export function moveInput(draft: Draft, key: string, by: number): void {
  const inputs = [...draft.inputs.value]
  const from = inputs.findIndex((input) => input.key === key)
  const to = Math.min(Math.max(0, from + by), inputs.length - 1)
  const [moved] = from < 0 ? [] : inputs.splice(from, 1)
  if (!moved) return
  inputs.splice(to, 0, moved)
  draft.inputs.value = inputs
}

/** An upload was accepted: from now on its input is a picture. */
export function uploaded(batch: string, image: string): void {
  for (const draft of drafts.values()) {
    const { inputs } = draft
    if (!inputs.value.some(({ key }) => key === batch)) continue
    inputs.value = inputs.value.map((input) => (input.key === batch ? { ...input, image } : input))
  }
}

/** A file that can never be a picture is no input: its card says why, and the rest of the wish can be sent. */
export function dropInput(key: string): void {
  for (const draft of drafts.values()) removeInput(draft, key)
}

/** Takes over all that a picture was asked for with. */
export function reuse(draft: Draft, image: Image): void {
  draft.prompt.value = image.prompt
  draft.inputs.value = image.inputs.map((id) => ({ key: id, image: id }))
  draft.options.value = {
    ...draft.options.value,
    model: image.model ?? draft.options.value.model,
    resolution: image.resolution,
    ratio: image.inputs.length ? 'auto' : (image.aspect_ratio ?? 'auto'),
  }
}
