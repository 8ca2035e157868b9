// Somebody between two devices: ends TLS towards both with certificates of its own, so that whoever dials it believes to have reached
// the other one. What is said to whom is another matter: relay.ts passes it on, grinder.ts and splicer.ts do worse.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createTls, type TLSSocket } from 'node:tls'
import { WebSocket, WebSocketServer } from 'ws'
import { dial } from '../../src/daemon/devices/dial.ts'
import { type Peer, peerOf, tlsOptions } from '../../src/daemon/devices/tls.ts'
import type { Identity } from '../../src/daemon/identity/identity.ts'
import type { Teardown } from '../harness/daemon.ts'
import { madeIdentity } from '../harness/stranger.ts'

/** One of the two connections, as the one in the middle has it. */
export interface Leg {
  /** Who we are to that side. */
  readonly identity: Identity
  /** Who that side is, with the exporter of this connection. */
  readonly peer: Peer
  readonly socket: WebSocket
}

export interface Between {
  readonly port: number
  /** `127.0.0.1:port`. */
  readonly address: string
}

/** Who we are to whom; certificates that are made for it where none is given. */
export interface Faces {
  readonly towardsDialler?: Identity
  readonly towardsDialled?: Identity
}

/**
 * Stands in front of whoever listens at `port` of loopback. `meet` is called with everybody who comes; its second argument goes
 * to the other side, or to whoever listens at another port, when and as often as it is called; `path` is where both go.
 */
export async function standBefore(
  t: Teardown,
  port: number,
  meet: (dialler: Leg, reach: (port?: number) => Promise<Leg>) => void,
  { towardsDialler = madeIdentity(), towardsDialled = madeIdentity() }: Faces = {},
  path = '/v1/ceremony',
): Promise<Between> {
  const peers = new WeakMap<object, Peer>()
  const http = createServer()
  const sockets = new WebSocketServer({ server: http })
  const options = { ...tlsOptions(towardsDialler), requestCert: true, rejectUnauthorized: false }
  const tls = createTls(options, (socket: TLSSocket) => {
    socket.on('error', () => undefined)
    const peer = peerOf(socket, Date.now())
    if (typeof peer === 'string') return void socket.destroy()
    peers.set(socket, peer)
    http.emit('connection', socket)
  })
  sockets.on('connection', (socket, request) => {
    socket.on('error', () => undefined)
    const peer = peers.get(request.socket)
    if (peer === undefined) return socket.terminate()
    meet({ identity: towardsDialler, peer, socket }, (other = port) => legTo(t, other, towardsDialled, path))
  })
  await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const client of sockets.clients) client.terminate()
    tls.close()
  })
  const at = (tls.address() as AddressInfo).port
  return { port: at, address: `127.0.0.1:${at}` }
}

/** A ceremony with whoever listens at `port` of loopback. Rejects with DialError, or as `ws` does. */
export async function legTo(
  t: Teardown,
  port: number,
  identity: Identity,
  path = '/v1/ceremony',
): Promise<Leg> {
  const { socket: tls, peer } = await dial(
    { host: '127.0.0.1', port, pin: null },
    { identity, now: Date.now },
  )
  const socket = new WebSocket(`ws://device${path}`, { createConnection: () => tls })
  socket.on('error', () => undefined)
  t.teardown(() => socket.terminate())
  await once(socket, 'open')
  return { identity, peer, socket }
}
