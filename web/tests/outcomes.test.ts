import { describe, expect, test } from 'vitest'
import type { NoticeChoices } from '../src/contract.gen'
import { en } from '../src/i18n/en'
import { fr } from '../src/i18n/fr'
import { isWanted, switched } from '../src/notices/choices'
import { groupsOf, MOST } from '../src/notices/groups'
import type { NoticeKind } from '../src/notices/kinds'
import { signWith } from '../src/notices/sign-drawing'
import { wordsFor } from '../src/notices/wording'
import { followOutcomes, isToldHere, keepTold, keyOf, noteOutcomes } from '../src/outcomes'
import { picture } from './pictures'

const ended = (changes = {}) => picture({ status: 'completed', finished_at: '2030-01-01T10:01:00Z', ...changes })
const failed = (changes = {}) => ended({ status: 'failed', error: { code: 'timed_out', detail: null, charged: false }, ...changes })

describe('what is told outside of the page', () => {
  const choices = (on: NoticeKind[], muted_projects: string[] = []): NoticeChoices => ({ on, muted_projects })
  const USUAL: NoticeKind[] = ['ready', 'failed', 'credits_low']

  test('the kinds that are on', () => {
    for (const [image, kind] of [
      [ended(), 'ready'],
      [failed(), 'failed'],
    ] as const) {
      expect(isWanted(image, [image], choices(USUAL), [])).toBe(true)
      expect(isWanted(image, [image], choices(USUAL.filter((one) => one !== kind)), [])).toBe(false)
      expect(isWanted(image, [image], choices(USUAL), [kind])).toBe(false)
    }
  })

  test('nothing of a project that is muted, of the trash, or of an upload', () => {
    const image = ended()
    expect(isWanted(image, [image], choices(USUAL, [image.project]), [])).toBe(false)
    expect(isWanted(ended({ trashed_at: '2030-01-01T10:02:00Z' }), [], choices(USUAL), [])).toBe(false)
    expect(isWanted(ended({ kind: 'upload' }), [], choices(USUAL), [])).toBe(false)
  })

  test('a request whose pictures have all ended, where that alone is wanted', () => {
    const [one, other] = [ended({ batch: 'b' }), picture({ batch: 'b', status: 'processing' })]
    expect(isWanted(one, [one, other], choices(['batch']), [])).toBe(false)
    expect(isWanted(one, [one, failed({ batch: 'b' })], choices(['batch']), [])).toBe(true)
    expect(isWanted(one, [one], choices(['batch']), [])).toBe(false)
  })

  test('a choice is switched once', () => {
    expect(switched(['ready'], 'ready', true)).toEqual(['ready'])
    expect(switched(['ready', 'failed'], 'ready', false)).toEqual(['failed'])
  })
})

describe('the words of a message', () => {
  test('of one: what became of it and what was asked for', () => {
    expect(wordsFor(en, [ended({ prompt: 'a lighthouse' })], 'Summer')).toEqual({ title: 'Your picture is ready', body: 'a lighthouse' })
    expect(wordsFor(en, [failed()], 'Summer')).toEqual({ title: 'A picture failed', body: 'NanoBanana took too long.' })
  })

  test('of several: how many, and where', () => {
    const several = [ended(), ended(), failed()]
    expect(wordsFor(en, several, 'Summer')).toEqual({ title: '2 pictures are ready. 1 picture failed.', body: 'Summer' })
    expect(wordsFor(fr, several, 'Été').title).toBe('2 images sont prêtes. 1 image a échoué.')
  })
})

describe('the list of outcomes', () => {
  test('those of one request that ended alike are one line, the last first', () => {
    const at = (second: number) => ({ finished_at: `2030-01-01T10:01:0${second}Z` })
    const first = ended({ batch: 'a', ...at(1) })
    const alone = ended({ ...at(2) })
    const second = ended({ batch: 'a', ...at(3) })
    const bad = failed({ batch: 'a', ...at(4) })
    const groups = groupsOf([first, alone, second, bad, picture({ status: 'processing' }), ended({ kind: 'upload' })])
    expect(groups.map(({ kind, images }) => [kind, images.map(({ id }) => id)])).toEqual([
      ['failed', [bad.id]],
      ['ready', [second.id, first.id]],
      ['ready', [alone.id]],
    ])
  })

  test('is as long as that of the server', () => {
    const many = Array.from({ length: MOST + 5 }, () => ended())
    expect(groupsOf(many).flatMap(({ images }) => images)).toHaveLength(MOST)
  })
})

describe('outcomes of this tab', () => {
  test('reach the part that comes late, and are known as told', () => {
    const [shown, hidden] = [ended(), ended()]
    noteOutcomes([shown], 'shown')
    noteOutcomes([hidden], 'hidden')
    const heard: [string, string][] = []
    followOutcomes((images, fate) => heard.push(...images.map((image): [string, string] => [image.id, fate])))
    noteOutcomes([], 'shown')
    expect(heard).toEqual([
      [shown.id, 'shown'],
      [hidden.id, 'hidden'],
    ])
    expect([isToldHere(keyOf(shown)), isToldHere(keyOf(hidden))]).toEqual([true, false])
    expect(isToldHere(keyOf({ ...shown, attempt: shown.attempt + 1 }))).toBe(false)
  })

  test('are forgotten some day', () => {
    keepTold(['old:1'])
    keepTold(Array.from({ length: 500 }, (_, index) => `${index}:1`))
    expect([isToldHere('old:1'), isToldHere('499:1')]).toEqual([false, true])
  })
})

test('the sign of the tab counts to nine', () => {
  expect(signWith(3)).toContain('>3</text>')
  expect(signWith(10)).toContain('>9+</text>')
  expect(signWith(0)).not.toContain('text')
})
