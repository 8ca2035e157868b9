// Values that come by themselves: subscriptions over a WebSocket on the control socket.
import { connect } from 'node:net'
import type { ClientOptions, RawData } from 'ws'
import type { AuditList } from '../../contract/audit.ts'
import type { Status } from '../../contract/daemon.ts'
import { TallyError } from '../../contract/errors.ts'
import type { Subscribe } from '../../contract/events.ts'
import type { Pairing } from '../../contract/pairing.ts'
import type { Summary } from '../../contract/usage.ts'
import { cutOff, NoAnswer, unreachable } from './no-answer.ts'
import { checkSocketPath, described, refusalOf, shown } from './rpc.ts'

/** Called with each whole current value of an event. */
export interface Listeners {
  readonly 'usage.changed'?: (value: Summary) => void
  readonly 'status.changed'?: (value: Status) => void
  readonly 'pairing.changed'?: (value: Pairing) => void
  readonly 'audit.added'?: (value: AuditList) => void
}

interface Message {
  readonly method?: unknown
  readonly error?: Parameters<typeof refusalOf>[0] | null
  readonly params?: { readonly event?: unknown; readonly value?: unknown }
}

const HANDSHAKE_MS = 10_000
const LONGEST_MESSAGE = 64 * 1024 * 1024
/** RFC 6455 §7.4.1: the endpoint is going away. */
const GOING_AWAY = 1001
const HAS_ENDED = 'tallyd has ended'
/** Codes of a connection that was taken and then cut. */
const CUT = ['ECONNRESET', 'EPIPE']

/**
 * Subscribes on the socket at `path` and calls `listeners` until the daemon ends. Never resolves: throws Refusal
 * where a subscription is refused, and TallyError: `noDaemon` where the daemon is not there or ends, `tooMany` where it is busy.
 */
export async function listen(
  path: string,
  subscriptions: readonly Subscribe[],
  listeners: Listeners,
): Promise<never> {
  checkSocketPath(path)
  const { WebSocket } = await import('ws')
  // A connection of our own instead of a ws+unix: address, in which spaces and colons of the path are lost.
  const options: ClientOptions = {
    createConnection: (() => connect({ path })) as NonNullable<ClientOptions['createConnection']>,
    handshakeTimeout: HANDSHAKE_MS,
    maxPayload: LONGEST_MESSAGE,
    perMessageDeflate: false,
  }
  const socket = new WebSocket('ws://tallyd/rpc', options)
  return new Promise((_, reject) => {
    socket.on('open', () => {
      for (const [id, params] of subscriptions.entries()) {
        socket.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'events.subscribe', params }))
      }
    })
    socket.on('message', (data: RawData) => {
      const refusal = hear(String(data), listeners, path)
      if (refusal === null) return
      reject(refusal)
      socket.terminate()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (CUT.includes(error.code ?? '')) return void cutOff(path).then((why) => reject(ending(why, path)))
      const isSystem = error.code !== undefined && /^E[A-Z]+$/.test(error.code)
      reject(described(isSystem ? unreachable(error) : new NoAnswer('garbled', error.message), path))
    })
    socket.on('close', (code) => {
      if (code === GOING_AWAY) reject(new TallyError('noDaemon', HAS_ENDED))
      else void cutOff(path).then((why) => reject(ending(why, path)))
    })
  })
}

/** What it means that a connection that was taken is there no more. */
function ending(why: NoAnswer, path: string): TallyError {
  return why.why === 'absent' ? new TallyError('noDaemon', HAS_ENDED) : described(why, path)
}

function hear(text: string, listeners: Listeners, path: string): Error | null {
  try {
    const message = messageIn(text)
    if (message.error !== undefined && message.error !== null) return refusalOf(message.error)
    const { event, value } = message.params ?? {}
    if (message.method !== 'events.changed') return null
    if (event === 'usage.changed') listeners[event]?.(shown(path, 'usage.summary', value))
    if (event === 'status.changed') listeners[event]?.(shown(path, 'daemon.status', value))
    if (event === 'pairing.changed') listeners[event]?.(shown(path, 'pairing.show', value))
    if (event === 'audit.added') listeners[event]?.(shown(path, 'audit.list', value))
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
