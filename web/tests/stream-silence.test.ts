import { beforeEach, describe, expect, test } from 'vitest'
import { FIRST_WINDOW, HELLO_TIMEOUT } from '../src/stream-times'
import { HOUR, beat, begin, live, log, renew, untilNext, world } from './streams'

beforeEach(renew)

describe('a connection that ends without a word is told of', () => {
  test.each([
    ['refused', () => world.socket.end(1006)],
    ['never opened', () => world.pass(HELLO_TIMEOUT)],
    ['opened and closed', () => (world.socket.open(), world.socket.end(1006))],
    ['opened and never answered', () => (world.socket.open(), world.pass(HELLO_TIMEOUT))],
    ['answered with what is no frame', () => world.socket.onmessage?.({ data: '<html>' })],
    ['answered with what has no type', () => world.socket.say({})],
  ])('%s', (_, end) => {
    begin()
    end()
    expect([log.answered, log.unanswered]).toEqual([0, 1])
    expect(log.states.at(-1)).toBe('waiting')
  })

  test('but none on which there was one', () => {
    live()
    world.socket.say(beat(5))
    world.socket.end(1006)
    expect([log.answered, log.unanswered]).toEqual([1, 0])
  })

  test.each([4000, 4004, 4501])('nor one that the server closed with a code of its own: %i', (code) => {
    begin()
    world.socket.open()
    world.socket.end(code)
    expect([log.answered, log.unanswered]).toEqual([0, 0])
  })

  test('nor one that this tab let go', () => {
    const stream = begin()
    stream.rest()
    stream.show()
    stream.changeNetwork()
    stream.stop()
    expect([log.answered, log.unanswered]).toEqual([0, 0])
  })
})

describe('while it is asked why a connection ended without a word', () => {
  let answer: () => Promise<void>

  beforeEach(() => {
    let resolve: () => void
    const question = new Promise<void>((kept) => {
      resolve = kept
    })
    log.question = question
    answer = () => (resolve(), question)
  })

  test('none is opened, and the next one as soon as the answer is there', async () => {
    begin()
    world.socket.end(1006)
    world.pass(HELLO_TIMEOUT - 1)
    expect(world.sockets).toHaveLength(1)
    await answer()
    expect(world.sockets).toHaveLength(2)
  })

  test('an answer that comes first cuts no wait short', async () => {
    begin()
    world.socket.end(1006)
    await answer()
    expect(world.sockets).toHaveLength(1)
    expect(untilNext()).toBe(FIRST_WINDOW / 2)
  })

  test('an answer is not waited for longer than that of a connection', async () => {
    begin()
    world.socket.end(1006)
    world.pass(HELLO_TIMEOUT)
    expect(world.sockets).toHaveLength(2)
    await answer()
    expect(world.sockets).toHaveLength(2)
  })

  test('somebody who is back waits for the answer only', async () => {
    const stream = begin()
    world.socket.end(1006)
    stream.show()
    expect(world.sockets).toHaveLength(1)
    await answer()
    expect(world.sockets).toHaveLength(2)
  })

  test('another network is tried at once, and the answer of the old one opens nothing', async () => {
    const stream = begin()
    world.socket.end(1006)
    stream.changeNetwork()
    expect(world.sockets).toHaveLength(2)
    await answer()
    expect(world.sockets).toHaveLength(2)
  })

  test('a stream that has stopped stays so', async () => {
    const stream = begin()
    world.socket.end(1006)
    stream.stop()
    await answer()
    world.pass(HOUR)
    expect(world.sockets).toHaveLength(1)
  })
})
