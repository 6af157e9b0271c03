import { expect, test } from 'vitest'
import { beginWalk, draftOfWalk, isAtDraft, MOST_PROMPTS, parsePrompts, resumeWalk, step, textOf, withPrompt, type Walk } from '../src/history'

/** The walk after these steps; nothing is typed on the way. */
function walked(walk: Walk, ...steps: (-1 | 1)[]): Walk {
  return steps.reduce((at, by) => step(at, textOf(at), by) ?? at, walk)
}

test('what is sent is the newest, is there once, and the oldest give way', () => {
  expect(withPrompt(['a', 'b'], ' a ')).toEqual(['b', 'a'])
  expect(withPrompt(['a'], '  ')).toEqual(['a'])
  const many = Array.from({ length: MOST_PROMPTS }, (_, number) => `no. ${number}`)
  const more = withPrompt(many, 'one more')
  expect([more.length, more[0], more.at(-1)]).toEqual([50, 'no. 1', 'one more'])
})

test('the way back leads through what was sent to the oldest, the way forward to the draft', () => {
  const walk = beginWalk(['old', 'new'], 'draft')
  expect(textOf(walked(walk, -1))).toBe('new')
  expect(textOf(walked(walk, -1, -1, -1, -1))).toBe('old')
  const home = walked(walk, -1, -1, 1, 1, 1)
  expect([textOf(home), isAtDraft(home)]).toEqual(['draft', true])
})

test('nothing that is typed on the way is lost', () => {
  const back = step(beginWalk(['old', 'new'], ''), 'half a thought', -1)!
  const further = step(back, 'new, changed', -1)!
  expect(draftOfWalk(further)).toBe('half a thought')
  expect(textOf(walked(further, 1))).toBe('new, changed')
  expect(textOf(walked(further, 1, 1))).toBe('half a thought')
})

test('what stands in the form already is no step', () => {
  expect(textOf(walked(beginWalk(['old', 'new'], 'new'), -1))).toBe('old')
  expect(step(beginWalk([], ''), '', -1)).toBeNull()
})

test('a page that was loaded again on the way still leads to the draft', () => {
  expect(textOf(walked(resumeWalk(['old', 'new'], 'draft', 'old'), 1))).toBe('new')
  const changed = resumeWalk(['old', 'new'], 'draft', 'new, changed')
  expect([textOf(changed), textOf(walked(changed, 1)), textOf(walked(changed, -1))]).toEqual(['new, changed', 'draft', 'new'])
})

test.each([null, '{', '{}', '"a"', 'null'])('a damaged memory (%s) is an empty one', (text) => {
  expect(parsePrompts(text)).toEqual([])
})

test('of a memory that somebody else wrote only the texts are taken', () => {
  expect(parsePrompts('["a",3,null,"b"]')).toEqual(['a', 'b'])
})
