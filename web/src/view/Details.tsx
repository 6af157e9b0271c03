import { ChevronDown, Copy, Download, Heart, ImagePlus, Repeat2, Trash2, WandSparkles } from 'lucide'
import type { ComponentChildren } from 'preact'
import { favor, trash } from '../actions'
import { downloadUrl, fileUrl } from '../api'
import type { Image } from '../contract.gen'
import { formatBytes, formatDate, formatMoney, formatNumber, formatSeconds, t } from '../i18n'
import { showDetails } from '../looking'
import { priceOf } from '../money'
import { secondsLeft } from '../rate'
import { go } from '../route'
import { isFavorite } from '../scene'
import { mayWrite, me, modelOf, models } from '../session'
import { readPicture } from '../shelf'
import { timesOf } from '../times'
import { tell } from '../toasts'
import { editAgain, useAsInput } from './form'
import { Icon } from './Icon'
import { onceMore } from './once-more'

/** What the picture was asked for with, what it is, and what one can do with it. */
export function Details({ image }: { image: Image }) {
  const words = t.value
  return (
    <aside class="details" aria-label={words.lightbox.details} data-testid="details">
      <button type="button" class="details-fold" aria-label={words.lightbox.hideDetails} onClick={() => showDetails(false)}>
        <Icon of={ChevronDown} size={20} />
      </button>
      <Actions image={image} />
      {image.prompt ? <Prompt text={image.prompt} /> : <h2 class="details-name">{image.name || words.card.picture}</h2>}
      <InputRow image={image} />
      <dl class="facts">
        <Facts image={image} />
      </dl>
      <Metadata image={image} />
    </aside>
  )
}

function Actions({ image }: { image: Image }) {
  const { action, errors, lightbox } = t.value
  const url = downloadUrl(image)
  const reachable = me.value?.provider.inputs_reachable ?? false
  const isGenerated = image.kind === 'generation'
  return (
    <div class="details-actions">
      {url && (
        <a class="button is-accent" href={url} download data-testid="download">
          <Icon of={Download} />
          {action.download}
        </a>
      )}
      {mayWrite.value && (
        <>
          {isGenerated && <Again image={image} />}
          {url && (
            <button type="button" class="button" disabled={!reachable} title={reachable ? undefined : errors.inputs_unreachable()} data-testid="use-as-input" onClick={() => useAsInput(image)}>
              <Icon of={ImagePlus} />
              {action.useAsInput}
            </button>
          )}
          {isGenerated && (
            <button type="button" class="button" data-testid="reuse" onClick={() => editAgain(image)}>
              <Icon of={WandSparkles} />
              {action.reuse}
            </button>
          )}
          <div class="details-pair">
            <button type="button" class={`button ${isFavorite(image) ? 'is-favorite' : ''}`} aria-pressed={isFavorite(image)} data-testid="favorite" onClick={() => void favor(image)}>
              <Icon of={Heart} />
              {lightbox.favorite}
            </button>
            <button type="button" class="button" data-testid="delete" onClick={() => void trash(image)}>
              <Icon of={Trash2} />
              {action.delete}
            </button>
          </div>
        </>
      )}
    </div>
  )
}

/** The same request for one more picture; what it costs stands on the button. */
function Again({ image }: { image: Image }) {
  const words = t.value.lightbox
  const price = formatMoney(priceOf(image, models.value))
  return (
    <button type="button" class="button" disabled={secondsLeft.value > 0} title={words.againFor(price)} data-testid="again" onClick={() => onceMore(image)}>
      <Icon of={Repeat2} />
      <span>
        {words.again} <span class="button-price">{price}</span>
      </span>
    </button>
  )
}

function Prompt({ text }: { text: string }) {
  const words = t.value
  return (
    <section class="details-prompt">
      <h2 class="details-title">{words.form.prompt}</h2>
      <p dir="auto">{text}</p>
      <CopyButton text={text} label={words.action.copy} name={words.lightbox.copyPrompt} testId="copy-prompt" />
    </section>
  )
}

interface CopyProps {
  text: string
  label: string
  name?: string
  testId: string
}

function CopyButton({ text, label, name, testId }: CopyProps) {
  if (!('clipboard' in navigator)) return null
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text)
      tell({ tone: 'plain', text: t.value.toast.copied, seconds: 3 })
    } catch {
      tell({ tone: 'bad', text: t.value.lightbox.noCopy })
    }
  }
  return (
    <button type="button" class="text-button" aria-label={name} data-testid={testId} onClick={() => void copy()}>
      <Icon of={Copy} size={15} />
      {label}
    </button>
  )
}

function InputRow({ image }: { image: Image }) {
  const words = t.value
  const inputs = image.inputs.flatMap((id) => readPicture(id) ?? []).filter((input) => fileUrl(input, 'thumb'))
  if (!inputs.length) return null
  return (
    <section>
      <h2 class="details-title">{words.form.inputs}</h2>
      <div class="details-inputs">
        {inputs.map((input, index) => {
          const name = input.name || input.prompt || words.lightbox.input(index + 1)
          const isTrashed = input.trashed_at !== null
          const open = (): void => go({ project: input.project, image: input.id }, 'replace')
          return (
            <button key={input.id} type="button" class="details-input" aria-label={isTrashed ? `${name}. ${words.lightbox.inputTrashed}` : name} title={isTrashed ? words.lightbox.inputTrashed : name} disabled={isTrashed} data-testid="input-link" onClick={open}>
              <img src={fileUrl(input, 'thumb')!} alt="" />
            </button>
          )
        })}
      </div>
    </section>
  )
}

function Facts({ image }: { image: Image }) {
  const words = t.value.facts
  const original = image.renditions.original
  const model = modelOf(image.model)
  const isGenerated = image.kind === 'generation'
  return (
    <>
      {isGenerated && <Fact name={words.model}>{model?.name ?? image.model}</Fact>}
      {isGenerated && image.aspect_ratio && <Fact name={words.ratio}>{image.aspect_ratio}</Fact>}
      {isGenerated && <Fact name={words.resolution}>{image.resolution}</Fact>}
      {image.width && image.height && <Fact name={words.size}>{`${formatNumber(image.width)} × ${formatNumber(image.height)}`}</Fact>}
      {original && <Fact name={words.file}>{`${original.media_type.replace('image/', '').toUpperCase()}, ${formatBytes(original.size)}`}</Fact>}
      {isGenerated && <Cost image={image} />}
      {isGenerated && <TimeFacts image={image} />}
      <Fact name={isGenerated ? words.created : words.added}>{formatDate(image.created_at)}</Fact>
      {image.metadata.flat === true && <Fact name={words.note}>{words.flat}</Fact>}
      {typeof image.metadata.nanobanana_task_id === 'string' && (
        <Fact name={words.task}>
          <code>{image.metadata.nanobanana_task_id}</code>
        </Fact>
      )}
    </>
  )
}

function TimeFacts({ image }: { image: Image }) {
  const words = t.value.times
  const times = timesOf(image)
  if (!times) return null
  const { took, generated, waited } = times
  if (generated === null || waited === null) return <Fact name={t.value.facts.took}>{formatSeconds(took)}</Fact>
  return (
    <>
      <Fact name={words.waited}>{formatSeconds(waited)}</Fact>
      <Fact name={words.generated}>{formatSeconds(generated)}</Fact>
    </>
  )
}

/** What it cost, or will; what ended without a picture is named only where it is known. */
function Cost({ image }: { image: Image }) {
  const words = t.value.facts
  const { status, error, attempt, renditions } = image
  const price = formatMoney(priceOf(image, models.value))
  if (status === 'canceled' && !renditions.original) return null
  if (status === 'failed') return <Fact name={words.cost}>{error?.charged ? words.costMaybe(price) : formatMoney(0)}</Fact>
  return <Fact name={words.cost}>{attempt > 1 ? words.costLast(price) : price}</Fact>
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** All that the provider said, as it said it. */
function Metadata({ image }: { image: Image }) {
  const words = t.value.lightbox
  if (image.kind !== 'generation' || !Object.keys(image.metadata).length) return null
  const json = JSON.stringify(image.metadata, null, 2)
  return (
    <details class="metadata" data-testid="metadata">
      <summary>{words.metadata}</summary>
      {/* Long lines are read by scrolling, and what scrolls can be reached by keys. */}
      <pre tabIndex={0} role="group" aria-label={words.metadata}>{json}</pre>
      <CopyButton text={json} label={words.copyMetadata} testId="copy-metadata" />
    </details>
  )
}
