// A short sound for those who want one: two notes, made on the spot.
import { signal } from '@preact/signals'
import { recall, remember } from '../preferences'

const KEY = 'atelier:sound'

export const soundOn = signal(false)

export function followSound(): void {
  const read = (): void => void (soundOn.value = recall(KEY) === 'on')
  read()
  addEventListener('storage', ({ key }) => {
    if (key === KEY || key === null) read()
  })
}

/** Switched on, it is heard: so one knows it, and the browser has seen that it is wanted. */
export function switchSound(on: boolean): void {
  soundOn.value = on
  remember(KEY, on ? 'on' : 'off')
  if (on) ring()
}

/** Hertz, and seconds from the beginning. */
const NOTES = [
  [659.25, 0],
  [880, 0.12],
] as const
const LOUD = 0.08
const LASTS = 0.5

let air: AudioContext | null = null

export function ring(): void {
  if (!soundOn.value) return
  try {
    air ??= new AudioContext()
    void air.resume()
    for (const [pitch, after] of NOTES) note(air, pitch, air.currentTime + after)
  } catch {
    // This machine makes no sounds.
  }
}

function note(into: AudioContext, pitch: number, at: number): void {
  const string = new OscillatorNode(into, { type: 'sine', frequency: pitch })
  const volume = new GainNode(into, { gain: 0 })
  volume.gain.setValueAtTime(0, at)
  volume.gain.linearRampToValueAtTime(LOUD, at + 0.015)
  volume.gain.exponentialRampToValueAtTime(0.0001, at + LASTS)
  string.connect(volume).connect(into.destination)
  string.start(at)
  string.stop(at + LASTS)
}
