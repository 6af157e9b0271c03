// What those who hear the page are told, in one polite region: that something was asked for and how it ended, and each message.
import { effect } from '@preact/signals'
import type { Image } from './contract.gen'
import { t } from './i18n'
import { pictureOf } from './shelf'
import { isFinished } from './store'
import { toasts } from './toasts'

/** Milliseconds: a sentence stays until it was read out, and a region that moved is known before it speaks. */
const STAYS = 10_000
const SETTLES = 120

const region = document.createElement('div')
region.className = 'sr-only'
region.dataset.testid = 'announcer'
region.setAttribute('role', 'status')
region.setAttribute('aria-live', 'polite')
region.setAttribute('aria-atomic', 'false')

/** Opens the region, and reads out each message that is no ending: `follow` tells of those that this tab asked for. */
export function openAnnouncer(): void {
  settle()
  let last = 0
  effect(() => {
    for (const { id, text, group } of toasts.value) {
      if (id <= last) continue
      last = id
      if (group === undefined) announce(text)
    }
  })
}

export function announce(text: string): void {
  settle()
  setTimeout(() => {
    const sentence = document.createElement('p')
    sentence.textContent = text
    region.append(sentence)
    setTimeout(() => sentence.remove(), STAYS)
  }, SETTLES)
}

/** What is outside of an open dialog is not heard. */
function settle(): void {
  const home = [...document.querySelectorAll('dialog:modal')].at(-1) ?? document.body
  if (region.parentElement !== home) home.append(region)
}

/** Says once how these pictures ended, when the last of them has. */
export function follow(ids: readonly string[]): void {
  let told = false
  const stop = effect(() => {
    const images = ids.flatMap((id) => pictureOf(id)?.value ?? [])
    if (told || !images.every(isFinished)) return
    told = true
    const sentence = endOf(images)
    if (sentence) announce(sentence)
    setTimeout(() => stop())
  })
}

/** In a sentence; nothing of what a person canceled. */
function endOf(images: readonly Image[]): string {
  const words = t.peek()
  const ready = images.filter(({ status }) => status === 'completed').length
  const failed = images.filter(({ status }) => status === 'failed')
  const [first] = failed
  const why = first?.error ? words.problems[first.error.code] : words.toast.failed
  const bad = failed.length > 1 ? words.toast.failedCount(failed.length) : first && why
  return [ready && words.toast.readyCount(ready), bad].filter(Boolean).join(' ')
}
