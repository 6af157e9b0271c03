import { signal } from '@preact/signals'
import { ImageDown } from 'lucide'
import { useEffect } from 'preact/hooks'
import { t } from '../i18n'
import { Icon } from './Icon'
import { takeFiles } from './intake'

const hovering = signal(false)

const bringsFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false

/** Pictures may be dropped anywhere on the page, and pasted anywhere too. */
export function DropZone() {
  useEffect(listen, [])
  if (!hovering.value) return null
  return (
    <div class="drop" aria-hidden="true">
      <div class="drop-sign">
        <Icon of={ImageDown} size={32} />
        {t.value.form.drop}
      </div>
    </div>
  )
}

function listen(): () => void {
  // Every child that is crossed enters and leaves too; what counts is whether anything is still entered.
  let depth = 0
  const stop = new AbortController()
  const on = <K extends keyof DocumentEventMap>(name: K, hear: (event: DocumentEventMap[K]) => void): void =>
    document.addEventListener(name, hear, { signal: stop.signal })
  on('dragenter', (event) => {
    if (!bringsFiles(event)) return
    depth += 1
    hovering.value = true
  })
  on('dragleave', (event) => {
    if (!bringsFiles(event)) return
    depth = Math.max(0, depth - 1)
    if (depth === 0) hovering.value = false
  })
  on('dragover', (event) => {
    if (bringsFiles(event)) event.preventDefault()
  })
  on('drop', (event) => {
    if (!bringsFiles(event)) return
    event.preventDefault()
    depth = 0
    hovering.value = false
    void takeFiles(event.dataTransfer?.files)
  })
  on('paste', (event) => {
    const { clipboardData } = event
    // Copied from a text editor, a picture of the text comes along.
    const isText = clipboardData?.types.includes('text/plain') && (event.target as Element).matches('input, textarea')
    const files = clipboardData?.files
    if (!files?.length || isText) return
    event.preventDefault()
    void takeFiles(files)
  })
  return () => stop.abort()
}
