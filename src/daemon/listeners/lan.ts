// The LAN listener: mutual TLS 1.3 for other devices. A paired one, known by its certificate and the token bound to it, gets
// usage; anybody with an acceptable certificate may begin a ceremony, or ask for a token (lan-access.ts); nobody gets anything else.
import type { Server } from 'node:https'
import { networkInterfaces } from 'node:os'
import type { TLSSocket } from 'node:tls'
import websocket from '@fastify/websocket'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { fitsCursor, fitsTransferId, fitsUnpairNotice } from '../../contract/generated/wire.ts'
import { TRANSFER } from '../../contract/transfer-words.ts'
import { ceremonyLine } from '../devices/ceremony-line.ts'
import type { Door, LanListener } from '../devices/door.ts'
import { HANDSHAKE_MS, plainAddress, tlsOptions } from '../devices/tls.ts'
import { transferSocket } from '../devices/transfers/line.ts'
import type { Log } from '../store/log.ts'
import { bearerOf } from '../tokens/token.ts'
import { CeremonyRoom, ROOM } from './ceremony-room.ts'
import { endSlowFirstRequests } from './first-request.ts'
import { Gate } from './gate.ts'
import { accessRoutes, type LanAccess } from './lan-access.ts'
import { Peers } from './lan-peers.ts'
import { keepAlive, newestTo } from './live-line.ts'
import { Turns } from './turns.ts'

const BODY_BYTES = 1024
/** Connections that the system keeps until we get to them: whoever finds no room there waits for a second. */
const BACKLOG = 4_096
/** Ceremony messages are the largest that come in. */
const MESSAGE_BYTES = 1024
/** A request holds at most a kilobyte. Node looks for late ones every `lookMs`; first-request.ts sees to each connection's first. */
const TIMEOUTS = { requestMs: 10_000, lookMs: 10_000, idleMs: 75_000 }

/** Opens it at a port, on one address or on all. Rejects with the system's error, EADDRINUSE among them. */
export async function listenLan(
  door: Door,
  at: { readonly port: number; readonly address: string | undefined },
  log: Log,
  access: LanAccess,
): Promise<LanListener> {
  const app = fastify({
    logger: false,
    https: {
      ...tlsOptions(door.identity),
      requestCert: true,
      // Nobody signs our certificates: who it is is decided by fingerprint, in `meet`.
      rejectUnauthorized: false,
      handshakeTimeout: HANDSHAKE_MS,
      headersTimeout: TIMEOUTS.requestMs,
      connectionsCheckingInterval: TIMEOUTS.lookMs,
    },
    bodyLimit: BODY_BYTES,
    requestTimeout: TIMEOUTS.requestMs,
    keepAliveTimeout: TIMEOUTS.idleMs,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    frameworkErrors: (_error, { raw }, reply) => {
      // No hook runs here, so an upgrade is closed here too.
      reply.raw.once('finish', () => raw.socket.destroySoon())
      refuse(reply as unknown as FastifyReply, 400, 'there is nothing here')
    },
    schemaController: { compilersFactory: { buildValidator: notNeeded, buildSerializer: notNeeded } },
  }) as unknown as FastifyInstance
  const gate = new Gate(app.server, door)
  const peers = new Peers(door, gate)
  const turns = new Turns()
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  app.setErrorHandler((error, request, reply) => {
    const status = statusOf(error)
    if (status >= 500) log.error('a request of a device failed', error)
    else peers.turnAway(request, 'a request that cannot be read')
    return refuse(reply, status, status >= 500 ? 'this device failed at this' : 'the request cannot be read')
  })
  app.setNotFoundHandler((request, reply) => {
    peers.turnAway(request, 'asked for what there is not')
    return refuse(reply, 404, 'there is nothing here')
  })
  await app.register(websocket, { options: { maxPayload: MESSAGE_BYTES, perMessageDeflate: false } })
  app.addHook('onRequest', (request, reply, done) => {
    if (!turns.ask(request.raw.socket, reply.raw)) dropped(request, reply)
    else if (peers.of(request) === undefined) refuse(reply, 403, 'no acceptable certificate')
    else if (request.headers.origin !== undefined) {
      peers.turnAway(request, 'a browser')
      refuse(reply, 403, 'browsers are refused')
    } else done()
  })
  routes(app, door, peers, turns)
  await app.register(async (routed) =>
    // The first hook has turned away whoever is nobody.
    accessRoutes(routed, { ...access, door, log, peerOf: (request) => peers.of(request)! }),
  )
  app.server.prependListener('secureConnection', (socket: TLSSocket) => peers.meet(socket))
  endSlowFirstRequests(app.server as unknown as Server, TIMEOUTS.requestMs)
  app.server.on('tlsClientError', (_error: Error, socket: TLSSocket) => {
    if (socket.remoteAddress !== undefined)
      door.onRefused('no TLS 1.3 handshake', { host: plainAddress(socket.remoteAddress) })
    socket.destroy()
  })
  await app.listen({ port: at.port, host: at.address ?? everyAddress(), backlog: BACKLOG })
  const address = app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : at.port
  return {
    port,
    cut: (id) => peers.cut(id),
    cutGranted: (id) => peers.cutGranted(id),
    close: () => close(app, peers),
  }
}

function routes(app: FastifyInstance, door: Door, peers: Peers, turns: Turns): void {
  const room = new CeremonyRoom()
  const receivers = new CeremonyRoom(TRANSFER.reviewMs + ROOM.longestMs)
  const admitted = (request: FastifyRequest): string | null => {
    const peer = peers.of(request)
    return peer === undefined ? null : door.admit(peer, bearerOf(request.headers.authorization))
  }

  app.get('/v1/usage', async (request, reply) => {
    const id = admitted(request)
    if (id === null) return refuseStranger(request, reply)
    const { since } = request.query as { since?: unknown }
    if (since !== undefined && !fitsCursor(since)) {
      peers.turnAway(request, 'a request that cannot be read')
      return refuse(reply, 400, 'since is no cursor')
    }
    const answer = turns.isTaking(id) ? 'notYet' : door.usage(id, since as string | undefined)
    if (answer === null) return reply.code(204).send()
    if (answer === 'notYet') return reply.code(503).header('retry-after', '1').send()
    const body = JSON.stringify(answer)
    turns.take(id, request.raw.socket, reply.raw, body.length)
    return reply.header('content-type', 'application/json; charset=utf-8').send(body)
  })

  app.post('/v1/unpair', async (request, reply) => {
    const peer = peers.of(request)
    if (peer === undefined || !fitsUnpairNotice(parsed(request.body))) {
      peers.turnAway(request, 'a request that cannot be read')
      return refuse(reply, 400, 'no such notice')
    }
    await door.unpaired(peer)
    return reply.code(204).send()
  })

  app.route({
    method: 'GET',
    url: '/v1/live',
    preValidation: async (request, reply) => {
      if (admitted(request) === null) return refuseStranger(request, reply)
    },
    handler: (_request, reply) => refuse(reply, 426, 'this is a WebSocket'),
    wsHandler: (socket, request) => {
      const id = admitted(request)
      if (id === null) return socket.terminate()
      const tell = newestTo(socket)
      const offer = (transfer: string) => socket.send(JSON.stringify({ transfer }))
      const end = door.watch(id, (cursor) => tell(JSON.stringify({ cursor })), offer)
      socket.on('message', () => socket.terminate())
      keepAlive(socket, end)
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/ceremony',
    handler: (_request, reply) => refuse(reply, 426, 'this is a WebSocket'),
    wsHandler: (socket, request) => {
      const peer = peers.of(request)
      if (peer === undefined) return socket.terminate()
      const line = ceremonyLine(socket)
      if (!room.enter(socket, peer.host)) {
        line.send({ type: 'abort', reason: 'busy' })
        return line.close()
      }
      peers.hold(request)
      door.ceremony(peer, line)
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/transfer',
    preValidation: async (request, reply) => {
      const isPaired = bearerOf(request.headers.authorization) !== null
      if (isPaired && admitted(request) === null) return refuseStranger(request, reply)
    },
    handler: (_request, reply) => refuse(reply, 426, 'this is a WebSocket'),
    wsHandler: (socket, request) => {
      const peer = peers.of(request)
      if (peer === undefined) return socket.terminate()
      const device = bearerOf(request.headers.authorization) === null ? null : admitted(request)
      const over = transferSocket(socket, peer, 0)
      if (device === null && !receivers.enter(socket, peer.host)) {
        over.ceremony.send({ type: 'abort', reason: 'busy' })
        return over.ceremony.close()
      }
      peers.hold(request)
      keepAlive(socket, () => undefined)
      const { id } = request.query as { id?: unknown }
      door.transfer(over, device, fitsTransferId(id) ? id : null)
    },
  })

  function refuseStranger(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const { fingerprint = '', host = '' } = peers.of(request) ?? {}
    const standing = door.standing(fingerprint)
    door.onRefused(standing === 'paired' ? 'a wrong token' : 'not paired', { host, id: fingerprint })
    if (standing === 'paired') return refuse(reply, 401, 'the token is not the one that was agreed')
    if (standing === 'unpaired') return refuse(reply, 410, 'this device has unpaired you')
    return refuse(reply, 403, 'not paired')
  }
}

function refuse(reply: FastifyReply, status: number, says: string): FastifyReply {
  return reply
    .code(status)
    .header('content-type', 'application/json; charset=utf-8')
    .header('connection', 'close')
    .send(JSON.stringify({ says }))
}

/** Ends the connection without another byte: what it asked for waits behind what it does not read. */
function dropped(request: FastifyRequest, reply: FastifyReply): void {
  reply.hijack()
  request.raw.socket.destroy()
}

async function close(app: FastifyInstance, peers: Peers): Promise<void> {
  for (const client of app.websocketServer.clients) client.close(1001)
  const cut = setTimeout(() => peers.cutAll(), 200)
  try {
    await app.close()
  } finally {
    clearTimeout(cut)
  }
}

function parsed(body: unknown): unknown {
  try {
    return JSON.parse(String(body))
  } catch {
    return undefined
  }
}

function statusOf(error: unknown): number {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined
  return typeof status === 'number' && status >= 400 ? status : 500
}

/** `::` takes IPv4 as well; where the system has no IPv6 at all it cannot be listened on. */
function everyAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  return all.some(({ family }) => family === 'IPv6') ? '::' : '0.0.0.0'
}

function notNeeded(): never {
  throw new Error('the LAN listener validates with the contract, not with Fastify')
}
