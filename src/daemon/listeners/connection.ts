// One WebSocket: requests in, answers and notifications out. A reader that does not read is not read from either,
// and of each subscription it finds only the newest value when it comes back.
import type { WebSocket } from 'ws'
import { TallyError } from '../../contract/errors.ts'
import type { Subscribe } from '../../contract/events.ts'
import type { Request } from '../../contract/requests.ts'
import { isOwners } from '../methods/askers.ts'
import type { AskerIdentity, Subscriptions } from '../methods/handlers.ts'
import { seesNames } from '../methods/shown.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { Feeds } from './feeds.ts'
import type { Pulse } from './pulse.ts'

const SUBSCRIPTIONS = 16
/** Messages that are being answered; further ones wait in the socket. */
const IN_FLIGHT = 8
/** Bytes that wait for the reader; past them its requests wait in the socket. */
const BACKLOG = 256 * 1024

interface Subscription {
  readonly id: number
  readonly event: string
  readonly close: () => void
  /** The one slot: the newest value, if it has not been sent. */
  pending: string | undefined
  sent: string | undefined
  /** The answer with its number goes out first. */
  answered: boolean
}

interface ConnectionContext {
  readonly asker: AskerIdentity
  readonly dispatcher: Dispatcher
  readonly feeds: Feeds
  readonly pulse: Pulse
  /** Resolves when subscriptions can be computed. */
  readonly loaded: () => Promise<unknown>
}

/** Serves `socket` until it closes. */
export function serveConnection(socket: WebSocket, context: ConnectionContext): void {
  const subscriptions = new Map<number, Subscription>()
  const isNarrow = !isOwners(context.asker)
  let newest = 0
  let inFlight = 0

  socket.on('message', (data, binary) => {
    inFlight++
    govern()
    const message = binary ? '' : String(data)
    const opened: number[] = []
    context.dispatcher
      .answer(message, { asker: context.asker, subscriptions: subscriptionsOf(opened) })
      .then((text) => {
        if (text !== undefined) send(text)
        for (const id of opened) {
          const each = subscriptions.get(id)
          if (each !== undefined) each.answered = true
        }
        flush()
      })
      .finally(() => {
        inFlight--
        govern()
      })
  })
  socket.on('error', () => socket.terminate())
  socket.on('close', () => {
    for (const each of subscriptions.values()) each.close()
    subscriptions.clear()
  })

  /** For one message: `opened` gets the numbers of the subscriptions that its answer has to go before. */
  function subscriptionsOf(opened: number[]): Subscriptions {
    return {
      async subscribe(wanted) {
        await context.loaded()
        if (subscriptions.size >= SUBSCRIPTIONS) {
          throw new TallyError('tooMany', `a connection holds at most ${SUBSCRIPTIONS} subscriptions`)
        }
        const id = open(wanted)
        opened.push(id)
        return id
      },
      unsubscribe(id) {
        subscriptions.get(id)?.close()
        return subscriptions.delete(id)
      },
    }
  }

  function open(wanted: Subscribe): number {
    const id = newest + 1
    let subscription: Subscription | undefined
    let first: string | undefined
    const read = (whole: string): void => {
      const value = isNarrow && wanted.event === 'requests.changed' ? withoutPairings(whole) : whole
      if (subscription === undefined) first = value
      else {
        subscription.pending = value
        flush()
      }
    }
    const close = context.feeds.open(wanted, read, seesNames(context.asker))
    newest = id
    subscription = { id, event: wanted.event, close, pending: first, sent: undefined, answered: false }
    // The socket may have closed while usage was loading.
    if (socket.readyState !== socket.OPEN) close()
    else subscriptions.set(id, subscription)
    return id
  }

  function flush(): void {
    for (const each of subscriptions.values()) {
      if (socket.bufferedAmount > 0) return
      if (each.pending === undefined || !each.answered) continue
      const value = each.pending
      each.pending = undefined
      if (value === each.sent) continue
      each.sent = value
      send(notification(each, value))
    }
  }

  function send(text: string): void {
    if (socket.readyState !== socket.OPEN) return
    let waited = false
    socket.send(text, () => {
      if (waited) context.pulse.taken()
      govern()
      if (socket.bufferedAmount === 0) flush()
    })
    // What the system took at once says nothing of the reader.
    waited = socket.bufferedAmount > 0
  }

  function govern(): void {
    if (socket.readyState !== socket.OPEN) return
    const busy = inFlight >= IN_FLIGHT || socket.bufferedAmount > BACKLOG
    if (busy && !socket.isPaused) socket.pause()
    else if (!busy && socket.isPaused) socket.resume()
  }
}

/** Who is not the owner sees enrolments alone: a pairing shows the number that is compared. */
function withoutPairings(value: string): string {
  const { requests } = JSON.parse(value) as { requests: Request[] }
  return JSON.stringify({ requests: requests.filter(({ kind }) => kind === 'enrolment') })
}

/** JSON-RPC 2.0 §4.1 notification; `value` is JSON already and shared by all who read it. */
function notification({ id, event }: Subscription, value: string): string {
  return `{"jsonrpc":"2.0","method":"events.changed","params":{"subscription":${id},"event":${JSON.stringify(event)},"value":${value}}}`
}
