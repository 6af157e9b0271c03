// From the click to the request: the cards stand before the first byte leaves.
import { signal } from '@preact/signals'
import { announce, follow } from './announce'
import { Refused, requestImages } from './api'
import { localOf } from './attach'
import { capSentence, forgetCap, meetCap } from './cap'
import { clock, serverNow } from './clock'
import type { GenerationRequest, Image, Model } from './contract.gen'
import { type Draft, type DraftInput, fit, type Options } from './draft'
import { keepPrompt } from './history'
import { t } from './i18n'
import { isReal, learnFrom } from './learn'
import { propose, refuse, withdraw, change, type ProvisionalGeneration } from './provisional'
import { hold, secondsLeft } from './rate'
import { nearestRatio, ratioValue } from './ratio'
import { known } from './shelf'
import { uploads } from './upload'
import { uuid } from './uuid'
import { fileUrl } from './api'

/** A request as it was meant at the click; what is sent again is the same, under the same key. */
interface Wish {
  batch: string
  key: string
  project: string
  prompt: string
  inputs: readonly DraftInput[]
  options: Options
  models: readonly Model[]
  edit: () => void
}

/** Whether something was asked for in this tab: only now may a person care to be told elsewhere. */
export const hasWished = signal(false)

/** Shows the cards and sends the wish. The draft stays as it is. */
export function generate(draft: Draft, models: readonly Model[], most: number): void {
  if (secondsLeft.value > 0) return
  const { prompt, inputs, options } = {
    prompt: draft.prompt.value.trim(),
    inputs: draft.inputs.value,
    options: fit(draft.options.value, models, most),
  }
  keepPrompt(prompt)
  hasWished.value = true
  const edit = (): void => {
    draft.prompt.value = prompt
    draft.inputs.value = inputs
    draft.options.value = options
    focusPrompt()
  }
  fulfil({ batch: uuid(), key: uuid(), project: draft.project, prompt, inputs, options, models, edit })
}

/** Asks for one more of a picture, with all that it was asked for with. */
export function repeat(image: Image, models: readonly Model[], edit: () => void): void {
  const { project, prompt, resolution } = image
  const inputs = image.inputs.map((id) => ({ key: id, image: id }))
  const options = { model: image.model ?? models[0]?.id ?? '', ratio: image.aspect_ratio ?? 'auto', resolution, count: 1 }
  fulfil({ batch: uuid(), key: uuid(), project, prompt, inputs, options, models, edit })
}

/** Puts the caret into the prompt, at its end. */
export function focusPrompt(): void {
  const field = document.querySelector<HTMLTextAreaElement>('#prompt')
  field?.focus()
  field?.setSelectionRange(field.value.length, field.value.length)
}

function fulfil(wish: Wish): void {
  propose(cards(wish), isReal)
  announce(t.value.making.asked(wish.options.count))
  void send(wish).catch((error: unknown) => {
    const refused = error instanceof Refused ? error : new Refused('internal', String(error))
    if (refused.code === 'rate_limited') hold(refused.retryAfter ?? 1)
    meetCap(refused)
    refuse(wish.batch, refused)
    announce(refused.money ? capSentence(refused.money) : t.value.errors[refused.code](refused))
  })
}

async function send(wish: Wish): Promise<void> {
  const inputs = await Promise.all(wish.inputs.map(accepted))
  change(wish.batch, { waits: false })
  const { model, ratio, resolution, count } = wish.options
  const request: GenerationRequest = {
    prompt: wish.prompt,
    inputs,
    model,
    aspect_ratio: ratio,
    resolution,
    count,
    batch: wish.batch,
  }
  const { images } = await learnFrom(requestImages(wish.project, request, wish.key), (answer) => answer.images)
  follow(images.map(({ id }) => id))
  forgetCap()
}

/** The picture's id, as soon as the server has the file. */
async function accepted(input: DraftInput): Promise<string> {
  if (input.image) return input.image
  const upload = uploads.get(input.key)
  if (!upload) throw new Refused('not_found')
  return (await upload.accepted).id
}

function cards(wish: Wish): ProvisionalGeneration[] {
  const at = serverNow(clock) * 1000
  const shape = shapeOfWish(wish)
  const waits = wish.inputs.some(({ image }) => image === null)
  return Array.from({ length: wish.options.count }, (_, position) => ({
    kind: 'generation',
    batch: wish.batch,
    position,
    project: wish.project,
    at,
    shape,
    prompt: wish.prompt,
    backdrop: backdropOf(wish.inputs[0]),
    waits,
    refused: null,
    retry: () => again(wish),
    edit: wish.edit,
    dismiss: () => withdraw(wish.batch),
  }))
}

function again(wish: Wish): void {
  if (secondsLeft.value > 0) return
  withdraw(wish.batch)
  fulfil(wish)
}

function shapeOfWish({ options, inputs, models }: Wish): number {
  if (options.ratio !== 'auto') return ratioValue(options.ratio)
  const shape = shapeOfInput(inputs[0])
  const model = models.find(({ id }) => id === options.model)
  return shape && model ? ratioValue(nearestRatio(shape, model.ratios)) : 1
}

/** An input's shape, from its picture or from the file on its way; null where neither is known. */
export function shapeOfInput(input: DraftInput | undefined): number | null {
  const picture = input && pictureOfInput(input)
  if (picture?.width && picture.height) return picture.width / picture.height
  return localOf(input?.key ?? null)?.shape ?? localOf(picture?.batch ?? null)?.shape ?? null
}

function backdropOf(input: DraftInput | undefined): string | null {
  if (!input) return null
  const picture = pictureOfInput(input)
  return (picture && fileUrl(picture, 'thumb')) ?? localOf(input.key)?.url ?? null
}

const pictureOfInput = (input: DraftInput): Image | undefined =>
  input.image === null ? undefined : known().images.get(input.image)
