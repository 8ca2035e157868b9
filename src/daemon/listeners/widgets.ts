// GET /widgets and GET /widgets/FORMAT on the control socket: one widget, or with ?follow=1 one for each change, for ever. So
// `curl -sN --unix-socket "$SOCK" http://tallyd/widgets/waybar?follow=1` is a whole widget.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { FORMATS } from '../views/widgets/formats.ts'
import { failure } from './dispatcher.ts'
import type { Places } from './places.ts'
import { JSON_TYPE, refuse } from './refusals.ts'
import type { WidgetBoard } from './widget-board.ts'

const TEXT_TYPE = 'text/plain; charset=utf-8'
const KNOWN = FORMATS.map(({ name }) => name).join(', ')

interface WidgetRoutes {
  readonly board: WidgetBoard
  readonly places: Places
  /** Resolves when the glance can be computed. */
  readonly loaded: () => Promise<unknown>
}

interface Asked {
  readonly Params: { readonly format: string }
}

export function widgetRoutes(app: FastifyInstance, { board, places, loaded }: WidgetRoutes): void {
  app.get('/widgets', (_request, reply) =>
    reply
      .type(JSON_TYPE)
      .send(JSON.stringify({ widgets: FORMATS.map(({ name, says }) => ({ name, says })) })),
  )
  app.get<Asked>('/widgets/:format', async (request, reply) => {
    const format = board.format(request.params.format)
    if (format === undefined) return refuseWidget(reply, 404, `there is no such format: there are ${KNOWN}`)
    const problem = problemOf(request)
    if (problem !== null) return refuseWidget(reply, 400, problem)
    await loaded()
    if (!isFollowed(request)) return reply.type(TEXT_TYPE).send(board.text(format))
    if (!board.hasRoom()) return refuse(reply, 503, 'tooMany', 'those who follow widgets')
    // Before anything is sent: where the glance cannot be computed, this is answered as any error.
    board.text(format)
    const line = reply.hijack().raw
    // It may have gone while usage was loading.
    if (line.destroyed) return reply
    places.release(request.raw.socket)
    line.on('error', () => line.destroy())
    line.writeHead(200, { 'content-type': TEXT_TYPE, 'cache-control': 'no-store', connection: 'close' })
    board.follow(format, line)
    return reply
  })
}

/** The keys that are known, written as they are. */
function problemOf({ query }: FastifyRequest): string | null {
  const { follow, ...others } = query as Record<string, unknown>
  if (Object.keys(others).length > 0) return 'the only key is follow: /widgets/FORMAT?follow=1'
  return follow === undefined || follow === '1' ? null : 'follow is 1, or left out'
}

function isFollowed({ query }: FastifyRequest): boolean {
  return (query as Record<string, unknown>)['follow'] === '1'
}

function refuseWidget(reply: FastifyReply, status: number, detail: string): FastifyReply {
  const next = 'see docs/bars.md'
  return reply
    .code(status)
    .header('content-type', JSON_TYPE)
    .header('connection', 'close')
    .send(failure(null, 'invalidParams', detail, { next }))
}
