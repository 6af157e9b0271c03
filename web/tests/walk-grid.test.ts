import { describe, expect, test } from 'vitest'
import { walk, type Box, type Way } from '../src/walk-grid'

const box = (left: number, right: number, top: number): Box => ({ left, right, top, bottom: top + 100 })

//  0:[0-300]          1:[310-400] 2:[410-600]
//  3:[0-90] 4:[100-190] 5:[200-600]
//  6:[0-150]
const BOXES = [
  box(0, 300, 0),
  box(310, 400, 0.3),
  box(410, 600, 0),
  box(0, 90, 110),
  box(100, 190, 110.2),
  box(200, 600, 110),
  box(0, 150, 220),
]

describe('the focus', () => {
  test.each<[number, Way, number | null]>([
    [0, 'right', 1],
    [2, 'right', 3],
    [3, 'left', 2],
    [0, 'left', null],
    [6, 'right', null],
    [0, 'down', 4],
    [1, 'down', 5],
    [3, 'up', 0],
    [5, 'up', 1],
    [5, 'down', 6],
    [6, 'up', 3],
    [6, 'down', null],
    [1, 'up', null],
    [4, 'first', 0],
    [4, 'last', 6],
    [9, 'left', null],
  ])('from %i goes %s to %j', (from, way, to) => {
    expect(walk(BOXES, from, way)).toBe(to)
  })
})
