// A program for places.test.ts: holds WebSockets on a socket until it is stopped or killed.
import { WebSocket } from 'ws'

const [path, count, event] = process.argv.slice(2)
let ready = 0
for (let opened = 0; opened < Number(count); opened++) {
  const socket = new WebSocket(`ws+unix:${path}:/rpc`, { headers: { host: 'tallyd' } })
  socket.on('error', () => undefined)
  const said = () => {
    if (++ready === Number(count)) process.stdout.write('ready\n')
  }
  socket.once('open', () => {
    if (event === undefined) said()
    else {
      const params = { event, params: { range: 'today' } }
      socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'events.subscribe', params }))
    }
  })
  if (event !== undefined) socket.once('message', said)
}
