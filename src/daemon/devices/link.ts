// The way to one paired device: keeps a live connection to it, pulls what changed when it says so, and tries again, ever more
// patiently, while it is away. Failure changes freshness, never data.
import type { IncomingMessage } from 'node:http'
import { WebSocket } from 'ws'
import type { Problem } from '../../contract/devices.ts'
import { fitsNudge } from '../../contract/generated/wire.ts'
import type { UsageAnswer } from '../../contract/wire.ts'
import { hashOf } from '../tokens/token.ts'
import { problemOf, Refused, refusalOf } from './asking.ts'
import type { DialContext, Pin } from './dial.ts'
import { DeviceAgent, DialError, dial } from './dial.ts'
import { dialAny } from './dial-any.ts'
import { knockOf } from './knock.ts'
import type { ProblemCode } from './problems.ts'
import { Pulls } from './pulls.ts'
import { HANDSHAKE_MS, readAddress } from './tls.ts'

/** The first wait after a failure and the longest, in milliseconds. Each wait is twice the one before, give or take a quarter. */
const RETRY_MS = { first: 1_000, longest: 5 * 60_000 } as const
/** Silence on the live connection for this long means that it is dead, in milliseconds; the other side pings every 20 s. */
const SILENCE_MS = 50_000
/** So often a device that has never answered yet may refuse us before that is believed. */
const EARLY_TRIES = 2
/** A connection is asked whether it lives, and has this long to answer, in milliseconds. */
const PONG_MS = 2_000
const NUDGE_BYTES = 256
/** In a second, far more than any honest device sends. */
const NUDGES_CAP = 50

export interface LinkContext extends DialContext {
  readonly pin: Pin
  /** Where it may be, the likeliest first and the one that its owner gave last; empty if nobody knows. */
  readonly addresses: () => readonly string[]
  /** Secret; what it issued to us. */
  readonly token: () => string | null
  /** The cursor of what we have. */
  readonly cursor: () => string | undefined
  /** Takes an answer; returns why it cannot be used, or null. */
  readonly take: (answer: UsageAnswer) => string | null
  /** The device answered and we have everything it has. */
  readonly current: () => void
  /** The device has unpaired this one: it says so under its pinned certificate. */
  readonly unpaired: () => void
  /** It wants to send something. */
  readonly offered: (transfer: string) => void
  /** Freshness or problem changed. */
  readonly changed: () => void
  /** 0 to 1; for the waits. */
  readonly random: () => number
}

export class Link {
  /** Whether what we have is what it has, as far as anybody can know. */
  live = false
  problem: Problem | null = null
  /** How far its clock is ahead of ours, in milliseconds; null before its first answer. */
  skewMs: number | null = null
  readonly #context: LinkContext
  readonly #agent: DeviceAgent
  #socket: WebSocket | null = null
  #retry: NodeJS.Timeout | undefined
  #silence: NodeJS.Timeout | undefined
  #pulls: Pulls | null = null
  #connecting = false
  #failures = 0
  #wasLive = false
  #stopped = false
  #nudges = { count: 0, since: 0 }

  constructor(context: LinkContext) {
    this.#context = context
    this.#agent = new DeviceAgent(() => this.#dial())
  }

  /** Tries now, whatever the waits. */
  start(): void {
    clearTimeout(this.#retry)
    if (this.#stopped || this.#connecting || this.#socket !== null) return
    this.#connecting = true
    this.#connect()
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#connecting = false
      })
  }

  stop(): void {
    this.#stopped = true
    this.#end()
    clearTimeout(this.#retry)
  }

  /** Time has jumped: the connection may be dead, and what was waited for is over. Patience begins anew, for the network may not be back yet. */
  woken(): void {
    this.#failures = 0
    this.moved()
  }

  /** It seems to be somewhere else: a connection that does not answer soon is ended, and made anew. */
  moved(): void {
    const socket = this.#socket
    if (socket?.readyState !== WebSocket.OPEN) {
      this.start()
      return
    }
    const answered = () => {
      clearTimeout(silent)
      socket.off('pong', answered).off('close', answered)
    }
    const silent = setTimeout(() => socket.terminate(), PONG_MS)
    socket.on('pong', answered).on('close', answered)
    socket.ping()
  }

  async #dial() {
    const targets = this.#context.addresses().flatMap((address) => readAddress(address, 0) ?? [])
    if (targets.length === 0) throw new Refused('noAddress')
    const { pin } = this.#context
    const token = this.#context.token()
    const knock = token === null ? null : knockOf(hashOf(token))
    return dialAny(
      targets,
      (target) => dial({ ...target, pin, knock }, this.#context),
      ({ socket }) => socket.destroy(),
    )
  }

  async #connect(): Promise<void> {
    const { socket: tls } = await this.#dial()
    if (this.#stopped) return void tls.destroy()
    const socket = new WebSocket('ws://device/v1/live', {
      createConnection: () => tls,
      headers: this.#authorization(),
      handshakeTimeout: HANDSHAKE_MS,
      maxPayload: NUDGE_BYTES,
      perMessageDeflate: false,
    })
    this.#socket = socket
    this.#pulls = this.#pullsOf(socket)
    socket.on('upgrade', () => this.#heard())
    socket.on('ping', () => this.#heard())
    socket.on('message', (data, isBinary) => {
      this.#heard()
      const nudge = isBinary ? undefined : parsed(String(data))
      if (!fitsNudge(nudge) || this.#isFlooded()) return socket.terminate()
      if ('transfer' in nudge) this.#context.offered(nudge.transfer)
      else this.#pulls?.pull()
    })
    socket.on('unexpected-response', (_request, response: IncomingMessage) => {
      response.resume()
      this.#lost(socket, refusalOf(response.statusCode))
      tls.destroy()
    })
    socket.on('error', (error) => this.#lost(socket, error))
    socket.on('close', () => this.#lost(socket, new DialError('unreachable', 'the connection ended')))
  }

  #pullsOf(socket: WebSocket): Pulls {
    const { cursor, take, now } = this.#context
    return new Pulls({
      agent: this.#agent,
      headers: () => this.#authorization(),
      cursor,
      take,
      now,
      clock: (skewMs) => {
        this.skewMs = skewMs
      },
      failed: (error) => this.#lost(socket, error),
      current: () => {
        this.#failures = 0
        this.#wasLive = true
        this.#context.current()
        this.#tell(true, null)
      },
    })
  }

  /** Counts a nudge. */
  #isFlooded(): boolean {
    const now = performance.now()
    if (now - this.#nudges.since > 1_000) this.#nudges = { count: 0, since: now }
    return ++this.#nudges.count > NUDGES_CAP
  }

  /** It is alive: the silence begins anew. */
  #heard(): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => this.#socket?.terminate(), SILENCE_MS)
  }

  #lost(socket: WebSocket, error: unknown): void {
    if (this.#socket !== socket) return
    this.#end()
    this.#failed(error)
  }

  #end(): void {
    const socket = this.#socket
    this.#socket = null
    clearTimeout(this.#silence)
    this.#pulls?.stop()
    this.#pulls = null
    socket?.terminate()
    // What is kept for pulling leads to where the device was.
    this.#agent.destroy()
  }

  #failed(error: unknown): void {
    if (this.#stopped) return
    const problem = problemOf(error)
    const isRefusal = problem.code === 'halfPaired' || problem.code === 'unpairedThere'
    // Right after a pairing the other side may still be writing it down. To believe then that it had ended would end it.
    const isEarly = isRefusal && this.#failures < (this.#wasLive ? 1 : EARLY_TRIES)
    this.#tell(false, isEarly ? null : problem)
    if (problem.code === 'unpairedThere' && !isEarly) {
      this.#context.unpaired()
      return
    }
    const wait = Math.min(RETRY_MS.longest, RETRY_MS.first * 2 ** Math.min(this.#failures++, 16))
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => this.start(), wait * (0.75 + this.#context.random() / 2))
  }

  #tell(live: boolean, found: { code: ProblemCode; says: string } | null): void {
    const since = this.problem !== null && this.problem.code === found?.code ? this.problem.since : undefined
    const isNew =
      live !== this.live || found?.code !== this.problem?.code || found?.says !== this.problem?.says
    this.live = live
    this.problem =
      found === null ? null : { ...found, since: since ?? new Date(this.#context.now()).toISOString() }
    if (isNew) this.#context.changed()
  }

  #authorization(): Record<string, string> {
    return { authorization: `Bearer ${this.#context.token() ?? ''}` }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
