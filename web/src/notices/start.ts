// The part of notices that the page can do without at first; it comes when nothing else is to be done.
import { effect } from '@preact/signals'
import type { Image } from '../contract.gen'
import { offerLine } from '../late'
import { keepListeningWhile, unfinished } from '../live'
import { followOutcomes, keyOf, knowBetter, type Fate } from '../outcomes'
import { language } from '../preferences'
import { phase } from '../session'
import { OfferLine } from '../view/OfferLine'
import { choices } from './choices'
import { followCredits } from './credits'
import { devices, forgetDevices } from './devices'
import { isMine, tellHidden } from './hidden'
import { outsideTold } from './kept'
import { mayOffer } from './offer'
import { followPushes } from './pushed'
import { putAwaySeen } from './put-away'
import { reportShown } from './shown'
import { followNews } from './sign'
import { followSound, ring } from './sound'
import { deviceId, followThisDevice, forgetThisDevice, isOn, mendThisDevice } from './this-device'

export function start(): void {
  followThisDevice()
  followSound()
  followOutcomes((images, fate) => void tell(images, fate))
  knowBetter(leftOver)
  followPushes()
  followCredits()
  followNews()
  putAwaySeen()
  // With a push service the worker tells what ends while the tab sleeps.
  keepListeningWhile(() => isOn.value && deviceId.value === null && unfinished().some(isMine))
  effect(() => void (offerLine.value = mayOffer.value ? OfferLine : null))
  effect(() => {
    void [devices.value, language.value]
    // Where that cannot be told now, it is when the page is opened again.
    if (deviceId.value !== null) mendThisDevice().catch(() => undefined)
  })
  effect(() => {
    if (phase.value !== 'signed-out') return
    forgetDevices()
    choices.value = null
    void forgetThisDevice()
  })
}

async function tell(images: readonly Image[], fate: Fate): Promise<void> {
  if (fate === 'hidden') return tellHidden(images.filter((image) => image.kind === 'generation' && isMine(image)).map(keyOf))
  const fresh = await reportShown(images.map(keyOf))
  if (fresh.length) ring()
}

async function leftOver(images: readonly Image[]): Promise<Image[]> {
  const told = await outsideTold(images.map(keyOf))
  return images.filter((image) => !told.has(keyOf(image)))
}
