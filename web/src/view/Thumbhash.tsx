import { useLayoutEffect, useMemo, useRef } from 'preact/hooks'
import { thumbHashToAverageRGBA, thumbHashToRGBA } from 'thumbhash'
import { whenNear } from '../turns'

/** A picture's colours from its few bytes, drawn once; `hash` is base64. Its one colour is there at once, the others soon. */
export function Thumbhash({ hash }: { hash: string }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const bytes = useMemo(() => Uint8Array.from(atob(hash), (char) => char.charCodeAt(0)), [hash])
  useLayoutEffect(() => whenNear(canvas.current!, () => draw(canvas.current!, bytes)), [bytes])
  return <canvas class="card-thumbhash" ref={canvas} style={{ background: colorOf(bytes) }} aria-hidden="true" />
}

function colorOf(hash: Uint8Array): string {
  const { r, g, b, a } = thumbHashToAverageRGBA(hash)
  return `rgb(${[r, g, b].map((value) => Math.round(255 * value)).join(' ')} / ${a.toFixed(2)})`
}

function draw(canvas: HTMLCanvasElement, hash: Uint8Array): void {
  const { w, h, rgba } = thumbHashToRGBA(hash)
  canvas.width = w
  canvas.height = h
  // In memory: a canvas of its own on the graphics card costs more than these few pixels.
  canvas.getContext('2d', { willReadFrequently: true })?.putImageData(new ImageData(new Uint8ClampedArray(rgba), w, h), 0, 0)
  canvas.style.background = 'none'
}
