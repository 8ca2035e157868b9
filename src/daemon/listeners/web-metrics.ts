// GET /metrics on the web listener and on the control socket: who may scrape, in which format. What is told is the sink's.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { covers, type Scope } from '../../contract/scope-words.ts'
import { isOwners } from '../methods/askers.ts'
import type { AskerIdentity } from '../methods/handlers.ts'
import { seesNames } from '../methods/shown.ts'
import { CONTENT_TYPES, type Format, formatFor } from '../sinks/format.ts'
import { refuse } from './refusals.ts'

const SCOPE: Scope = 'metrics:read'

export interface MetricsRouteContext {
  /** The metrics as text; `isNamed`: with the names of devices. */
  readonly metrics: (format: Format, isNamed: boolean) => Promise<string>
  /** Who was found to ask; null for nobody. */
  readonly asker: (request: FastifyRequest) => AskerIdentity | null
  /** Answers who shows no valid credential. */
  readonly unauthorized: (request: FastifyRequest, reply: FastifyReply) => FastifyReply
}

/** What stands in the query is not read. */
export function metricsRoute(app: FastifyInstance, context: MetricsRouteContext): void {
  app.route({
    method: ['GET', 'HEAD'],
    url: '/metrics',
    async handler(request, reply) {
      const asker = context.asker(request)
      if (asker === null) return context.unauthorized(request, reply)
      if (!isOwners(asker) && !covers(asker.scopes, SCOPE)) {
        // RFC 6750 §3.1
        reply.header(
          'www-authenticate',
          `Bearer realm="tallyd", error="insufficient_scope", scope="${SCOPE}"`,
        )
        return refuse(reply, 403, 'notAllowed', `the metrics need ${SCOPE}`)
      }
      const format = formatFor(request.headers.accept)
      const text = await context.metrics(format, seesNames(asker))
      return reply.header('vary', 'accept').header('content-type', CONTENT_TYPES[format]).send(text)
    },
  })
}
