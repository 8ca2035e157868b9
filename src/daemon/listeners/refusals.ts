// What does not reach the dispatcher is refused with an HTTP status, and its body is a JSON-RPC error all the same:
// Fastify's answers, Node's and those of the WebSocket handshake.
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { WebSocketServer } from 'ws'
import type { ErrorName } from '../../contract/errors.ts'
import type { Log } from '../store/log.ts'
import { failure } from './dispatcher.ts'

export const JSON_TYPE = 'application/json; charset=utf-8'

/** Answers a request that Fastify has, and closes its connection. */
export function refuse(reply: FastifyReply, status: number, name: ErrorName, detail?: string): FastifyReply {
  return reply
    .code(status)
    .header('content-type', JSON_TYPE)
    .header('connection', 'close')
    .send(failure(null, name, detail))
}

/** Answers with an error as displays know them, and closes the connection. */
export function deny(reply: FastifyReply, status: number, error: string, next?: string): FastifyReply {
  return reply
    .code(status)
    .header('content-type', JSON_TYPE)
    .header('connection', 'close')
    .send(JSON.stringify({ error, next }))
}

/** RFC 6750 §3: says what is to be shown here. A client that showed nothing is not told what was wrong with it; whether it did not. */
export function challenge(reply: FastifyReply, authorization: string | undefined): boolean {
  const showsNothing = authorization === undefined
  reply.header('www-authenticate', `Bearer realm="tallyd"${showsNothing ? '' : ', error="invalid_token"'}`)
  return showsNothing
}

/** Fastify's error handler: what a request did wrong is told, what we did wrong is logged. */
export function onError(log: Log) {
  return (error: unknown, _request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const status = statusOf(error)
    if (status === 413) return refuse(reply, status, 'invalidRequest', 'a request holds at most 64 KiB')
    if (status < 500) return refuse(reply, status, 'invalidRequest', messageOf(error))
    log.error('a request failed', error)
    return refuse(reply, 500, 'internalError')
  }
}

/** Fastify's `frameworkErrors`: an address that cannot be decoded. No hook runs there, so an upgrade is closed here. */
export function onBadAddress(_error: unknown, { raw }: FastifyRequest, reply: FastifyReply): void {
  reply.raw.once('finish', () => raw.socket.destroySoon())
  refuse(reply, 400, 'invalidRequest', 'the address is /rpc')
}

/** Node's `clientError`: broken HTTP, heads that are too long, and what did not arrive in time. */
export function onBrokenHttp(error: Error & { readonly code?: string }, socket: Duplex): void {
  const [status, detail] = brokenHttp(error.code)
  refuseRaw(socket, status, detail)
}

/** Takes over the refusals of `server` that would have no body, or one that is not JSON. */
export function refuseOddities(server: Server, sockets: WebSocketServer | undefined): void {
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    const body = failure(null, 'invalidRequest', 'the only expectation is 100-continue')
    const length = Buffer.byteLength(body)
    response.writeHead(417, { 'content-type': JSON_TYPE, connection: 'close', 'content-length': length })
    response.end(body)
  })
  server.on('connect', (_request, socket) => {
    socket.on('error', () => undefined)
    refuseRaw(socket, 404, 'the address is /rpc')
  })
  // RFC 6455 §4.4: a server names the version it speaks.
  sockets?.on('wsClientError', (error, socket) =>
    refuseRaw(socket, 400, error.message, 'Sec-WebSocket-Version: 13\r\n'),
  )
}

function brokenHttp(code: string | undefined): [status: number, detail: string] {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return [408, 'it did not arrive in time']
  if (code === 'HPE_HEADER_OVERFLOW') return [431, 'its head holds more than 16 KiB']
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return [413, 'its chunks hold more than their data']
  return [400, 'it is not HTTP/1.1']
}

/** Where no response object exists. A socket that takes no bytes any more is only closed. */
function refuseRaw(socket: Duplex, status: number, detail: string, headers = ''): void {
  const body = failure(null, 'invalidRequest', detail)
  if (socket.writable) {
    socket.write(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers}Content-Type: ${JSON_TYPE}\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    )
  }
  socket.destroy()
}

/** HTTP's, of an error of Fastify's; 500 for any other. */
export function statusOf(error: unknown): number {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined
  return typeof status === 'number' ? status : 500
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'it cannot be read'
}
