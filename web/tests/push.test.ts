import { describe, expect, test } from 'vitest'
import { payloadOf, wayOf, type Payload } from '../src/notices/payload'

const payload = (changes: Partial<Payload> = {}): Payload => ({
  v: 1,
  kind: 'ready',
  tag: 'p',
  title: 'Your picture is ready',
  body: 'a lighthouse',
  url: '/p/p/i/a',
  thumb: null,
  outcomes: ['a:1'],
  unread: 1,
  ...changes,
})

describe('what a push says', () => {
  test('is taken as the server writes it', () => {
    expect(payloadOf(payload())).toEqual(payload())
  })

  test.each([
    ['nothing', null],
    ['a word', 'hello'],
    ['a later version', { ...payload(), v: 2 }],
    ['no title', { ...payload(), title: undefined }],
    ['no outcomes', { ...payload(), outcomes: undefined }],
    ['an address elsewhere', payload({ url: 'https://example.org/' })],
    ['an address elsewhere, in short', payload({ url: '//example.org/' })],
  ])('is dropped: %s', (_, told) => {
    expect(payloadOf(told)).toBeNull()
  })
})

// The situations, as far as this device knows them.
describe('where it is told', () => {
  test.each<[string, Partial<Payload>, string[], boolean, string]>([
    ['a tab in front tells it itself', {}, ['a:1'], true, 'tabs'],
    ['a tab in front is given what was told already: it knows', {}, [], true, 'tabs'],
    ['no tab in front: the system', {}, ['a:1'], false, 'system'],
    ['a hidden tab has told it: nowhere', {}, [], false, 'nowhere'],
    ['one of several is new: the system, in place of the last', { outcomes: ['a:1', 'b:1'] }, ['b:1'], false, 'system'],
    ['it speaks of no outcome: the system', { kind: 'test', outcomes: [] }, [], false, 'system'],
    ['credits are low, and somebody looks: the tab', { kind: 'credits_low', outcomes: [] }, [], true, 'tabs'],
  ])('%s', (_, changes, fresh, isLookedAt, way) => {
    expect(wayOf(payload(changes), fresh, isLookedAt)).toBe(way)
  })
})
