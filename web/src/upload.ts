// Files on their way up: a few at a time, each with its own progress, each a promise of a picture.
import { signal, type Signal } from '@preact/signals'
import { refusal, Refused } from './api'
import type { Image, Images, Limits } from './contract.gen'
import { uploading } from './progress'
import { uuid } from './uuid'

/** `accepted` is fulfilled with the picture's id once the server has the bytes; a retry makes a new promise. */
export interface Upload {
  batch: string
  project: string
  file: File
  done: Signal<number>
  accepted: Promise<Image>
}

/** Uploads of this page by batch. */
export const uploads = new Map<string, Upload>()

const AT_ONCE = 3
/** A line on which no byte moved for this long is dead. */
const STALLED = 60_000
const MOST_WAITS = 5

let running = 0
const waiting: (() => void)[] = []

export function upload(project: string, file: File, limits: Limits): Upload {
  const done = signal(0)
  const batch = uuid()
  const begun: Upload = { batch, project, file, done, accepted: begin(batch, project, file, done, limits) }
  uploads.set(batch, begun)
  return begun
}

/** Sends the same file again under the same name, so that a lost answer makes no second picture. */
export function uploadAgain(again: Upload, limits: Limits): void {
  again.done.value = 0
  again.accepted = begin(again.batch, again.project, again.file, again.done, limits)
}

async function begin(batch: string, project: string, file: File, done: Signal<number>, limits: Limits): Promise<Image> {
  const wrong = unfit(file, limits)
  if (wrong) throw wrong
  await turn()
  try {
    return await paced(() => send(batch, project, file, done))
  } finally {
    running -= 1
    waiting.shift()?.()
  }
}

/** What can be seen to be wrong without asking. */
export function unfit(file: { type: string; size: number }, limits: Limits): Refused | null {
  if (file.type && !limits.upload_media_types.includes(file.type)) return new Refused('unsupported_picture')
  if (file.size > limits.upload_max_bytes) return new Refused('too_large', '', null, null, limits.upload_max_bytes)
  return null
}

async function turn(): Promise<void> {
  if (running >= AT_ONCE) await new Promise<void>((go) => waiting.push(go))
  running += 1
}

/** Too many at once is the page's own doing: it waits as long as it was told, a few times. */
async function paced(send: () => Promise<Image>): Promise<Image> {
  for (let waits = 0; ; waits += 1) {
    try {
      return await send()
    } catch (error) {
      const refused = error as Refused
      if (refused.code !== 'rate_limited' || waits === MOST_WAITS) throw error
      await new Promise((go) => setTimeout(go, (refused.retryAfter ?? 1) * 1000))
    }
  }
}

/** fetch does not tell how much has been sent; this does. */
function send(batch: string, project: string, file: File, done: Signal<number>): Promise<Image> {
  return new Promise((accept, reject) => {
    const request = new XMLHttpRequest()
    let stall = 0
    const watch = (): void => {
      clearTimeout(stall)
      stall = window.setTimeout(() => request.abort(), STALLED)
    }
    request.upload.onprogress = ({ loaded, total }) => {
      watch()
      done.value = uploading(loaded, total)
    }
    request.onerror = request.onabort = () => reject(new Refused('unreachable'))
    request.onload = () => answered(request, accept, reject)
    request.onloadend = () => clearTimeout(stall)
    request.open('POST', `/api/projects/${project}/uploads?batch=${batch}`)
    request.setRequestHeader('idempotency-key', batch)
    const form = new FormData()
    form.append('file', file, file.name)
    watch()
    request.send(form)
  })
}

function answered(request: XMLHttpRequest, accept: (image: Image) => void, reject: (refused: Refused) => void): void {
  if (request.status !== 201) {
    return reject(refusal(request.status, request.responseText, request.getResponseHeader('retry-after')))
  }
  const image = (JSON.parse(request.responseText) as Images).images[0]
  if (image) accept(image)
  else reject(new Refused('internal'))
}
