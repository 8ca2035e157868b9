// The routes of the web listener that are not OAuth's: JSON-RPC, the way in for a browser, and the files of the page.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Whoami } from '../../contract/access.ts'
import { plainAddress } from '../devices/tls.ts'
import type { AskerIdentity } from '../methods/handlers.ts'
import { serveConnection } from './connection.ts'
import { type Dispatcher, failure } from './dispatcher.ts'
import type { Feeds } from './feeds.ts'
import type { Launches } from './launches.ts'
import { takePulse } from './pulse.ts'
import { challenge, JSON_TYPE, refuse } from './refusals.ts'
import type { WebCrowd } from './web-crowd.ts'
import { type Admitted, greet, type WebLines } from './web-line.ts'
import { type MetricsRouteContext, metricsRoute } from './web-metrics.ts'
import { type PageFiles, readPage } from './web-page.ts'

/** WebSockets are pinged this often, in milliseconds. */
const BEAT_MS = 30_000
const LONGEST_LAUNCH = 256

export interface WebRoutesContext {
  readonly dispatcher: Dispatcher
  readonly feeds: Feeds
  /** Resolves when subscriptions can be computed. */
  readonly loaded: () => Promise<unknown>
  readonly launches: Launches
  readonly lines: WebLines
  readonly crowd: WebCrowd
  /** Who shows this Authorization header from there; null for nobody. */
  readonly admit: (authorization: string | undefined, address: string) => Admitted | null
  /** Who was found to ask. */
  readonly visitor: (request: FastifyRequest) => Admitted | null
  readonly whoami: (asker: AskerIdentity) => Promise<Whoami>
  /** A browser was let in, or turned away. */
  readonly onLaunch: (address: string, isGood: boolean) => void
  /** Somebody without a valid credential was turned away; `why` is one of our own sentences. */
  readonly onRefused: (address: string, why: string) => void
  readonly metrics: MetricsRouteContext['metrics']
  /** Folder of the page's files. */
  readonly page: string
}

export function webRoutes(app: FastifyInstance, context: WebRoutesContext): void {
  rpc(app, context)
  launch(app, context)
  metricsRoute(app, {
    metrics: context.metrics,
    asker: (request) => context.visitor(request)?.asker ?? null,
    unauthorized: (request, reply) => unauthorized(request, reply, context),
  })
  page(app, context.page)
}

function rpc(app: FastifyInstance, context: WebRoutesContext): void {
  const { dispatcher, feeds, loaded, launches, lines, crowd, visitor, whoami } = context
  app.post('/rpc', async (request, reply) => {
    const admitted = visitor(request)
    if (admitted === null) return unauthorized(request, reply, context)
    const body = typeof request.body === 'string' ? request.body : ''
    const text = await dispatcher.answer(body, { asker: admitted.asker })
    if (text === undefined) return reply.code(204).send()
    return reply.header('content-type', JSON_TYPE).send(text)
  })

  app.route({
    method: 'GET',
    url: '/rpc',
    handler: (_request, reply) =>
      refuse(reply, 426, 'invalidRequest', 'GET /rpc is a WebSocket; a single call is POST /rpc'),
    wsHandler: (socket, { raw }) => {
      const address = addressOf(raw)
      const pulse = takePulse(socket, BEAT_MS)
      greet(socket, {
        whoami,
        admit: (authorization) => {
          const admitted = context.admit(authorization, address)
          if (admitted === null) context.onRefused(address, 'no valid token on a WebSocket')
          return admitted
        },
        serve: ({ asker, key }) => {
          crowd.know(raw.socket, key)
          lines.add(key, socket)
          if (asker.kind === 'launch') socket.on('message', () => launches.touch(key))
          serveConnection(socket, { asker, dispatcher, feeds, loaded, pulse })
        },
      })
    },
  })
}

function unauthorized(
  request: FastifyRequest,
  reply: FastifyReply,
  { onRefused }: WebRoutesContext,
): FastifyReply {
  const showsNothing = challenge(reply, request.headers.authorization)
  onRefused(addressOf(request.raw), showsNothing ? 'no token' : 'no valid token')
  return refuse(reply, 401, 'unauthorized')
}

function launch(app: FastifyInstance, { launches, onLaunch }: WebRoutesContext): void {
  app.post(
    '/launch',
    {
      config: {
        // Neighbours of the owner's browser must not lock it out: who has a launch is not counted.
        rateLimit: { hook: 'preHandler', allowList: ({ body }) => launches.isWaiting(launchIn(body) ?? '') },
      },
    },
    async (request, reply) => {
      const secret = launchIn(request.body)
      const session = secret === null ? null : launches.redeem(secret)
      onLaunch(addressOf(request.raw), session !== null)
      if (session !== null) {
        return session
      }
      const body = failure(null, 'unauthorized', 'this way in was used, or is more than a minute old', {
        next: 'run: tallyctl web',
      })
      return reply.code(403).headers({ 'content-type': JSON_TYPE, connection: 'close' }).send(body)
    },
  )
}

function page(app: FastifyInstance, folder: string): void {
  let files: Promise<PageFiles> | undefined
  /** Not counted: neighbours of the owner's browser must not lock it out, and there is nothing in them. */
  const config = { rateLimit: false } as const
  const send = async (path: string, reply: FastifyReply): Promise<FastifyReply> => {
    // What could not be read is tried again.
    files ??= readPage(folder).catch((error) => {
      files = undefined
      throw error
    })
    const file = (await files).get(path)
    if (file === undefined) return refuse(reply, 404, 'invalidRequest', 'there is nothing here')
    return reply.header('content-type', file.type).send(file.body)
  }
  app.get('/', { config }, (_request, reply) => send('index.html', reply))
  app.get('/approve', { config }, (_request, reply) => send('index.html', reply))
  app.get('/assets/*', { config }, (request, reply) =>
    send(`assets/${(request.params as { '*': string })['*']}`, reply),
  )
}

/** The one-time secret in `{"launch": "…"}`; null where there is none. */
function launchIn(body: unknown): string | null {
  if (typeof body !== 'string' || body.length > LONGEST_LAUNCH) return null
  try {
    const { launch: secret } = JSON.parse(body) as { launch?: unknown }
    return typeof secret === 'string' ? secret : null
  } catch {
    return null
  }
}

function addressOf({ socket }: FastifyRequest['raw']): string {
  return plainAddress(socket.remoteAddress ?? '')
}
