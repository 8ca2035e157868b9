// The way to one paired device: keeps a live connection to it, pulls what changed when it says so, and tries again, ever more
// patiently, while it is away. Failure changes freshness, never data.
import type { IncomingMessage } from 'node:http'
import { WebSocket } from 'ws'
import type { Problem } from '../../contract/devices.ts'
import { fitsNudge } from '../../contract/generated/wire.ts'
import type { UsageAnswer } from '../../contract/wire.ts'
import { WIRE } from '../../contract/wire-bounds.ts'
import { hashOf } from '../tokens/token.ts'
import { ask, problemOf, Refused, refusalOf } from './asking.ts'
import type { DialContext, Pin } from './dial.ts'
import { DeviceAgent, DialError, dial } from './dial.ts'
import { dialAny } from './dial-any.ts'
import { readAnswer } from './incoming.ts'
import { knockOf } from './knock.ts'
import type { ProblemCode } from './problems.ts'
import { HANDSHAKE_MS, readAddress } from './tls.ts'

/** The first wait after a failure and the longest, in milliseconds. Each wait is twice the one before, give or take a quarter. */
const RETRY_MS = { first: 1_000, longest: 5 * 60_000 } as const
/** A device that says nothing is asked anyway, in milliseconds: a nudge can be lost while a computer sleeps. */
const LOOK_MS = 60_000
/** Silence on the live connection for this long means that it is dead, in milliseconds; the other side pings every 20 s. */
const SILENCE_MS = 50_000
/** A device that is still counting is asked again after this long, in milliseconds; it also says when it is done. */
const NOT_YET_MS = 2_000
/** So often a device that has never answered yet may refuse us before that is believed. */
const EARLY_TRIES = 2
/** A connection is asked whether it lives, and has this long to answer, in milliseconds. */
const PONG_MS = 2_000
const NUDGE_BYTES = 256
/** Between one pull and the next that a nudge asks for, in milliseconds; a device nudges at most every 250 ms. */
const GAP_MS = 200
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
  /** Freshness or problem changed. */
  readonly changed: () => void
  /** 0 to 1; for the waits. */
  readonly random: () => number
}

export class Link {
  /** Whether what we have is what it has, as far as anybody can know. */
  live = false
  problem: Problem | null = null
  readonly #context: LinkContext
  readonly #agent: DeviceAgent
  #socket: WebSocket | null = null
  #retry: NodeJS.Timeout | undefined
  #silence: NodeJS.Timeout | undefined
  #look: NodeJS.Timeout | undefined
  #connecting = false
  #failures = 0
  #wasLive = false
  #stopped = false
  #pulling = false
  #again = false
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
    socket.on('upgrade', () => this.#heard())
    socket.on('ping', () => this.#heard())
    socket.on('message', (data, isBinary) => {
      this.#heard()
      if (isBinary || !fitsNudge(parsed(String(data))) || this.#isFlooded()) return socket.terminate()
      this.#pull()
    })
    socket.on('unexpected-response', (_request, response: IncomingMessage) => {
      response.resume()
      this.#lost(socket, refusalOf(response.statusCode))
      tls.destroy()
    })
    socket.on('error', (error) => this.#lost(socket, error))
    socket.on('close', () => this.#lost(socket, new DialError('unreachable', 'the connection ended')))
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
    clearTimeout(this.#look)
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

  /** One pull at a time; a nudge that comes meanwhile makes one more. */
  #pull(): void {
    if (this.#pulling) {
      this.#again = true
      return
    }
    this.#pulling = true
    this.#again = false
    clearTimeout(this.#look)
    const socket = this.#socket
    this.#ask()
      .then((isTold) => {
        if (this.#socket !== socket || socket === null) return
        if (!isTold) {
          this.#look = setTimeout(() => this.#pull(), NOT_YET_MS)
          return
        }
        this.#failures = 0
        this.#wasLive = true
        this.#context.current()
        this.#tell(true, null)
        this.#look = setTimeout(() => this.#pull(), LOOK_MS)
      })
      .catch((error: unknown) => {
        if (socket !== null) this.#lost(socket, error)
      })
      .finally(() => {
        setTimeout(() => {
          this.#pulling = false
          if (this.#again && this.#socket !== null) this.#pull()
        }, GAP_MS).unref()
      })
  }

  /** False where the device does not know itself yet. */
  async #ask(): Promise<boolean> {
    const cursor = this.#context.cursor()
    const path = cursor === undefined ? '/v1/usage' : `/v1/usage?since=${encodeURIComponent(cursor)}`
    const { status, body } = await ask(this.#agent, {
      path,
      headers: this.#authorization(),
      most: WIRE.bytes,
    })
    if (status === 204) return true
    if (status === 503) return false
    if (status !== 200) throw refusalOf(status)
    const read = readAnswer(body)
    if ('refusal' in read) {
      throw new Refused(
        read.refusal.code === 'newerVersion' ? 'newerVersion' : 'badAnswer',
        read.refusal.says,
      )
    }
    const why = this.#context.take(read.answer)
    if (why !== null) throw new Refused('badAnswer', why)
    return true
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
