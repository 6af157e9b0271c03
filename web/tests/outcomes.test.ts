import { describe, expect, test } from 'vitest'
import type { Halt } from '../src/contract.gen'
import { en } from '../src/i18n/en'
import { fr } from '../src/i18n/fr'
import { switched } from '../src/notices/choices'
import { groupsOf, MOST } from '../src/notices/groups'
import { isStopKey, stopKey } from '../src/notices/stop'
import { signWith } from '../src/notices/sign-drawing'
import { wordsFor } from '../src/notices/wording'
import { followOutcomes, isToldHere, keepTold, keyOf, noteOutcomes } from '../src/outcomes'
import { picture } from './pictures'
import { queueOf } from './queues'

const ended = (changes = {}) => picture({ status: 'completed', finished_at: '2030-01-01T10:01:00Z', ...changes })
const failed = (changes = {}) => ended({ status: 'failed', error: { code: 'timed_out', detail: null, charged: false }, ...changes })

describe('what a person chooses', () => {
  test('is switched once', () => {
    expect(switched(['ready'], 'ready', true)).toEqual(['ready'])
    expect(switched(['ready', 'failed'], 'ready', false)).toEqual(['failed'])
  })
})

describe('a stop for want of credits', () => {
  const since = '2030-01-01T10:01:00.123456+00:00'
  const because = (reason: Halt | null, from: string | null = since) => queueOf({}, { provider: { reason, since: from, until: null, credits: 0 } })

  test('is known by its beginning, as the server knows it', () => {
    expect(stopKey(because('out_of_credits'))).toBe('credits:1893492060123')
    expect(isStopKey('credits:1893492060123')).toBe(true)
  })

  test('is none where anything else is the reason, or nothing is known', () => {
    for (const other of [null, because(null), because('bad_key'), because('out_of_credits', null)]) expect(stopKey(other)).toBeNull()
    expect(isStopKey('9f0c:1')).toBe(false)
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

  test('end as those of a push do', () => {
    expect(wordsFor(en, [ended(), ended()], 'Summer').title).toBe('2 pictures are ready')
    expect(wordsFor(fr, [failed(), failed()], 'Été').title).toBe('2 images ont échoué')
    expect(wordsFor(fr, [ended()], 'Été').title).toBe('Votre image est prête')
  })
})

describe('the list of outcomes', () => {
  test('says each of them in a sentence, one or several', () => {
    for (const { toast } of [en, fr]) {
      const said = [toast.ready, toast.failed, ...[1, 2].flatMap((count) => [toast.readyCount(count), toast.failedCount(count)])]
      expect(said.filter((words) => !words.endsWith('.'))).toEqual([])
    }
  })

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
