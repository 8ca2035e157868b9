// Somebody in the middle: ends TLS towards both sides with certificates of its own, and passes on what they say in a ceremony, word
// for word. Whoever dials it believes to have reached the other one.
import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createTls, type TLSSocket } from 'node:tls'
import { WebSocket, WebSocketServer } from 'ws'
import { dial } from '../../src/daemon/devices/dial.ts'
import type { Teardown } from '../harness/daemon.ts'
import { madeIdentity } from '../harness/stranger.ts'

export interface Relay {
  readonly port: number
  readonly address: string
  /** What went through, in order: who said it and the message. */
  readonly said: readonly { readonly from: 'dialler' | 'dialled'; readonly text: string }[]
}

/** Stands in front of whoever listens at `port` of loopback. */
export async function relayTo(t: Teardown, port: number): Promise<Relay> {
  const [towardsDialler, towardsDialled] = [madeIdentity(), madeIdentity()]
  const said: { from: 'dialler' | 'dialled'; text: string }[] = []
  const http: HttpServer = createServer()
  const sockets = new WebSocketServer({ server: http })
  const tls = createTls(
    {
      cert: towardsDialler.certificatePem,
      key: towardsDialler.privateKeyPem,
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.3',
      ALPNProtocols: ['tallyd/1'],
    },
    (socket: TLSSocket) => {
      socket.on('error', () => undefined)
      http.emit('connection', socket)
    },
  )
  sockets.on('connection', async (near, { url }) => {
    const waiting: string[] = []
    let far: WebSocket | undefined
    near.on('message', (data) => {
      said.push({ from: 'dialler', text: String(data) })
      if (far?.readyState === WebSocket.OPEN) far.send(String(data))
      else waiting.push(String(data))
    })
    near.on('error', () => undefined)
    const { socket } = await dial(
      { host: '127.0.0.1', port, pin: null },
      { identity: towardsDialled, now: Date.now },
    )
    far = new WebSocket(`ws://device${url}`, { createConnection: () => socket })
    far.on('open', () => {
      for (const text of waiting.splice(0)) far!.send(text)
    })
    far.on('message', (data) => {
      said.push({ from: 'dialled', text: String(data) })
      near.send(String(data))
    })
    far.on('error', () => near.terminate())
    far.on('close', () => near.close())
    near.on('close', () => far!.close())
  })
  await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const client of sockets.clients) client.terminate()
    tls.close()
  })
  const at = (tls.address() as AddressInfo).port
  return { port: at, address: `127.0.0.1:${at}`, said }
}
