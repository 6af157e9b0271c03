// Node's `ws`, without compression; one subscription. `node ws_server.mjs PORT REDIS_URL`.
import { createClient } from 'redis'
import { WebSocketServer } from 'ws'

const [port, redisUrl] = process.argv.slice(2)
const redis = createClient({ socket: { path: new URL(redisUrl).pathname } })
await redis.connect()

const rooms = new Map()

async function enter(channel, socket) {
  const room = rooms.get(channel)
  if (room) {
    room.sockets.add(socket)
    return room.subscribed
  }
  const sockets = new Set([socket])
  const send = (message) => {
    for (const one of sockets) one.send(message, { binary: false })
  }
  const subscribed = redis.subscribe(channel, send, true)
  rooms.set(channel, { sockets, subscribed })
  return subscribed
}

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(port), perMessageDeflate: false, backlog: 4096 })
server.on('connection', async (socket, request) => {
  const channel = request.url.slice(1)
  socket.on('close', () => rooms.get(channel)?.sockets.delete(socket))
  socket.on('error', () => socket.terminate())
  await enter(channel, socket)
  socket.send('{"type":"ready"}')
})
