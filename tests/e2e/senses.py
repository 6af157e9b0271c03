"""Scripts that look at a page as those do who type, hear, or see it in another way than most."""

from __future__ import annotations

# How all that can have the focus looks without it. The ring may be around what stands beside it (a radio button that is
# not seen, and its face), around what is in it, and for a field around its frame.
AT_REST = """
() => {
  const line = (one) => {
    const { outlineStyle: style, outlineWidth, outlineColor, boxShadow, borderTopColor } = getComputedStyle(one)
    return [style === 'none' ? style : `${style} ${outlineWidth} ${outlineColor}`, boxShadow, borderTopColor].join()
  }
  const frameOf = (one) => one.matches('input, textarea') && one.closest('.composer-panel, .cap-field')
  window.ringOf = (one) =>
    [one, one.nextElementSibling, one.firstElementChild, frameOf(one)].filter(Boolean).map(line).join('|')
  const all = document.querySelectorAll('a, button, input, textarea, select, summary, [tabindex]')
  window.atRest = new Map([...all].map((one) => [one, one === document.activeElement ? null : ringOf(one)]))
}
"""
# What has the focus, what is wrong with the sight of it, and the dialog that it is in.
STOP = """
() => {
  const one = document.activeElement
  if (!one || one === document.body) return null
  const { left, top, right, bottom, width, height } = one.getBoundingClientRect()
  const hit = document.elementFromPoint(left + width / 2, top + height / 2)
  const opacity = (of) => (of ? Number(getComputedStyle(of).opacity) * opacity(of.parentElement) : 1)
  const face = one.matches('input[type=radio], input[type=checkbox]') ? one.nextElementSibling ?? one : one
  const wrong = [
    atRest.has(one) && ringOf(one) === atRest.get(one) && 'no ring',
    (left < -1 || top < -1 || right > innerWidth + 1 || bottom > innerHeight + 1) && 'outside',
    !(hit && (one.contains(hit) || one.labels?.[0]?.contains(hit))) && `under ${hit?.className}`,
    opacity(face) < 0.5 && 'not seen',
  ].filter(Boolean)
  const name = one.dataset.testid ?? one.ariaLabel ?? one.textContent
  return { name, wrong, inside: one.closest('dialog')?.className ?? null, one: [...atRest.keys()].indexOf(one) }
}
"""
# From now on every sentence that is read out is kept, in order.
LISTEN = """
() => {
  window.__said = []
  const LIVE = '[aria-live], [role=status], [role=alert]'
  const before = new Map([...document.querySelectorAll(LIVE)].map((one) => [one, one.textContent]))
  new MutationObserver(() => {
    for (const one of document.querySelectorAll(LIVE)) {
      const said = one.textContent
      if (said && said !== before.get(one)) window.__said.push(said.replace(before.get(one) ?? '', ''))
      before.set(one, said)
    }
  }).observe(document, { subtree: true, childList: true, characterData: true })
}
"""
# All that moves in the next half a second, by class.
MOVES = """
async () => {
  const moving = new Set()
  for (const end = performance.now() + 500; performance.now() < end; await new Promise(requestAnimationFrame))
    for (const one of document.getAnimations())
      if (one.effect.getComputedTiming().duration > 1) moving.add(one.effect.target.className)
  return [...moving]
}
"""
# The contrast of two colours by WCAG.
CONTRAST = """
([one, other]) => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 })
  const pen = canvas.getContext('2d', { willReadFrequently: true })
  const linear = (share) => (share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4)
  const light = (color) => {
    pen.fillStyle = color
    pen.fillRect(0, 0, 1, 1)
    const [r, g, b] = [...pen.getImageData(0, 0, 1, 1).data].map((value) => linear(value / 255))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const [low, high] = [light(one), light(other)].sort((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}
"""
# Everything that can be read, seen or heard, once each. A passing message stays in the language in which it was told.
WORDS = r"""
() => {
  const found = new Set()
  const PASSING = '.toasts *, [data-testid=announcer]'
  const seen = (one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest(PASSING)
  const keep = (text) => /\p{L}{3}/u.test(text ?? '') && found.add(text.trim())
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walk.nextNode()) if (seen(walk.currentNode.parentElement)) keep(walk.currentNode.data)
  const names = ['aria-label', 'title', 'placeholder', 'alt', 'aria-valuetext']
  for (const one of document.querySelectorAll(names.map((name) => `[${name}]`)))
    if (seen(one)) for (const name of names) keep(one.getAttribute(name))
  return [...found]
}
"""
