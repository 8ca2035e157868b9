// The ceiling of an answer: a Node that sends the same bytes for every message on a WebSocket, and does nothing else. Its arguments are the
// path of its socket and of a file with the result.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'

const [path, file] = process.argv.slice(2)
if (path === undefined || file === undefined) throw new Error('give the path of a socket and of a result')
const result = readFileSync(file, 'utf8')
const server = createServer()
new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket) => {
  socket.on('message', (data) => {
    const { id } = JSON.parse(String(data)) as { id: number }
    socket.send(`{"jsonrpc":"2.0","id":${id},"result":${result}}`)
  })
})
server.listen(path)
