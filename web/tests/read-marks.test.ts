import { describe, expect, test } from 'vitest'
import type { Image } from '../src/contract.gen'
import { lookAt, nextSeen, raised, SEEN_AFTER, seenBy, unreadIn, type Marks } from '../src/read-marks'
import { emptyStore, mergeImage, mergeProject, moment } from '../src/store'
import { picture, project } from './pictures'

const NOON = '2030-01-01T12:00:00.000000Z'
const LATER = '2030-01-01T12:00:00.000001Z'
const mark = (seen_at: string, of = 'p1') => ({ account: 'ada', project: of, seen_at })
const upTo = (seen_at: string): Marks => raised(new Map(), mark(seen_at))

/** A picture that ended at noon, but for what a test cares about. */
const ended = (changes: Partial<Image> = {}): Image => picture({ status: 'completed', finished_at: NOON, ...changes })

/** The ids that are new in each project. */
function unread(images: Image[], marks: Marks = new Map(), projects = [project()]) {
  const store = emptyStore()
  projects.forEach((one) => mergeProject(store, one))
  images.forEach((image) => mergeImage(store, image))
  return Object.fromEntries([...unreadIn(store, marks)].map(([of, ids]) => [of, [...ids]]))
}

describe('marks', () => {
  test('only rise, by the microsecond, in any order', () => {
    const marks = [mark(NOON), mark(LATER), mark('2030-01-01T11:00:00Z')]
    for (const order of [marks, [...marks].reverse(), [...marks, ...marks]])
      expect(order.reduce(raised, new Map()).get('p1')).toBe(moment(LATER))
  })

  test('are the very same where nothing rose', () => {
    const marks = upTo(NOON)
    expect(raised(marks, mark(NOON))).toBe(marks)
    expect(raised(marks, mark(LATER))).not.toBe(marks)
    expect(marks.get('p1')).toBe(moment(NOON))
  })
})

describe('new is', () => {
  test('what ended well or badly after the mark', () => {
    const fresh = ended({ finished_at: LATER, status: 'failed' })
    expect(unread([ended(), fresh], upTo(NOON))).toEqual({ p1: [fresh.id] })
  })

  test('what ended since the project was made, where there is no mark or an older one', () => {
    const moved = ended({ finished_at: '2030-01-01T08:59:59Z' })
    const image = ended()
    expect(unread([moved, image])).toEqual({ p1: [image.id] })
    expect(unread([moved, image], upTo('2030-01-01T08:00:00Z'))).toEqual({ p1: [image.id] })
  })

  test('not what somebody has moved since it ended, however old the mark is', () => {
    const moved = ended({ moved_at: LATER })
    const again = ended({ moved_at: NOON, finished_at: LATER })
    const old = ended()
    Reflect.deleteProperty(old, 'moved_at')
    expect(unread([moved, again, old])).toEqual({ p1: [again.id, old.id] })
  })

  test.each<[string, Partial<Image>]>([
    ['what is under way', { status: 'processing', finished_at: null }],
    ['what was canceled', { status: 'canceled' }],
    ['an upload', { kind: 'upload' }],
    ['what is in the trash', { trashed_at: LATER }],
    ['what lies in a project that is not known', { project: 'elsewhere' }],
  ])('not %s', (_, changes) => {
    expect(unread([ended(changes)])).toEqual({})
  })

  test('not what lies in a project that is in the trash', () => {
    expect(unread([ended()], new Map(), [project({ trashed_at: LATER })])).toEqual({})
  })

  test('counted by project, each with its own mark', () => {
    const [here, there] = [ended(), ended({ project: 'p2' })]
    const projects = [project(), project({ id: 'p2' })]
    expect(unread([here, there], new Map(), projects)).toEqual({ p1: [here.id], p2: [there.id] })
    expect(unread([here, there], upTo(NOON), projects)).toEqual({ p2: [there.id] })
  })
})

describe('a gaze', () => {
  test('goes on while a picture is looked at, and ends with it', () => {
    const first = lookAt(new Map(), ['a', 'b'], 100)
    const second = lookAt(first, ['b', 'c'], 900)
    expect([...second]).toEqual([
      ['b', 100],
      ['c', 900],
    ])
    expect([...lookAt(second, [], 1_000)]).toEqual([])
  })

  test('is long enough after a while, and not a moment before', () => {
    const gaze = lookAt(lookAt(new Map(), ['a'], 100), ['a', 'b'], 200)
    expect(nextSeen(gaze)).toBe(100 + SEEN_AFTER)
    expect(seenBy(gaze, 99 + SEEN_AFTER)).toEqual([])
    expect(seenBy(gaze, 100 + SEEN_AFTER)).toEqual(['a'])
    expect(seenBy(gaze, 200 + SEEN_AFTER)).toEqual(['a', 'b'])
  })

  test('that looks at nothing has nothing to come', () => {
    expect(nextSeen(new Map())).toBe(Infinity)
    expect(seenBy(new Map(), 9_999)).toEqual([])
  })
})
