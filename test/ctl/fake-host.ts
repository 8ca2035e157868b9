// A tallyd elsewhere that says what a test tells it to: a web listener of the test's own, over HTTP or HTTPS.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import type { Teardown } from '../harness/daemon.ts'
import type { Credentials } from '../harness/stranger.ts'
import type { Answers } from './fake-daemon.ts'

export const TOKEN = `tallyd_${'E'.repeat(43)}`
export const DEVICE_CODE = `device-code-${'s'.repeat(32)}`
export const USER_CODE = 'BCDF-GHJK'

export interface Heard {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
  /** Of a form, by name. */
  readonly form: Readonly<Record<string, string>>
  readonly body: string
}

/** Answers one request itself; undefined lets the usual answer be given. */
export type Says = (heard: Heard, response: ServerResponse) => unknown

export interface FakeHost {
  readonly url: string
  readonly port: number
  readonly heard: Heard[]
  /** Sends a value to every subscriber. */
  send(event: string, value: unknown): void
  /** Ends every WebSocket with this code. */
  dismiss(code: number): void
  close(): Promise<void>
}

export interface HostOptions {
  /** By path; what is not here is answered as tallyd does. */
  readonly says?: Readonly<Record<string, Says>>
  /** Of JSON-RPC, by method. */
  readonly answers?: Answers
  /** Answers to polls, in order; the last one again and again. A string is an error, else a token. */
  readonly polls?: readonly (string | Readonly<Record<string, unknown>>)[]
  /** Seconds. */
  readonly interval?: number
  readonly expiresIn?: number
  /** Serves HTTPS with these. */
  readonly tls?: Credentials
  readonly port?: number
}

export const WHOAMI = {
  asker: 'token',
  member: 'kitchen display',
  token: '0a1b2c3d',
  label: 'on the fridge',
  scopes: ['usage:read'],
  expiresAt: null,
  device: { id: null, name: 'desk' },
  claimedBy: null,
}

export const HANDED_OUT = {
  access_token: TOKEN,
  token_type: 'Bearer',
  scope: 'usage:read',
  token_id: '0a1b2c3d',
  member: 'kitchen display',
}

/** Listens on 127.0.0.1 until the test ends. */
export async function fakeHost(t: Teardown, options: HostOptions = {}): Promise<FakeHost> {
  const heard: Heard[] = []
  const answers: Answers = { 'access.whoami': () => ({ you: WHOAMI }), ...options.answers }
  const polls = [...(options.polls ?? [HANDED_OUT])]
  let url = ''
  const usual: Readonly<Record<string, Says>> = {
    '/.well-known/oauth-authorization-server': (_, response) =>
      json(response, 200, {
        issuer: url,
        device_authorization_endpoint: `${url}/oauth/device_authorization`,
        token_endpoint: `${url}/oauth/token`,
        revocation_endpoint: `${url}/oauth/revoke`,
      }),
    '/oauth/device_authorization': (_, response) =>
      json(response, 200, {
        device_code: DEVICE_CODE,
        user_code: USER_CODE,
        verification_uri: `${url}/approve`,
        expires_in: options.expiresIn ?? 600,
        interval: options.interval ?? 1,
      }),
    '/oauth/token': (_, response) => {
      const next = polls.length > 1 ? polls.shift() : polls[0]
      if (typeof next === 'string') json(response, 400, { error: next })
      else json(response, 200, next)
    },
    '/oauth/revoke': (_, response) => response.writeHead(200).end(),
    '/rpc': ({ authorization, body }, response) => {
      if (authorization !== `Bearer ${TOKEN}`) {
        response.writeHead(401).end()
        return
      }
      const message = JSON.parse(body)
      json(response, 200, Array.isArray(message) ? message.map(replyTo) : replyTo(message))
    },
  }
  const replyTo = ({
    id,
    method,
    params,
  }: {
    id: number
    method: string
    params: Record<string, unknown>
  }) => {
    try {
      const answer = answers[method]
      if (answer === undefined) throw { code: -32601, message: `there is no such method: ${method}` }
      return { jsonrpc: '2.0', id, result: answer(params) }
    } catch (error) {
      return { jsonrpc: '2.0', id, error }
    }
  }
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    let body = ''
    request.setEncoding('utf8').on('data', (part: string) => {
      body += part
    })
    request.on('end', () => {
      const path = request.url ?? ''
      const one: Heard = {
        method: request.method ?? '',
        path,
        authorization: request.headers.authorization,
        form: Object.fromEntries(new URLSearchParams(body)),
        body,
      }
      heard.push(one)
      const says = options.says?.[path] ?? usual[path]
      if (says === undefined) response.writeHead(404).end()
      else says(one, response)
    })
  }
  const { tls } = options
  const server =
    tls === undefined
      ? createServer(serve)
      : createTlsServer({ key: tls.privateKeyPem, cert: tls.certificatePem }, serve)
  const sockets = new WebSocketServer({ server, path: '/rpc' })
  sockets.on('connection', (each) => {
    each.once('message', (first) => {
      const { authorization } = JSON.parse(String(first)) as { authorization?: string }
      heard.push({ method: 'WS', path: '/rpc', authorization, form: {}, body: '' })
      if (authorization !== `Bearer ${TOKEN}`) return each.close(4401)
      each.on('message', (data) => {
        heard.push({ method: 'WS', path: '/rpc', authorization: undefined, form: {}, body: String(data) })
        each.send(JSON.stringify(replyTo(JSON.parse(String(data)))))
      })
      each.send(JSON.stringify({ authorized: WHOAMI }))
    })
  })
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`
  const close = async (): Promise<void> => {
    for (const each of sockets.clients) each.terminate()
    server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }
  t.teardown(close)
  return {
    url,
    port,
    heard,
    send(event, value) {
      const message = { jsonrpc: '2.0', method: 'events.changed', params: { subscription: 1, event, value } }
      for (const each of sockets.clients) each.send(JSON.stringify(message))
    },
    dismiss(code) {
      for (const each of sockets.clients) each.close(code)
    },
    close,
  }
}

export function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}
