// Values that come by themselves: subscriptions over a WebSocket.
import type { RawData } from 'ws'
import { TallyError } from '../../contract/errors.ts'
import type { Subscribe } from '../../contract/events.ts'
import type { Listeners, Reader, Way } from './way.ts'

interface Message {
  readonly method?: unknown
  readonly error?: unknown
  readonly params?: { readonly event?: unknown; readonly value?: unknown }
}

/** Subscribes over `way` and calls `listeners` until the daemon ends. Never resolves: throws as `Daemon.listen` does. */
export async function listen(
  way: Way,
  reader: Reader,
  subscriptions: readonly Subscribe[],
  listeners: Listeners,
): Promise<never> {
  const socket = await way.open()
  return new Promise((_, reject) => {
    const subscribe = () => {
      for (const [id, params] of subscriptions.entries()) {
        socket.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'events.subscribe', params }))
      }
    }
    if (socket.readyState === socket.OPEN) subscribe()
    else socket.on('open', subscribe)
    socket.on('message', (data: RawData) => {
      const refusal = hear(String(data), listeners, reader)
      if (refusal === null) return
      reject(refusal)
      socket.terminate()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => void way.broken(error).then(reject))
    socket.on('close', (code) => void way.closed(code).then(reject))
    // It may have been closed before anybody listened.
    if (socket.readyState === socket.CLOSED) void way.closed(1006).then(reject)
  })
}

function hear(text: string, listeners: Listeners, reader: Reader): Error | null {
  try {
    const message = messageIn(text)
    if (message.error !== undefined && message.error !== null) return reader.refusal(message.error)
    const { event, value } = message.params ?? {}
    if (message.method !== 'events.changed') return null
    if (event === 'usage.changed') listeners[event]?.(reader.shown('usage.summary', value))
    if (event === 'status.changed') listeners[event]?.(reader.shown('daemon.status', value))
    if (event === 'pairing.changed') listeners[event]?.(reader.shown('pairing.show', value))
    if (event === 'displays.changed') listeners[event]?.(reader.shown('displays.show', value))
    if (event === 'transfers.changed') listeners[event]?.(reader.shown('transfers.list', value))
    if (event === 'logins.changed') listeners[event]?.(reader.shown('logins.list', value))
    if (event === 'audit.added') listeners[event]?.(reader.shown('audit.list', value))
    return null
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

function messageIn(text: string): Message {
  try {
    const message: unknown = JSON.parse(text)
    if (typeof message === 'object' && message !== null) return message
  } catch {}
  throw new TallyError('internalError', 'tallyd sent a message that is not JSON-RPC')
}
