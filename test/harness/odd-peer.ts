// A paired device that misbehaves: its certificate and its port are real, what it answers is the test's.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Teardown } from './daemon.ts'
import type { Device } from './devices.ts'
import type { Holdings } from './paired-client.ts'

export interface OddPeer {
  /** Whoever holds a live connection. */
  readonly live: ReadonlySet<WebSocket>
  /** How many requests came. */
  readonly asked: () => number
}

/** Takes the place of `device`, which was ended; `answer` is what GET /v1/usage gets. */
export async function inPlaceOf(
  t: Teardown,
  { port }: Device,
  { identity }: Holdings,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<OddPeer> {
  let asked = 0
  const server = createServer(
    {
      cert: identity.certificatePem,
      key: identity.privateKeyPem,
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.3',
      ALPNProtocols: ['tallyd/1'],
    },
    (request, response) => {
      asked++
      answer(request, response)
    },
  )
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => {
    socket.on('error', () => undefined)
    socket.send(JSON.stringify({ cursor: `${'A'.repeat(22)}:1` }))
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets.clients) socket.terminate()
    server.closeAllConnections()
    server.close()
  })
  return { live: sockets.clients, asked: () => asked }
}
