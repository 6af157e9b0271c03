import { Download, Heart, ImagePlus, Trash2 } from 'lucide'
import { favor, trash } from '../actions'
import { downloadUrl } from '../api'
import type { Image } from '../contract.gen'
import { t } from '../i18n'
import { isFavorite } from '../scene'
import { mayWrite, me } from '../session'
import { useAsInput } from './form'
import { Icon } from './Icon'
import { IconButton } from './IconButton'

/** What one does most with a picture, at hand while its details are away. */
export function Tools({ image }: { image: Image }) {
  const { action, errors, lightbox } = t.value
  const url = downloadUrl(image)
  const reachable = me.value?.provider.inputs_reachable ?? false
  return (
    <div class="lightbox-tools" role="group" aria-label={lightbox.details}>
      {mayWrite.value && (
        <IconButton
          icon={Heart}
          class={isFavorite(image) ? 'is-favorite' : ''}
          label={lightbox.favorite}
          testId="favorite"
          pressed={isFavorite(image)}
          onClick={() => void favor(image)}
        />
      )}
      {url && (
        <a class="icon-button" href={url} download aria-label={action.download} title={action.download} data-testid="download">
          <Icon of={Download} />
        </a>
      )}
      {mayWrite.value && url && (
        <IconButton
          icon={ImagePlus}
          label={reachable ? action.useAsInput : errors.inputs_unreachable()}
          disabled={!reachable}
          testId="use-as-input"
          onClick={() => useAsInput(image)}
        />
      )}
      {mayWrite.value && <IconButton icon={Trash2} label={action.delete} testId="delete" onClick={() => void trash(image)} />}
    </div>
  )
}
