import { describe, expect, test } from 'vitest'
import { bury, emptyStore, mergeImage, mergePage, mergeProject, moment, shownImages, shownProjects } from '../src/store'
import { picture, project } from './pictures'

describe('merging', () => {
  test('the higher version wins in either order', () => {
    const old = picture({ version: 2, status: 'processing' })
    const fresh = { ...old, version: 3, status: 'saving' as const }
    for (const order of [
      [old, fresh],
      [fresh, old],
    ]) {
      const store = emptyStore()
      order.forEach((image) => mergeImage(store, image))
      expect(store.images.get(old.id)?.status).toBe('saving')
    }
  })

  test('the same version twice is no change', () => {
    const store = emptyStore()
    const image = picture()
    expect(mergeImage(store, image)).toEqual({ before: undefined, after: image })
    expect(mergeImage(store, { ...image })).toBeNull()
  })

  test('what is at or below a tombstone is dropped, what is above it lives', () => {
    const store = emptyStore()
    const image = picture({ version: 4 })
    bury(store, { id: image.id, version: 4 })
    expect(mergeImage(store, image)).toBeNull()
    expect(mergeImage(store, { ...image, version: 5 })).not.toBeNull()
  })

  test('a tombstone takes what it covers and leaves what is newer', () => {
    const store = emptyStore()
    const gone = picture({ version: 2 })
    const newer = picture({ version: 9 })
    mergeImage(store, gone)
    mergeImage(store, newer)
    expect(bury(store, { id: gone.id, version: 3 })).toBe(true)
    expect(bury(store, { id: newer.id, version: 3 })).toBe(false)
    expect([...store.images.keys()]).toEqual([newer.id])
  })

  test('a page and an event commute', () => {
    const page = [picture({ created_at: '2030-01-01T10:00:02Z' }), picture({ created_at: '2030-01-01T10:00:01Z' })]
    const event = { ...page[1]!, version: 2, status: 'failed' as const }
    const one = emptyStore()
    mergePage(one, 'p1', page, null)
    mergeImage(one, event)
    const other = emptyStore()
    mergeImage(other, event)
    mergePage(other, 'p1', page, null)
    expect(shownImages(one, 'p1')).toEqual(shownImages(other, 'p1'))
  })
})

describe('what a grid shows', () => {
  test('newest first, by the microsecond, then by place', () => {
    const store = emptyStore()
    const times = ['2030-01-01T10:00:00.000001+00:00', '2030-01-01T10:00:00+00:00', '2030-01-01T10:00:00.000002+00:00']
    const [b, c, a] = times.map((created_at) => picture({ created_at }))
    const second = picture({ created_at: times[0]!, position: 1 })
    mergePage(store, 'p1', [a!, b!, c!, second], null)
    expect(shownImages(store, 'p1').map(({ id }) => id)).toEqual([a!.id, second.id, b!.id, c!.id])
  })

  test('nothing of a project whose first page is not here', () => {
    const store = emptyStore()
    mergeImage(store, picture())
    expect(shownImages(store, 'p1')).toEqual([])
  })

  test('insertions only within the loaded interval', () => {
    const store = emptyStore()
    const loaded = picture({ created_at: '2030-01-01T10:00:05Z' })
    mergePage(store, 'p1', [loaded], 'more')
    const fresh = picture({ created_at: '2030-01-01T10:00:09Z' })
    const old = picture({ created_at: '2030-01-01T09:00:00Z' })
    mergeImage(store, fresh)
    mergeImage(store, old)
    expect(shownImages(store, 'p1')).toEqual([fresh, loaded])
    mergePage(store, 'p1', [old], null)
    expect(shownImages(store, 'p1')).toEqual([fresh, loaded, old])
  })

  test('nothing from the trash, nothing of another project', () => {
    const store = emptyStore()
    const kept = picture()
    mergePage(store, 'p1', [kept, picture({ trashed_at: '2030-01-02T00:00:00Z' }), picture({ project: 'p2' })], null)
    expect(shownImages(store, 'p1')).toEqual([kept])
  })

  test('projects oldest first, without the trash', () => {
    const store = emptyStore()
    mergeProject(store, project({ id: 'b', created_at: '2030-01-02T00:00:00Z' }))
    mergeProject(store, project({ id: 'a' }))
    mergeProject(store, project({ id: 'c', trashed_at: '2030-01-03T00:00:00Z' }))
    expect(shownProjects(store).map(({ id }) => id)).toEqual(['a', 'b'])
  })
})

test('a time with and without a fraction is read to the microsecond', () => {
  expect(moment('2030-01-01T00:00:00.123456Z') - moment('2030-01-01T00:00:00Z')).toBe(123_456)
  expect(moment('2030-01-01T00:00:00.5Z') - moment('2030-01-01T00:00:00+00:00')).toBe(500_000)
})
