import { beforeEach, describe, expect, test } from 'vitest'
import { emptyStore, mergeImage } from '../src/store'
import { isEnd, nextOf, outcomeOf, outcomesSince, tell, toasts } from '../src/toasts'
import { picture } from './pictures'

const END = '2030-01-01T10:01:00.200Z'
const done = (changes = {}) => picture({ status: 'completed', finished_at: '2030-01-01T10:01:00Z', version: 5, ...changes })

describe('a live event', () => {
  test('tells of the end of what was seen unfinished', () => {
    const after = done()
    expect(outcomeOf({ ...after, status: 'saving' }, after, END)).toBe('ready')
    const failed = done({ status: 'failed' })
    expect(outcomeOf({ ...failed, status: 'processing' }, failed, END)).toBe('failed')
  })

  test('tells of what ends in this very event, though it was never seen', () => {
    expect(outcomeOf(undefined, done(), END)).toBe('ready')
  })

  test('says nothing of a change to what was finished', () => {
    const after = done({ favorite: true, version: 6 })
    expect(outcomeOf({ ...after, version: 5 }, after, END)).toBeNull()
    expect(outcomeOf(undefined, after, '2030-01-01T11:00:00Z')).toBeNull()
  })

  test('says nothing while it goes on, nothing of uploads, nothing of what was canceled', () => {
    expect(outcomeOf(undefined, picture({ status: 'processing' }), END)).toBeNull()
    expect(outcomeOf(undefined, done({ kind: 'upload' }), END)).toBeNull()
    expect(outcomeOf(undefined, done({ status: 'canceled' }), END)).toBeNull()
  })

  test('ends what was canceled, too, once', () => {
    const canceled = done({ status: 'canceled' })
    expect(isEnd({ ...canceled, status: 'pending' }, canceled, END)).toBe(true)
    expect(isEnd(undefined, canceled, END)).toBe(true)
    expect(isEnd(canceled, { ...canceled, favorite: true }, END)).toBe(false)
    expect(isEnd(undefined, canceled, '2030-01-01T11:00:00Z')).toBe(false)
    expect(isEnd(undefined, picture({ status: 'processing' }), END)).toBe(false)
  })

  test('tells of a canceled picture that came after all', () => {
    const original = { media_type: 'image/jpeg', width: 1, height: 1, size: 1, sha256: 'a' }
    const late = done({ status: 'canceled', renditions: { original }, trashed_at: END })
    expect(outcomeOf({ ...late, status: 'processing' }, late, END)).toBe('late')
  })
})

describe('a replay or a reset', () => {
  test('counts what ended while nobody listened, and nothing else', () => {
    const ended = picture({ status: 'processing' })
    const failed = picture({ status: 'pending' })
    const still = picture({ status: 'processing' })
    const finished = done()
    const gone = picture({ status: 'saving' })
    const store = emptyStore()
    mergeImage(store, { ...ended, version: 9, status: 'completed' })
    mergeImage(store, { ...failed, version: 9, status: 'failed' })
    mergeImage(store, still)
    mergeImage(store, finished)
    mergeImage(store, done())
    const outcomes = outcomesSince([ended, failed, still, finished, gone], store)
    expect([...outcomes].map(([outcome, images]) => [outcome, images.map(({ id }) => id)])).toEqual([
      ['ready', [ended.id]],
      ['failed', [failed.id]],
    ])
  })

  test('says nothing of a load: nothing was known before', () => {
    const store = emptyStore()
    mergeImage(store, done())
    expect(outcomesSince([], store).size).toBe(0)
  })
})

describe('messages of one group', () => {
  beforeEach(() => {
    toasts.value = []
  })

  test('share one place, and the newest knows for how many it speaks', () => {
    const first = tell({ tone: 'good', text: 'one', group: 'a' })
    tell({ tone: 'plain', text: 'between' })
    expect(nextOf('a')).toBe(2)
    expect(tell({ tone: 'good', text: 'two', group: 'a' })).toBe(first)
    expect(toasts.value.map(({ text, count }) => [text, count])).toEqual([
      ['two', 2],
      ['between', 1],
    ])
  })

  test('stand alone in another group, and without one', () => {
    tell({ tone: 'good', text: 'one', group: 'a' })
    expect(nextOf('b')).toBe(1)
    tell({ tone: 'plain', text: 'same' })
    tell({ tone: 'plain', text: 'same' })
    expect(toasts.value).toHaveLength(3)
  })
})
