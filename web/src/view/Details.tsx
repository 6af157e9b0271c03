import { Copy, Download, ImagePlus, Trash2, WandSparkles } from 'lucide'
import type { ComponentChildren } from 'preact'
import { trash } from '../actions'
import { downloadUrl, fileUrl } from '../api'
import type { Image } from '../contract.gen'
import { formatBytes, formatDate, formatMoney, formatNumber, formatSeconds, t } from '../i18n'
import { priceOf } from '../money'
import { go } from '../route'
import { mayWrite, me, modelOf, models } from '../session'
import { readPicture } from '../shelf'
import { tell } from '../toasts'
import { editAgain, useAsInput } from './form'
import { Icon } from './Icon'

/** What the picture was asked for with, what it is, and what one can do with it. */
export function Details({ image }: { image: Image }) {
  const words = t.value
  return (
    <aside class="details" aria-label={words.lightbox.details}>
      <Actions image={image} />
      {image.prompt ? <Prompt text={image.prompt} /> : <h2 class="details-name">{image.name || words.card.picture}</h2>}
      <InputRow image={image} />
      <dl class="facts">
        <Facts image={image} />
      </dl>
    </aside>
  )
}

function Actions({ image }: { image: Image }) {
  const { action, errors } = t.value
  const url = downloadUrl(image)
  const reachable = me.value?.provider.inputs_reachable ?? false
  return (
    <div class="details-actions">
      {url && (
        <a class="button is-accent" href={url} download data-testid="download">
          <Icon of={Download} />
          {action.download}
        </a>
      )}
      {mayWrite.value && url && (
        <button type="button" class="button" disabled={!reachable} title={reachable ? undefined : errors.inputs_unreachable()} data-testid="use-as-input" onClick={() => useAsInput(image)}>
          <Icon of={ImagePlus} />
          {action.useAsInput}
        </button>
      )}
      {mayWrite.value && image.kind === 'generation' && (
        <button type="button" class="button" data-testid="reuse" onClick={() => editAgain(image)}>
          <Icon of={WandSparkles} />
          {action.reuse}
        </button>
      )}
      {mayWrite.value && (
        <button type="button" class="button" data-testid="delete" onClick={() => void trash(image)}>
          <Icon of={Trash2} />
          {action.delete}
        </button>
      )}
    </div>
  )
}

function Prompt({ text }: { text: string }) {
  const words = t.value
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text)
    tell({ tone: 'plain', text: words.toast.copied, seconds: 3 })
  }
  return (
    <section class="details-prompt">
      <h2 class="details-title">{words.form.prompt}</h2>
      <p dir="auto">{text}</p>
      {'clipboard' in navigator && (
        <button type="button" class="text-button" onClick={() => void copy()}>
          <Icon of={Copy} size={15} />
          {words.action.copy}
        </button>
      )}
    </section>
  )
}

function InputRow({ image }: { image: Image }) {
  const inputs = image.inputs.flatMap((id) => readPicture(id) ?? [])
  if (!inputs.length) return null
  return (
    <section>
      <h2 class="details-title">{t.value.form.inputs}</h2>
      <div class="details-inputs">
        {inputs.map((input) => {
          const url = fileUrl(input, 'thumb')
          if (!url) return null
          const open = (): void => go({ project: input.project, image: input.id }, 'replace')
          return (
            <button key={input.id} type="button" class="details-input" onClick={open}>
              <img src={url} alt={input.name || input.prompt} />
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
  const took = image.finished_at ? (Date.parse(image.finished_at) - Date.parse(image.created_at)) / 1000 : null
  const isGenerated = image.kind === 'generation'
  return (
    <>
      {isGenerated && <Fact name={words.model}>{model?.name ?? image.model}</Fact>}
      {isGenerated && <Fact name={words.ratio}>{image.aspect_ratio}</Fact>}
      {isGenerated && <Fact name={words.resolution}>{image.resolution}</Fact>}
      {image.width && image.height && <Fact name={words.size}>{`${formatNumber(image.width)} × ${formatNumber(image.height)}`}</Fact>}
      {original && <Fact name={words.file}>{`${original.media_type.replace('image/', '').toUpperCase()}, ${formatBytes(original.size)}`}</Fact>}
      {isGenerated && <Cost image={image} />}
      {isGenerated && took !== null && <Fact name={words.took}>{formatSeconds(took)}</Fact>}
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
