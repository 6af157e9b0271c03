import { describe, expect, test } from 'vitest'
import { cacheOf, outdated, wantedOf } from '../src/worker/caching'

const ORIGIN = 'https://atelier.example'
const wanted = (path: string, isNavigation = false, method = 'GET') => wantedOf(method, isNavigation, new URL(path, ORIGIN), ORIGIN)

describe('what the worker answers', () => {
  test.each(['/', '/p/1', '/p/1/i/2', '/trash', '/trash/', '/?utm=1'])('%s is the page', (path) => {
    expect(wanted(path, true)).toBe('page')
  })

  test.each(['/assets/index-a1.js', '/assets/index-a1.css', '/boot.js?v=a1', '/favicon.svg?v=a1'])('%s never changes', (path) => {
    expect(wanted(path)).toBe('file')
  })

  test.each([
    '/api/me',
    '/api/images/1/file/thumb?v=a1',
    '/api/thumbs/token',
    '/api/docs',
    '/boot.js',
    '/sw.js',
    '/healthz',
    'https://elsewhere.example/assets/index-a1.js',
  ])('%s is left alone', (path) => {
    expect(wanted(path)).toBeNull()
  })

  test.each(['/api/images/1/file/original?v=1&download=1', '/api/docs', '/metrics'])('going to %s is left alone', (path) => {
    expect(wanted(path, true)).toBeNull()
  })

  test('only what is read', () => {
    expect(wanted('/', true, 'POST')).toBeNull()
  })
})

describe('which builds are kept', () => {
  const names = ['a', 'b', 'c', 'd', 'e'].map(cacheOf)

  test('this one and the last three before it', () => {
    expect(outdated(names, 'e')).toEqual([cacheOf('a')])
    expect(outdated(names.slice(0, 3), 'c')).toEqual([])
  })

  test('one that came back is this one', () => {
    expect(outdated(names, 'b')).toEqual([cacheOf('a')])
  })

  test('what is not ours is not touched', () => {
    expect(outdated(['other', ...names], 'e')).toEqual([cacheOf('a')])
  })
})
