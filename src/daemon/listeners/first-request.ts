// Ends connections of the LAN listener whose first request takes too long. Node looks for slow requests as well, but as long as it listens:
// often enough for strangers would be too often for an idle daemon. So it does that for the requests after the first.
import type { IncomingMessage } from 'node:http'
import type { Server } from 'node:https'
import type { TLSSocket } from 'node:tls'

/** From now on. `longestMs` is for head and body together, from the moment when the connection is secure. */
export function endSlowFirstRequests(server: Server, longestMs: number): void {
  const firsts = new WeakMap<object, IncomingMessage>()
  const hear = (request: IncomingMessage) => {
    if (!firsts.has(request.socket)) firsts.set(request.socket, request)
  }
  server.on('request', hear)
  // A WebSocket has time limits of its own.
  server.on('upgrade', hear)
  server.on('secureConnection', (socket: TLSSocket) => {
    const late = setTimeout(() => {
      if (!firsts.get(socket)?.complete) socket.destroy()
    }, longestMs).unref()
    socket.once('close', () => clearTimeout(late))
  })
}
