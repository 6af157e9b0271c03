import { Camera, ImagePlus, Images } from 'lucide'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { t } from '../i18n'
import { me } from '../session'
import { Icon } from './Icon'
import { IconButton } from './IconButton'
import { takeFiles } from './intake'
import { whenLeft } from './outside'

/** Under a finger there is a camera too. */
const hasCamera = (): boolean => matchMedia('(pointer: coarse)').matches

/** Pictures from the device; on a phone one chooses between those it has and a new one. */
export function AttachButton() {
  const [open, setOpen] = useState(false)
  const root = useRef<HTMLDivElement>(null)
  const files = useRef<HTMLInputElement>(null)
  const camera = useRef<HTMLInputElement>(null)
  const words = t.value
  const reachable = me.value?.provider.inputs_reachable ?? true
  useLayoutEffect(() => {
    const button = (): HTMLElement | null => root.current!.querySelector('.icon-button')
    return open ? whenLeft(root.current!, () => setOpen(false), button) : undefined
  }, [open])
  const pick = (from: HTMLInputElement | null): void => {
    setOpen(false)
    from?.click()
  }
  return (
    <div class="attach" ref={root}>
      <IconButton
        icon={ImagePlus}
        label={reachable ? words.form.attach : words.errors.inputs_unreachable()}
        testId="attach"
        class={reachable ? '' : 'is-off'}
        pressed={open || undefined}
        onClick={() => (hasCamera() ? setOpen(!open) : pick(files.current))}
      />
      {open && (
        <div class="attach-menu" role="group" aria-label={words.making.attachHow} data-testid="attach-menu">
          <button type="button" class="attach-choice" data-testid="attach-files" onClick={() => pick(files.current)}>
            <Icon of={Images} />
            {words.making.choose}
          </button>
          <button type="button" class="attach-choice" data-testid="attach-camera" onClick={() => pick(camera.current)}>
            <Icon of={Camera} />
            {words.making.camera}
          </button>
        </div>
      )}
      <input ref={files} multiple {...picker('file-input')} />
      <input ref={camera} capture="environment" {...picker('camera-input')} />
    </div>
  )
}

const picker = (testId: string) => ({
  type: 'file' as const,
  hidden: true,
  accept: me.value?.limits.upload_media_types.join(','),
  'data-testid': testId,
  onChange: (event: Event) => {
    const field = event.currentTarget as HTMLInputElement
    void takeFiles(field.files)
    field.value = ''
  },
})
