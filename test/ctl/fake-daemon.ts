// A daemon that says what a test tells it to, for answers that a real one gives only by accident.
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { WebSocketServer } from 'ws'
import type { Status } from '../../src/contract/daemon.ts'
import type { Figures, Summary } from '../../src/contract/usage.ts'
import { type Teardown, temporaryFolder } from '../harness/daemon.ts'

export type Answers = Readonly<Record<string, (params: Record<string, unknown>) => unknown>>

export interface FakeDaemon {
  readonly home: string
  readonly socket: string
  /** Params of every call, in order. */
  readonly calls: { method: string; params: Record<string, unknown> }[]
  /** Sends a value to every subscriber. */
  send(event: string, value: unknown): void
  /** Says goodbye to every subscriber, as a daemon does that is stopped. */
  dismiss(): void
  close(): Promise<void>
}

/** Listens on the socket of a temporary home. An answer that throws becomes the JSON-RPC error it throws. */
export async function fakeDaemon(
  t: Teardown,
  answers: Answers,
  home = temporaryFolder(t),
): Promise<FakeDaemon> {
  const socket = join(home, 'tallyd.sock')
  const calls: FakeDaemon['calls'] = []
  const answer = ({
    id,
    method,
    params,
  }: {
    id: number
    method: string
    params: Record<string, unknown>
  }) => {
    calls.push({ method, params })
    const handler = answers[method]
    if (handler === undefined) return { jsonrpc: '2.0', id, error: { code: -32601, message: `no ${method}` } }
    try {
      return { jsonrpc: '2.0', id, result: handler(params) }
    } catch (error) {
      return { jsonrpc: '2.0', id, error }
    }
  }
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
    request.on('end', () => {
      const message = JSON.parse(text)
      const reply = Array.isArray(message) ? message.map(answer) : answer(message)
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(reply))
    })
  })
  const sockets = new WebSocketServer({ server, path: '/rpc' })
  sockets.on('connection', (each) => {
    each.on('message', (data) => each.send(JSON.stringify(answer(JSON.parse(String(data))))))
  })
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  const close = () => closed(server, sockets)
  t.teardown(close)
  return {
    home,
    socket,
    calls,
    send(event, value) {
      const message = { jsonrpc: '2.0', method: 'events.changed', params: { subscription: 1, event, value } }
      for (const each of sockets.clients) each.send(JSON.stringify(message))
    },
    dismiss() {
      for (const each of sockets.clients) each.close(1001)
    },
    close,
  }
}

async function closed(server: Server, sockets: WebSocketServer): Promise<void> {
  for (const each of sockets.clients) each.terminate()
  server.closeAllConnections()
  await new Promise<void>((resolve) => server.close(() => resolve()))
}

/** Figures with `calls` calls of 1,000 input and 500 output tokens each. */
export function figures(calls: number, costUSD: number | null): Figures {
  return {
    calls,
    sessions: calls === 0 ? 0 : 1,
    tokens: {
      input: calls * 1000,
      output: calls * 500,
      cacheRead: 0,
      cacheWrite5m: 0,
      cacheWrite1h: 0,
      reasoning: 0,
    },
    webSearches: 0,
    costUSD,
  }
}

/** A summary with the rows given, and a total of them. */
export function summary(by: Summary['by'], rows: Summary['rows'], more: Partial<Summary> = {}): Summary {
  const calls = rows.reduce((sum, row) => sum + row.calls, 0)
  const costs = rows.flatMap((row) => row.costUSD ?? [])
  return {
    range: {
      since: '2026-11-16T00:00:00+01:00',
      until: '2026-11-23T00:00:00+01:00',
      timeZone: 'Europe/Berlin',
    },
    by,
    rows,
    total: figures(calls, costs.length === 0 ? null : costs.reduce((a, b) => a + b, 0)),
    devices: [{ id: null, name: 'desk', self: true, freshness: 'live', asOf: '2026-11-20T12:00:00Z' }],
    unpriced: [],
    ...more,
  }
}

/** A web listener that is not open. */
export const WEB = { url: null, port: null, lan: false, plainHttp: false, plainHttpPort: null, problem: null }

/** A status; ready if not said otherwise. */
export function status(more: Partial<Status> = {}): Status {
  return {
    version: '0.1.0',
    pid: 4242,
    ready: true,
    startedAt: '2026-11-20T12:00:00Z',
    device: { id: null, name: 'desk' },
    listeners: {
      control: { path: '/run/tallyd.sock' },
      lan: { open: false, port: null, mode: 'off', until: null, problem: null },
      web: WEB,
    },
    index: { files: 812, bytes: 2_100_000_000, lines: 31_505, rejected: 3, tookMs: 1240 },
    progress: null,
    problems: 0,
    ...more,
  }
}

/** Two models, one of them without a price and with an escape sequence in its name. */
export const MODELS = summary(
  ['model'],
  [
    { model: 'claude-opus-4-5', ...figures(3, 4.2) },
    { model: 'local\x1b[2J-qwen', ...figures(1, null) },
  ],
  { unpriced: [{ agent: 'codex', model: 'local\x1b[2J-qwen', calls: 1, tokens: 1500 }] },
)
export const EMPTY = summary(['model'], [])

/** What most commands ask. */
export function answers(value: Summary, more: Answers = {}): Answers {
  return {
    'usage.summary': () => value,
    'daemon.status': () => status(),
    'quotas.list': () => ({ quotas: [] }),
    'budgets.list': () => ({ timeZone: 'UTC', budgets: [], missing: [] }),
    ...more,
  }
}
