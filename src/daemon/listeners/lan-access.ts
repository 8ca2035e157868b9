// What the LAN listener has beside pairing and numbers: tokens that are bound to a certificate (RFC 8628, RFC 8705), and JSON-RPC for
// who shows one, or is paired and was given a right.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Access } from '../access/access.ts'
import type { Door } from '../devices/door.ts'
import type { Peer } from '../devices/tls.ts'
import type { AskerIdentity } from '../methods/handlers.ts'
import type { Log } from '../store/log.ts'
import { bearerOf } from '../tokens/token.ts'
import type { Tokens } from '../tokens/tokens.ts'
import type { Dispatcher } from './dispatcher.ts'
import { answerOAuth, oauthRoutes } from './oauth.ts'
import { OAuthFailure } from './oauth-form.ts'
import { challenge, JSON_TYPE, onError, refuse } from './refusals.ts'

/** What anybody with an acceptable certificate may send. */
const FORM_BYTES = 4 * 1024
/** What is read of who was let in. */
const CALL_BYTES = 64 * 1024

export interface LanAccess {
  readonly dispatcher: Dispatcher
  readonly tokens: Pick<Tokens, 'authenticate' | 'giveBack'>
  readonly access: () => Promise<Access>
  /** URL of the web listener, whose page a person opens to say yes; null while it is closed. */
  readonly issuer: () => string | null
}

interface LanAccessContext extends LanAccess {
  readonly door: Pick<Door, 'admit' | 'rights' | 'onRefused'>
  /** Whose connection it is. It was looked at before. */
  readonly peerOf: (request: FastifyRequest) => Peer
  readonly log: Log
}

export function accessRoutes(app: FastifyInstance, context: LanAccessContext): void {
  const { tokens, access, issuer, peerOf, log } = context
  const byDefault = onError(log)
  app.setErrorHandler((error, request, reply) => {
    if (request.url.startsWith('/oauth/') && answerOAuth(error, reply)) return reply
    return byDefault(error, request, reply)
  })
  app.addHook('onRequest', (_request, reply, done) => {
    // RFC 6749 §5.1.
    reply.header('cache-control', 'no-store')
    done()
  })
  app.addHook('onRoute', (route) => {
    route.bodyLimit = route.url === '/v1/rpc' ? CALL_BYTES : FORM_BYTES
  })
  oauthRoutes(app, {
    tokens,
    access,
    issuer() {
      const url = issuer()
      if (url !== null) return url
      const why = 'the web listener is closed, so nobody could say yes'
      throw new OAuthFailure('temporarily_unavailable', why, { status: 503, retryAfter: 30 })
    },
    callerOf(request) {
      const { host, fingerprint } = peerOf(request)
      return { address: host, device: fingerprint }
    },
  })
  rpc(app, context)
}

function rpc(app: FastifyInstance, context: LanAccessContext): void {
  const { dispatcher, peerOf } = context
  const askers = new WeakMap<FastifyRequest, AskerIdentity>()
  app.route({
    method: 'POST',
    url: '/v1/rpc',
    // Before the body is read: a stranger's is not.
    onRequest: async (request, reply) => {
      const asker = askerOf(peerOf(request), bearerOf(request.headers.authorization), context)
      if ('kind' in asker) askers.set(request, asker)
      else return turnAway(asker.status, request, reply, context)
    },
    handler: async (request, reply) => {
      const asker = askers.get(request)!
      const text = await dispatcher.answer(typeof request.body === 'string' ? request.body : '', { asker })
      if (text === undefined) return reply.code(204).send()
      return reply.header('content-type', JSON_TYPE).send(text)
    },
  })
}

/** Who shows this secret under this certificate, or the HTTP status for nobody. */
function askerOf(
  peer: Peer,
  secret: string | null,
  { tokens, door }: LanAccessContext,
): AskerIdentity | { readonly status: 401 | 403 } {
  if (secret === null) return { status: 401 }
  const { fingerprint, host: address } = peer
  // One that is bound to nothing belongs to the web listener: here a certificate is what counts.
  const holder = tokens.authenticate(secret, fingerprint)
  if (holder !== null) {
    const { id, member, scopes, identity } = holder
    return { kind: 'token', id, member, scopes, identity, address }
  }
  const id = door.admit(peer, secret)
  if (id === null) return { status: 401 }
  const { name, scopes } = door.rights(id)
  return scopes.length === 0 ? { status: 403 } : { kind: 'device', id, name, address, scopes }
}

function turnAway(
  status: 401 | 403,
  request: FastifyRequest,
  reply: FastifyReply,
  { door, peerOf }: LanAccessContext,
): FastifyReply {
  const { host, fingerprint: id } = peerOf(request)
  const why = status === 401 ? 'no token that is valid with its certificate' : 'paired, but without a right'
  door.onRefused(why, { host, id })
  if (status === 403) return refuse(reply, status, 'notGranted')
  challenge(reply, request.headers.authorization)
  return refuse(reply, status, 'unauthorized')
}
