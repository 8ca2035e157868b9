// The control listener: JSON-RPC over HTTP and WebSocket, and widgets, on a Unix socket that only its owner can open.
import { once } from 'node:events'
import { chmodSync, statSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import websocket from '@fastify/websocket'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { TallyError } from '../../contract/errors.ts'
import { OWNER } from '../methods/handlers.ts'
import type { Log } from '../store/log.ts'
import { serveConnection } from './connection.ts'
import type { Dispatcher } from './dispatcher.ts'
import { farewell } from './farewell.ts'
import type { Feeds } from './feeds.ts'
import type { FollowersBounds } from './followers.ts'
import { createPlaces, type Places } from './places.ts'
import { takePulse } from './pulse.ts'
import { onBadAddress, onBrokenHttp, onError, refuse, refuseOddities } from './refusals.ts'
import { type MetricsRouteContext, metricsRoute } from './web-metrics.ts'
import { createWidgetBoard } from './widget-board.ts'
import { widgetRoutes } from './widgets.ts'

const BODY_BYTES = 64 * 1024
const CONNECTIONS = 32
/** As many as may follow widgets: they all come at once when a daemon starts again. */
const NEWCOMERS = 1_024
/** Hosts that a client of a Unix socket may name; anything else is a browser that was led here. */
const HOSTS = new Set(['tallyd', 'localhost'])
const TIMEOUTS = {
  /** A slow drip ends: headers within 10 s, a request within 15 s, looked at every 10 s. */
  headersMs: 10_000,
  requestMs: 15_000,
  lookMs: 10_000,
  /** WebSockets are pinged this often. */
  beatMs: 30_000,
  /** Kept-alive connections keep their place this long even if another one wants it. */
  restMs: 1_000,
}
/** How long a stop waits for calls in flight before it cuts them off, in milliseconds. */
const FAREWELL_MS = 2_000

export interface ControlContext {
  readonly path: string
  readonly dispatcher: Dispatcher
  readonly feeds: Feeds
  readonly log: Log
  readonly loaded: () => Promise<unknown>
  readonly metrics: MetricsRouteContext['metrics']
  /** What runs tallyctl, word by word: for menus of status bars. */
  readonly tallyctl?: readonly string[]
  /** Fewer in tests. */
  readonly followers?: FollowersBounds
  /** Whether what lies at `path` may be removed at the end; always, unless the lock can be lost. */
  readonly mayUnlink?: () => boolean
  /** Shorter in tests. */
  readonly timeouts?: Partial<typeof TIMEOUTS>
}

export interface ControlListener {
  /** Ends when calls in flight are answered, or after two seconds. */
  close(): Promise<void>
  /** Whether the socket that lies there is still the one that is listened on. */
  isOurs(): boolean
  /**
   * Listens at `path` again, where nothing lies any more; connections that are open stay. Throws TallyError
   * alreadyRunning or stateUnwritable.
   */
  reopen(): Promise<void>
  /** How many connections there are, those that follow widgets not counted. */
  connections(): number
  /** How many follow widgets. */
  followers(): number
}

/**
 * Listens on `path`, mode 0600; the folder is the caller's care. Throws TallyError alreadyRunning where something lies
 * at `path`, stateUnwritable where a socket cannot be made.
 */
export async function listenControl(context: ControlContext): Promise<ControlListener> {
  const timeouts = { ...TIMEOUTS, ...context.timeouts }
  const app = fastify({
    logger: false,
    bodyLimit: BODY_BYTES,
    requestTimeout: timeouts.requestMs,
    keepAliveTimeout: 60_000,
    // Without a host we refuse ourselves, with a body.
    http: {
      headersTimeout: timeouts.headersMs,
      connectionsCheckingInterval: timeouts.lookMs,
      requireHostHeader: false,
    },
    clientErrorHandler: onBrokenHttp,
    frameworkErrors: onBadAddress,
    // What is asked on an open connection while we close is answered: closing waits for it anyway.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    // The contract's validators do the work: Fastify's own compilers would load Ajv and fast-json-stringify.
    schemaController: { compilersFactory: { buildValidator: notNeeded, buildSerializer: notNeeded } },
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  app.setErrorHandler(onError(context.log))
  app.setNotFoundHandler((_request, reply) =>
    refuse(reply, 404, 'invalidRequest', 'the address is /rpc, or /widgets/FORMAT'),
  )
  await app.register(websocket, {
    options: { maxPayload: BODY_BYTES, perMessageDeflate: false },
    preClose: (done) => farewell(app, done),
  })
  const places = createPlaces(app.server, {
    most: CONNECTIONS,
    newcomers: NEWCOMERS,
    restMs: timeouts.restMs,
  })
  // After the plugin: its own hook marks upgrades, and only marked ones are closed when they are refused.
  app.addHook('onRequest', (request, reply, done) => {
    if (!places.admit(request.raw.socket)) {
      reply.hijack()
      request.raw.socket.destroy()
    } else refuseBrowsers(request, reply, done)
  })
  refuseOddities(app.server, app.websocketServer)
  const board = createWidgetBoard({
    feeds: context.feeds,
    tallyctl: context.tallyctl ?? ['tallyctl'],
    ...(context.followers === undefined ? {} : { bounds: context.followers }),
  })
  routes(app, context, { places, beatMs: timeouts.beatMs })
  metricsRoute(app, { metrics: context.metrics, asker: () => OWNER, unauthorized: (_, reply) => reply })
  widgetRoutes(app, { board, places, loaded: context.loaded })
  // Every header counts: Node would drop those past its limit in silence, an Origin among them. 16 KiB bound them.
  app.server.maxHeadersCount = 0
  const { path, mayUnlink = () => true } = context
  await app.listen({ path }).catch((error) => Promise.reject(noSocket(path, error)))
  let ino = ownerOnly(path)
  let door: Server | undefined
  const isOurs = () => inoOf(path) === ino
  return {
    isOurs,
    connections: places.taken,
    followers: () => board.followers,
    async reopen() {
      // Closing a door removes what lies at its path, so it comes first. Fastify's own stays, out of reach.
      door?.close()
      door = await openDoor(app, path)
      ino = ownerOnly(path)
    },
    close: () => {
      board.close()
      return close(app, door, isOurs() && mayUnlink())
    },
  }
}

/** Returns the number of the socket's file. */
function ownerOnly(path: string): number {
  chmodSync(path, 0o600)
  return statSync(path).ino
}

function inoOf(path: string): number | undefined {
  try {
    return statSync(path).ino
  } catch {
    return undefined
  }
}

/** A second way in, for when the first was removed: a server listens only once. */
async function openDoor(app: FastifyInstance, path: string): Promise<Server> {
  const door = createServer({ allowHalfOpen: true }, (socket) => app.server.emit('connection', socket))
  try {
    await once(door.listen(path), 'listening')
  } catch (error) {
    throw noSocket(path, error as NodeJS.ErrnoException)
  }
  return door
}

function routes(
  app: FastifyInstance,
  { dispatcher, feeds, loaded }: ControlContext,
  { places, beatMs }: { readonly places: Places; readonly beatMs: number },
): void {
  app.post('/rpc', async (request, reply) => {
    const body = typeof request.body === 'string' ? request.body : ''
    const text = await dispatcher.answer(body, { asker: OWNER })
    if (text === undefined) return reply.code(204).send()
    return reply.header('content-type', 'application/json; charset=utf-8').send(text)
  })
  app.route({
    method: 'GET',
    url: '/rpc',
    handler: (_request, reply) =>
      refuse(reply, 426, 'invalidRequest', 'GET /rpc is a WebSocket; a single call is POST /rpc'),
    wsHandler: (socket, request) => {
      const pulse = takePulse(socket, beatMs)
      places.handOver(request.raw.socket, pulse.silentSince)
      serveConnection(socket, { asker: OWNER, dispatcher, feeds, loaded, pulse })
    },
  })
}

/** No client of a Unix socket sends these; a web page that was let through by a proxy does. */
function refuseBrowsers(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const { host, origin, referer } = request.headers
  const { rawHeaders, url = '' } = request.raw
  const hosts = rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host').length
  if (hosts !== 1 || !url.startsWith('/')) {
    refuse(reply, 403, 'notAllowed', 'one Host, and a path without a host of its own')
  } else if (!HOSTS.has(host?.toLowerCase().replace(/:\d{1,5}$/, '') ?? '')) {
    refuse(reply, 403, 'notAllowed', 'Host must be tallyd or localhost')
  } else if (origin !== undefined || referer !== undefined) {
    refuse(reply, 403, 'notAllowed', 'Origin and Referer are refused')
  } else {
    // The content type does not matter; Fastify would refuse one that cannot be read.
    delete request.raw.headers['content-type']
    done()
  }
}

/** Closing a server removes what lies at its path, even if that is another daemon's socket by now. */
async function close(app: FastifyInstance, door: Server | undefined, isOurs: boolean): Promise<void> {
  if (!isOurs) {
    for (const client of app.websocketServer.clients) client.terminate()
    app.server.closeAllConnections()
    app.server.unref()
    door?.unref()
    return
  }
  const cut = setTimeout(() => app.server.closeAllConnections(), FAREWELL_MS)
  const doorClosed = door === undefined ? undefined : once(door.close(), 'close')
  try {
    await app.close()
    await doorClosed
  } finally {
    clearTimeout(cut)
  }
}

function noSocket(path: string, error: NodeJS.ErrnoException): TallyError {
  if (error.code === 'EADDRINUSE') return new TallyError('alreadyRunning', `something listens on ${path}`)
  return new TallyError('stateUnwritable', `${path} (${error.code ?? error.message})`)
}

function notNeeded(): never {
  throw new Error('the control listener validates with the contract, not with Fastify')
}
