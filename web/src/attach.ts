// Pictures that come in by drop, paste or button: a card and an input at once, the bytes behind.
import { batch as together } from '@preact/signals'
import type { Refused } from './api'
import { clock, serverNow } from './clock'
import type { Limits } from './contract.gen'
import { addInput, type Draft, dropInput, uploaded } from './draft'
import { propose, provisionals, refuse, withdraw, type ProvisionalUpload } from './provisional'
import { isReal, learn } from './learn'
import { AFTER_REFUSAL } from './remedies'
import { upload, uploadAgain, uploads, type Upload } from './upload'

/** What the page itself knows of a file that it sent: it can be shown before the server has it. */
export interface Local {
  url: string
  shape: number | null
  refused: Refused | null
  measured: Promise<void>
}

const locals = new Map<string, Local>()

/** The local copy of an upload, while this page lives. */
export const localOf = (batch: string | null): Local | undefined => (batch === null ? undefined : locals.get(batch))

/** A card must not wait for a file that cannot be drawn. */
const MEASURE_FOR = 400

/** Sends the files up; where `draft` is given each becomes an input of it, in the order of the list. */
export function attach(project: string, files: readonly File[], limits: Limits, draft: Draft | null): Upload[] {
  return files.map((file) => {
    const begun = upload(project, file, limits)
    locals.set(begun.batch, openLocal(file))
    if (draft) addInput(draft, { key: begun.batch, image: null })
    follow(begun)
    void showCard(begun, limits)
    return begun
  })
}

function openLocal(file: File): Local {
  const url = URL.createObjectURL(file)
  const local: Local = {
    url,
    shape: null,
    refused: null,
    measured: measure(url).then((shape) => {
      local.shape = shape
    }),
  }
  return local
}

function follow(begun: Upload): void {
  begun.accepted.then(
    (image) =>
      together(() => {
        learn([image])
        uploaded(begun.batch, image.id)
      }),
    (refused: Refused) => {
      // The card may not stand yet; it is drawn from what is noted here.
      locals.get(begun.batch)!.refused = refused
      if (AFTER_REFUSAL[refused.code] === null) dropInput(begun.batch)
      refuse(begun.batch, refused)
    },
  )
}

async function showCard(begun: Upload, limits: Limits): Promise<void> {
  const local = locals.get(begun.batch)!
  await local.measured
  propose([card(begun, local, limits)], isReal)
}

function card(begun: Upload, local: Local, limits: Limits): ProvisionalUpload {
  return {
    kind: 'upload',
    batch: begun.batch,
    position: 0,
    project: begun.project,
    at: serverNow(clock) * 1000,
    shape: local.shape ?? 1,
    name: begun.file.name,
    preview: local.url,
    done: begun.done,
    refused: local.refused,
    retry: () => again(begun, limits),
    dismiss: () => withdraw(begun.batch),
  }
}

function again(begun: Upload, limits: Limits): void {
  withdraw(begun.batch)
  locals.get(begun.batch)!.refused = null
  uploadAgain(begun, limits)
  follow(begun)
  void showCard(begun, limits)
}

/** Width divided by height as the picture will be seen, turned as its camera was; null where it cannot be drawn. */
function measure(url: string): Promise<number | null> {
  return new Promise((tell) => {
    const picture = new Image()
    picture.onload = () => tell(picture.naturalWidth / picture.naturalHeight || null)
    picture.onerror = () => tell(null)
    setTimeout(() => tell(null), MEASURE_FOR)
    picture.src = url
  })
}

/** Whether closing the page now would lose a file. */
export const isSending = (): boolean =>
  provisionals.value.some(({ kind, refused, batch }) => kind === 'upload' && !refused && uploads.has(batch))
