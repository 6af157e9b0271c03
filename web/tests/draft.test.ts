import { describe, expect, test } from 'vitest'
import type { Model } from '../src/contract.gen'
import { addInput, draftOf, dropInput, fit, moveInput, parseKept, removeInput, reuse, uploaded, type Options } from '../src/draft'
import { picture } from './pictures'

const OPTIONS: Options = { model: 'big', ratio: 'auto', resolution: '1K', count: 1 }
const MODELS: Model[] = [
  { id: 'big', name: 'Big', max_prompt: 10, max_inputs: 2, ratios: ['1:1', '8:1'], resolutions: ['1K', '4K'], prices: {} },
  { id: 'small', name: 'Small', max_prompt: 10, max_inputs: 2, ratios: ['1:1'], resolutions: ['1K'], prices: {} },
]

describe('options', () => {
  test('what the model does not offer is replaced by what it does', () => {
    expect(fit({ model: 'small', ratio: '8:1', resolution: '4K', count: 3 }, MODELS, 8)).toEqual({
      model: 'small',
      ratio: 'auto',
      resolution: '1K',
      count: 3,
    })
    expect(fit({ ...OPTIONS, model: 'gone', count: 99 }, MODELS, 8)).toEqual({ ...OPTIONS, count: 8 })
    expect(fit({ ...OPTIONS, count: 0 }, MODELS, 8).count).toBe(1)
  })
})

describe('inputs', () => {
  const keys = (draft: ReturnType<typeof draftOf>) => draft.inputs.value.map(({ key }) => key)

  test('keep their order, are not taken twice, and can be moved and removed', () => {
    const draft = draftOf('order', OPTIONS)
    for (const key of ['a', 'b', 'c', 'b']) addInput(draft, { key, image: null })
    expect(keys(draft)).toEqual(['a', 'b', 'c'])
    moveInput(draft, 'c', -2)
    expect(keys(draft)).toEqual(['c', 'a', 'b'])
    moveInput(draft, 'c', -1)
    expect(keys(draft)).toEqual(['c', 'a', 'b'])
    removeInput(draft, 'a')
    expect(keys(draft)).toEqual(['c', 'b'])
  })

  test('become a picture when their upload is accepted', () => {
    const draft = draftOf('upload', OPTIONS)
    addInput(draft, { key: 'batch', image: null })
    uploaded('batch', 'image-1')
    expect(draft.inputs.value).toEqual([{ key: 'batch', image: 'image-1' }])
    addInput(draft, { key: 'image-1', image: 'image-1' })
    expect(draft.inputs.value).toHaveLength(1)
  })

  test('that can never be pictures leave, whichever draft they are in', () => {
    const [one, other] = [draftOf('bad-1', OPTIONS), draftOf('bad-2', OPTIONS)]
    addInput(one, { key: 'gif', image: null })
    addInput(one, { key: 'jpeg', image: null })
    const untouched = other.inputs.value
    dropInput('gif')
    expect(keys(one)).toEqual(['jpeg'])
    expect(other.inputs.value).toBe(untouched)
  })
})

test('a picture brings back all that it was asked for with', () => {
  const draft = draftOf('reuse', OPTIONS)
  reuse(draft, picture({ prompt: 'night', inputs: ['x'], model: 'small', aspect_ratio: '4:3' }))
  expect(draft.prompt.value).toBe('night')
  expect(draft.inputs.value).toEqual([{ key: 'x', image: 'x' }])
  expect(draft.options.value).toMatchObject({ model: 'small', ratio: 'auto' })
})

test.each([null, '{', '[]', '{"prompt":3,"inputs":"x"}'])('a damaged memory (%s) is an empty draft', (text) => {
  expect(parseKept(text, OPTIONS)).toMatchObject({ prompt: '', inputs: [], options: OPTIONS })
})
