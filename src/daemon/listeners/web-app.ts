// What is behind the web listener's port: HTTP and WebSockets for browsers, displays and scripts, each of which shows a credential.
// Loaded when the first one comes.
import type { Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import rateLimit from '@fastify/rate-limit'
import websocket from '@fastify/websocket'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { sourceOf } from '../../contract/source.ts'
import { plainAddress } from '../devices/tls.ts'
import type { Log } from '../store/log.ts'
import { farewell } from './farewell.ts'
import { answerOAuth, type OAuthContext, oauthRoutes } from './oauth.ts'
import { type MetadataContext, oauthMetadata } from './oauth-metadata.ts'
import { onBadAddress, onBrokenHttp, onError, refuse, refuseOddities, statusOf } from './refusals.ts'
import type { WebCrowd } from './web-crowd.ts'
import { type DashboardContext, dashboardRoutes } from './web-dashboard.ts'
import { guard, type OwnNames, setHeaders } from './web-guard.ts'
import type { Admitted } from './web-line.ts'
import { type PairingRoutesContext, pairingRoutes } from './web-pairing.ts'
import { type WebRoutesContext, webRoutes } from './web-routes.ts'

const BODY_BYTES = 64 * 1024
/** As the control listener's, but looked at less often: nothing may wake an idle daemon more than every 10 s. */
const TIMEOUTS = { headersMs: 10_000, requestMs: 15_000, lookMs: 10_000, idleMs: 75_000 }
/** Requests of one address in a minute that show nothing. Who polls as RFC 8628 says makes 12. */
const STRANGERS_RATE = { max: 600, timeWindow: 60_000, cache: 4_096 }
/** How long a stop waits for calls in flight before it cuts them off, in milliseconds. */
const FAREWELL_MS = 2_000

/** No header says how many are left: it would tell what others behind the same address do. */
const NO_HEADERS = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false }

/** What every listener for HTTP has. */
interface AppContext {
  readonly names: () => OwnNames
  readonly log: Log
  readonly crowd: WebCrowd
  /** Who shows this Authorization header from there; null for nobody. */
  readonly admit: (authorization: string | undefined, address: string) => Admitted | null
}

export interface WebAppContext
  extends AppContext,
    MetadataContext,
    Omit<OAuthContext, 'callerOf'>,
    Omit<WebRoutesContext, 'visitor'>,
    Pick<DashboardContext, 'snapshots'>,
    PairingRoutesContext {
  /** Key and certificate; null for plain HTTP. */
  readonly tls: Tls | null
}

export interface PlainAppContext extends AppContext {
  readonly dashboard: Omit<DashboardContext, 'visitor'>
}

/** PEM. */
export interface Tls {
  readonly key: string
  readonly cert: string
}

export interface WebApp {
  /** Goes on with a connection, which is paused. */
  take(socket: Socket): void
  /** New connections get this certificate. */
  secure(tls: Tls): void
  /** Ends when calls in flight are answered, or after two seconds. */
  close(): Promise<void>
}

export async function createWebApp(context: WebAppContext): Promise<WebApp> {
  optimiseSooner()
  const app = server(context.tls)
  await app.register(websocket, {
    options: { maxPayload: BODY_BYTES, perMessageDeflate: false },
    preClose: (done) => farewell(app, done),
  })
  return await finished(app, context, (routed, visitor) => {
    oauthMetadata(routed, context)
    oauthRoutes(routed, {
      ...context,
      callerOf: ({ raw }) => ({ address: plainAddress(raw.socket.remoteAddress ?? ''), device: null }),
    })
    webRoutes(routed, { ...context, visitor })
    pairingRoutes(routed, context)
    dashboardRoutes(routed, {
      ...context,
      visitor,
      mostIdentity: 'full',
      needs: 'show a token with dashboard:read: Authorization: Bearer tallyd_…',
    })
  })
}

/** The snapshot alone, over plain HTTP. */
export async function createPlainApp(context: PlainAppContext): Promise<WebApp> {
  // Tokens are counted as well: everybody on the network can read them.
  return await finished(
    server(null),
    context,
    (routed, visitor) => dashboardRoutes(routed, { ...context.dashboard, visitor }),
    () => false,
  )
}

/** With what holds for every listener: who may ask, how often, and how it is refused. */
async function finished(
  app: FastifyInstance,
  context: AppContext,
  routes: (routed: FastifyInstance, visitor: (request: FastifyRequest) => Admitted | null) => void,
  isExempt: (admitted: Admitted | null) => boolean = (admitted) => admitted !== null,
): Promise<WebApp> {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  const byDefault = onError(context.log)
  app.setErrorHandler((error, request, reply) => {
    if (statusOf(error) === 429) return refuse(reply, 429, 'tooMany', 'requests of this address in a minute')
    if (request.url.startsWith('/oauth/') && answerOAuth(error, reply)) return reply
    return byDefault(error, request, reply)
  })
  app.setNotFoundHandler((_request, reply) => refuse(reply, 404, 'invalidRequest', 'there is nothing here'))
  // After the plugin for WebSockets: its own hook marks upgrades, and only marked ones are closed when they are refused.
  app.addHook('onRequest', guard(context.names))
  const visitors = new WeakMap<FastifyRequest, Admitted>()
  const visitor = (request: FastifyRequest) => visitors.get(request) ?? null
  app.addHook('onRequest', (request, _reply, done) => {
    // The content type is read where it matters; Fastify would refuse one that cannot be read.
    const { headers } = request.raw
    if (headers['content-type'] !== undefined) delete headers['content-type']
    const { socket } = request.raw
    const admitted = context.admit(request.headers.authorization, socket.remoteAddress ?? '')
    if (admitted !== null) {
      visitors.set(request, admitted)
      context.crowd.know(socket, admitted.key)
    }
    done()
  })
  await app.register(rateLimit, {
    ...STRANGERS_RATE,
    global: false,
    keyGenerator: ({ raw }) => sourceOf(raw.socket.remoteAddress ?? ''),
    allowList: (request) => isExempt(visitor(request)),
    addHeaders: NO_HEADERS,
    addHeadersOnExceeding: NO_HEADERS,
    errorResponseBuilder: () => Object.assign(new Error('too many requests'), { statusCode: 429 }),
  })
  const limit = app.rateLimit()
  // Asked here and not by the plugin, which takes several turns to find that somebody is not counted.
  app.addHook('onRequest', function (request, reply, done) {
    const { is404, routeOptions } = request
    if (is404 || routeOptions.config.rateLimit !== undefined || isExempt(visitor(request))) return done()
    limit.call(this, request, reply).then(() => done(), done)
  })
  refuseOddities(app.server, app.websocketServer)
  await app.register(async (routed) => routes(routed, visitor))
  await app.ready()
  app.server.maxHeadersCount = 0
  // Node looks for slow heads and requests from the moment that a server listens. This one never does: another one listens.
  app.server.emit('listening')
  return {
    take(socket) {
      app.server.emit('connection', socket)
      socket.resume()
    },
    secure(tls) {
      const secured = app.server as unknown as { setSecureContext(tls: object): void }
      secured.setSecureContext({ ...tls, minVersion: 'TLSv1.2' })
    },
    close: () => close(app, context.crowd),
  }
}

/** Fastify, with TLS or without. It never listens itself. */
function server(tls: Tls | null): FastifyInstance {
  const http = {
    headersTimeout: TIMEOUTS.headersMs,
    connectionsCheckingInterval: TIMEOUTS.lookMs,
    // Without a host we refuse ourselves, with a body.
    requireHostHeader: false,
  }
  return fastify({
    logger: false,
    bodyLimit: BODY_BYTES,
    requestTimeout: TIMEOUTS.requestMs,
    keepAliveTimeout: TIMEOUTS.idleMs,
    ...(tls === null
      ? { http }
      : { https: { ...tls, ...http, minVersion: 'TLSv1.2', handshakeTimeout: 10_000 } }),
    clientErrorHandler: onBrokenHttp,
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      setHeaders(reply)
      onBadAddress(error, request, reply)
    },
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    schemaController: { compilersFactory: { buildValidator: notNeeded, buildSerializer: notNeeded } },
  } as object) as unknown as FastifyInstance
}

/**
 * Who is asked by displays all day does the same thing over and over: the optimiser may begin with it sooner than in a daemon that is
 * asked now and then (main.ts). docs/decisions/0003-a-light-daemon.md.
 */
function optimiseSooner(): void {
  if (process.versions.v8.startsWith('11.')) setFlagsFromString('--interrupt-budget=1000000')
}

async function close(app: FastifyInstance, crowd: WebCrowd): Promise<void> {
  const cut = setTimeout(() => crowd.endAll(), FAREWELL_MS)
  try {
    await app.close()
  } finally {
    clearTimeout(cut)
    crowd.endAll()
  }
}

function notNeeded(): never {
  throw new Error('the web listener validates with the contract, not with Fastify')
}
