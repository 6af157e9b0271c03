// socket.io with its Redis adapter, WebSockets only. `node socketio_server.mjs PORT REDIS_URL`.
import { createServer } from 'node:http'
import { createAdapter } from '@socket.io/redis-adapter'
import { createClient } from 'redis'
import { Server } from 'socket.io'

const [port, redisUrl] = process.argv.slice(2)
const publishing = createClient({ socket: { path: new URL(redisUrl).pathname } })
const subscribing = publishing.duplicate()
await Promise.all([publishing.connect(), subscribing.connect()])

const http = createServer()
const io = new Server(http, { adapter: createAdapter(publishing, subscribing), transports: ['websocket'] })
io.on('connection', async (socket) => {
  await socket.join(socket.handshake.query.room)
  socket.emit('ready')
})
http.listen({ host: '127.0.0.1', port: Number(port), backlog: 4096 })
