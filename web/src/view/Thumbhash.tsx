import { useLayoutEffect, useRef } from 'preact/hooks'
import { thumbHashToRGBA } from 'thumbhash'

/** A picture's colours from its few bytes, drawn once; `hash` is base64. */
export function Thumbhash({ hash }: { hash: string }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useLayoutEffect(() => {
    const { w, h, rgba } = thumbHashToRGBA(Uint8Array.from(atob(hash), (char) => char.charCodeAt(0)))
    const field = canvas.current!
    field.width = w
    field.height = h
    field.getContext('2d')?.putImageData(new ImageData(new Uint8ClampedArray(rgba), w, h), 0, 0)
  }, [hash])
  return <canvas class="card-thumbhash" ref={canvas} aria-hidden="true" />
}
