import { useEffect, useRef, useState } from 'preact/hooks'

interface DecodedProps {
  src: string
  alt: string
  testId?: string
  class?: string
  style?: Record<string, string>
}

/** A picture that is shown when all of it can be drawn at once; what lies below stands for it until then. */
export function Decoded({ src, alt, testId, class: extra = '', style }: DecodedProps) {
  const picture = useRef<HTMLImageElement>(null)
  const [ready, setReady] = useState(false)
  useEffect(() => {
    let isHere = true
    setReady(false)
    const show = (): void => {
      if (isHere) setReady(true)
    }
    // A picture that cannot be decoded ahead is drawn as far as it goes.
    picture.current?.decode().then(show, show)
    return () => {
      isHere = false
    }
  }, [src])
  return (
    <img
      class={`layer is-decoded ${ready ? 'is-ready' : ''} ${extra}`}
      ref={picture}
      src={src}
      alt={alt}
      style={style}
      decoding="sync"
      draggable={false}
      data-testid={testId}
      data-ready={ready || undefined}
    />
  )
}
