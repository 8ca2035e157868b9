// A real WebSocket client on a daemon's socket.
import { WebSocket } from 'ws'
import type { Answer, Teardown } from './daemon.ts'
import { until } from './daemon.ts'

export interface Notification {
  readonly method: 'events.changed'
  readonly params: { readonly subscription: number; readonly event: string; readonly value: unknown }
  /** performance.now() when it arrived. */
  readonly at: number
}

export interface Client {
  readonly socket: WebSocket
  readonly notifications: readonly Notification[]
  ask(method: string, params?: unknown): Promise<Answer>
  /** Waits until there are `count` notifications in all. */
  notified(count: number): Promise<readonly Notification[]>
  /** The close code, once closed. */
  readonly closed: Promise<number>
}

/** What opens a WebSocket on a connection that is only held: who has not asked yet takes no place. */
export const UPGRADE =
  'GET /rpc HTTP/1.1\r\nHost: tallyd\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n'

/** Opens GET /rpc as a WebSocket. Rejects with the HTTP status in the message if refused. */
export async function webSocket(
  t: Teardown,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Client> {
  const socket = new WebSocket(`ws+unix:${path}:/rpc`, {
    headers: { host: 'tallyd', ...headers },
    perMessageDeflate: true,
  })
  t.teardown(() => socket.terminate())
  const notifications: Notification[] = []
  const waiting = new Map<unknown, (answer: Answer) => void>()
  let id = 0
  socket.on('message', (data) => {
    const message = JSON.parse(String(data))
    if (message.method === 'events.changed') notifications.push({ ...message, at: performance.now() })
    else waiting.get(message.id)?.(message)
  })
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => undefined)
  return {
    socket,
    notifications,
    closed,
    ask(method, params) {
      const own = ++id
      const answer = new Promise<Answer>((resolve) => waiting.set(own, resolve))
      socket.send(JSON.stringify({ jsonrpc: '2.0', id: own, method, params }))
      return answer
    },
    async notified(count) {
      await until(() => notifications.length >= count, `${count} notifications`)
      return notifications
    },
  }
}
