// GET /dashboard/v1/snapshot: what displays ask for, over and over. Its errors are `{error, next}`, as displays know them.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import {
  IDENTITY_MODE_NAMES,
  type IdentityMode,
  isIdentityMode,
  lesserIdentity,
} from '../../contract/identity-modes.ts'
import { covers } from '../../contract/scope-words.ts'
import { plainAddress } from '../devices/tls.ts'
import { isOwners } from '../methods/askers.ts'
import type { AskerIdentity } from '../methods/handlers.ts'
import { identityFor } from '../methods/snapshot.ts'
import type { Snapshots, SnapshotView } from '../views/snapshots.ts'
import { challenge, deny, JSON_TYPE } from './refusals.ts'
import type { Admitted } from './web-line.ts'

export const SNAPSHOT_PATH = '/dashboard/v1/snapshot'

export interface DashboardContext {
  readonly snapshots: () => Promise<Pick<Snapshots, 'text'>>
  /** Who was found to ask. */
  readonly visitor: (request: FastifyRequest) => Admitted | null
  /** Somebody was turned away; `why` is one of our own sentences. */
  readonly onRefused: (address: string, why: string) => void
  /** Nobody is shown more than this here. */
  readonly mostIdentity: IdentityMode
  /** What is to be shown here, said to who shows something else. */
  readonly needs: string
}

export function dashboardRoutes(app: FastifyInstance, context: DashboardContext): void {
  app.get(SNAPSHOT_PATH, async (request, reply) => {
    const { visitor, snapshots, mostIdentity } = context
    const admitted = visitor(request)
    if (admitted === null) return unauthorized(request, reply, context)
    const { asker } = admitted
    if (!mayRead(asker))
      return deny(reply, 403, 'this token may not read the snapshot', 'it needs dashboard:read')
    const asked = questionIn(request.url)
    if ('error' in asked) return deny(reply, 400, asked.error)
    const identity = lesserIdentity(identityFor(asker, asked.identity), mostIdentity)
    const { etag, text } = (await snapshots()).text(identity, asked.view)
    reply.header('etag', etag)
    if (isKnown(request.headers['if-none-match'], etag)) return reply.code(304).send()
    return reply.header('content-type', JSON_TYPE).send(text())
  })
}

function unauthorized(
  request: FastifyRequest,
  reply: FastifyReply,
  { onRefused, needs }: DashboardContext,
): FastifyReply {
  const showsNothing = challenge(reply, request.headers.authorization)
  onRefused(
    plainAddress(request.raw.socket.remoteAddress ?? ''),
    showsNothing ? 'no token for the snapshot' : 'no valid token for the snapshot',
  )
  return deny(reply, 401, 'unauthorized', needs)
}

function mayRead(asker: AskerIdentity): boolean {
  return isOwners(asker) || (asker.kind === 'token' && covers(asker.scopes, 'dashboard:read'))
}

const VIEWS: readonly SnapshotView[] = ['full', 'mini']

/** What is asked for, or what is wrong with it. No value is repeated: somebody may have put a token there. */
function questionIn(
  url: string,
): { readonly view: SnapshotView; readonly identity: string | undefined } | { readonly error: string } {
  const at = url.indexOf('?')
  const query = new URLSearchParams(at < 0 ? '' : url.slice(at + 1))
  for (const key of query.keys()) {
    if (key !== 'view' && key !== 'identity')
      return { error: 'the parameters are view and identity; a token goes into the Authorization header' }
    if (query.getAll(key).length > 1) return { error: `${key} stands there more than once` }
  }
  const [view = 'full', identity] = [query.get('view') ?? undefined, query.get('identity') ?? undefined]
  const known = VIEWS.find((each) => each === view)
  if (known === undefined) return { error: `the views are ${VIEWS.join(' and ')}` }
  if (identity !== undefined && !isIdentityMode(identity)) {
    return { error: `the identity modes are ${IDENTITY_MODE_NAMES.join(', ')}` }
  }
  return { view: known, identity }
}

/** RFC 9110 §13.1.2: the weak comparison, of any in the list. */
function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  if (header.trim() === '*') return true
  return header.split(',').some((each) => each.trim().replace(/^W\//, '') === etag.slice(2))
}
