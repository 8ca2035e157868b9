// The WebSocket on which changes come by themselves. Its first message says who asks; lost, it is opened again, ever more slowly.
import type { Whoami } from '../../contract/access.ts'
import type { EVENTS, EventName, Subscribe } from '../../contract/events.ts'
import { waitBefore } from './backoff.ts'
import type { LineState } from './line-state.ts'

/** The listener closes with this where the session is not, or no more, valid. */
const UNAUTHORIZED = 4401
/** A line that lived this long begins again with the shortest wait, in milliseconds. */
const SETTLED_MS = 10_000

export interface LineContext {
  readonly session: string
  readonly events: readonly Subscribe[]
  readonly onState: (state: LineState) => void
  readonly onYou: (you: Whoami) => void
  readonly onValue: (event: EventName, value: unknown) => void
}

export class Line {
  readonly #context: LineContext
  #socket: WebSocket | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  #tries = 0
  #liveSince = 0
  #lostSince: number | null = null
  #closed = false

  constructor(context: LineContext) {
    this.#context = context
    context.onState({ is: 'opening' })
    this.#open()
  }

  /** Tries at once instead of when its turn comes. */
  retry(): void {
    if (this.#timer !== undefined) this.#open()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#socket?.close()
  }

  #open(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const { session, events } = this.#context
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/rpc`)
    this.#socket = socket
    socket.onopen = () => socket.send(JSON.stringify({ authorization: `Bearer ${session}` }))
    socket.onmessage = ({ data }) => {
      const message = messageIn(data)
      if (message.authorized !== undefined) {
        this.#goLive(message.authorized)
        for (const [id, params] of events.entries()) {
          socket.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'events.subscribe', params }))
        }
      }
      if (message.method === 'events.changed' && message.params !== undefined) {
        this.#context.onValue(message.params.event, message.params.value)
      }
    }
    socket.onclose = ({ code }) => this.#lose(code)
  }

  #goLive(you: Whoami): void {
    this.#liveSince = Date.now()
    this.#lostSince = null
    this.#context.onYou(you)
    this.#context.onState({ is: 'live' })
  }

  #lose(code: number): void {
    if (this.#closed) return
    const now = Date.now()
    this.#lostSince ??= now
    if (code === UNAUTHORIZED) {
      this.#closed = true
      this.#context.onState({ is: 'ended', since: this.#lostSince })
      return
    }
    if (this.#liveSince > 0 && now - this.#liveSince > SETTLED_MS) this.#tries = 0
    this.#liveSince = 0
    const wait = waitBefore(this.#tries++, Math.random)
    this.#timer = setTimeout(() => this.#open(), wait)
    this.#context.onState({ is: 'lost', since: this.#lostSince, nextTry: now + wait })
  }
}

interface Message {
  readonly authorized?: Whoami
  readonly method?: string
  readonly params?: { readonly event: keyof typeof EVENTS; readonly value: unknown }
}

function messageIn(data: unknown): Message {
  try {
    return JSON.parse(String(data)) ?? {}
  } catch {
    return {}
  }
}
