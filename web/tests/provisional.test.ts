import { signal } from '@preact/signals'
import { beforeEach, expect, test } from 'vitest'
import { Refused } from '../src/api'
import { cardKey, propose, provisionals, refuse, settle, slotKey, type Provisional } from '../src/provisional'
import { arrange } from '../src/arrange'
import { moment } from '../src/store'
import { picture } from './pictures'

const CREATED = '2030-01-01T10:00:00Z'

function wish(batch: string, position = 0): Provisional {
  return {
    kind: 'upload',
    batch,
    position,
    project: 'p1',
    at: moment(CREATED),
    shape: 1,
    name: '',
    preview: '',
    done: signal(0),
    refused: null,
    retry: () => {},
    dismiss: () => {},
  }
}

const places = () => provisionals.value.map(({ batch, position }) => slotKey(batch, position))

beforeEach(() => {
  provisionals.value = []
})

test('a picture and its provisional have one key', () => {
  expect(cardKey(picture({ batch: 'b', position: 2 }))).toBe(slotKey('b', 2))
})

test('a picture takes the place of its provisional only', () => {
  propose([wish('a', 0), wish('a', 1)], () => false)
  settle([picture({ batch: 'a', position: 1 }), picture()])
  expect(places()).toEqual(['a:0'])
})

test('what is already a picture is not proposed: the event was faster than the page', () => {
  propose([wish('a', 0), wish('a', 1)], (key) => key === 'a:0')
  expect(places()).toEqual(['a:1'])
})

test('a refused request leaves one card, with the reason', () => {
  propose([wish('a', 0), wish('a', 1), wish('b', 0)], () => false)
  refuse('a', new Refused('rate_limited', '', 3))
  expect(places()).toEqual(['a:0', 'b:0'])
  expect(provisionals.value[0]?.refused?.retryAfter).toBe(3)
  expect(provisionals.value[1]?.refused).toBeNull()
})

test('never two cards for one, in whatever order they come', () => {
  const image = picture({ batch: 'a', created_at: CREATED })
  const slots = arrange([image], [wish('a'), wish('b')])
  expect(slots.map(({ key }) => key)).toEqual(['b:0', 'a:0'])
})

test('a batch name that was used twice does not confuse the cards', () => {
  const images = [picture({ batch: 'a' }), picture({ batch: 'a' })]
  expect(new Set(arrange(images, []).map(({ key }) => key)).size).toBe(2)
})
