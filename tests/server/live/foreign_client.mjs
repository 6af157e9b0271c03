// Node's `ws` at the live door: `node foreign_client.mjs PORT SESSION COUNT [flood]`. Says in JSON lines what it is answered.
import { createRequire } from 'node:module'

const { WebSocket } = createRequire(new URL('../../../web/package.json', import.meta.url))('ws')
const [port, session, count, floods] = process.argv.slice(2)
const url = `ws://127.0.0.1:${port}/api/live`

const say = (line) => console.log(JSON.stringify(line))

/** Its frames, one after the other; the last tells how it ended. */
function open(origin = `http://127.0.0.1:${port}`) {
  const socket = new WebSocket(url, 'atelier.v1', { origin, headers: { Cookie: `atelier_session=${session}` } })
  const heard = []
  const waiting = []
  const put = (frame) => (waiting.length ? waiting.shift()(frame) : heard.push(frame))
  socket.on('message', (data) => put(JSON.parse(data)))
  socket.on('pong', (data) => put({ type: 'pong', data: String(data) }))
  socket.on('close', (code) => put({ type: 'closed', code }))
  socket.on('unexpected-response', (_, { statusCode }) => put({ type: 'refused', status: statusCode }))
  socket.on('error', () => undefined)
  const next = () => (heard.length ? Promise.resolve(heard.shift()) : new Promise((take) => waiting.push(take)))
  const until = async (type) => {
    for (;;) {
      const frame = await next()
      if (frame.type === type) return frame
      if (frame.type === 'closed') return frame
    }
  }
  return { socket, next, until, opened: new Promise((done) => socket.once('open', done)) }
}

async function greeted() {
  const client = open()
  await client.opened
  // In two parts, with a ping between them.
  const hello = JSON.stringify({ type: 'hello' })
  client.socket.send(hello.slice(0, 5), { fin: false })
  client.socket.ping('between')
  client.socket.send(hello.slice(5), { fin: true })
  const first = await client.until('reset')
  return { ...client, first }
}

const reader = await greeted()
say({ reset: reader.first.seq, extensions: reader.socket.extensions, protocol: reader.socket.protocol })
const seqs = []
while (seqs.length < Number(count)) seqs.push((await reader.until('event')).seq)
reader.socket.ping('alive')
say({ seqs, pong: (await reader.until('pong')).data })
reader.socket.close(1000, 'enough')
say({ left: (await reader.until('closed')).code })

const bad = {
  large: ({ socket }) => socket.send('x'.repeat(64 * 1024 + 1)),
  'not text': ({ socket }) => socket.send(Buffer.from([0x7b, 0xff]), { binary: false }),
  binary: ({ socket }) => socket.send(Buffer.from('{}')),
}
if (floods) bad.flood = ({ socket }) => Array.from({ length: 5_000 }, () => socket.ping())
for (const [name, act] of Object.entries(bad)) {
  const client = await greeted()
  act(client)
  say({ [name]: (await client.until('closed')).code })
}
say({ foreign: (await open('https://elsewhere.example').next()).status })
process.exit()
