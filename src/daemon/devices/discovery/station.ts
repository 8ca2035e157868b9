// Discovery on one interface: its sockets, what is said there, what is heard there, and whether it can be heard at all.
import { type Claim, type ClaimRecords, recordsOf } from './claim.ts'
import type { Clock } from './clock.ts'
import type { Interface } from './interfaces.ts'
import { sameName } from './name.ts'
import { type Neighbour, Neighbours } from './neighbours.ts'
import { EMPTY, type Packet, type ResourceRecord, TYPE } from './packet.ts'
import { Responder } from './responder.ts'
import type { Family, OpenWire, Source, Wire } from './wire.ts'

/** Seconds between questions, RFC 6762 §5.2: ever more; the last one goes on, for it also tells whether we are heard. */
const ASK_S = [1, 3, 9, 27, 81, 300] as const
/** Our own answer is expected within this time, in milliseconds. */
const ANSWER_MS = 3_000
/** This often it may be missing before the sockets are opened anew. */
const MISSES = 2
/** Where that did not help it is done once in so many misses. */
const AGAIN_AFTER = 12
/** Half-heard devices are asked for after this long, in milliseconds. */
const MISSING_MS = 1_000

export interface StationContext {
  readonly clock: Clock
  /** 0 to 1. */
  readonly random: () => number
  readonly openWire: OpenWire
  /** Null while nothing is to be said. */
  readonly claim: () => Claim | null
  /** Our records on every interface. */
  readonly ours: () => readonly ResourceRecord[]
  readonly conflict: (which: 'instance' | 'host') => void
  readonly changed: () => void
}

export class Station {
  /** Why it has no sockets. */
  problem: string | null = null
  /** Where and since when (Unix milliseconds) our own answers do not come back. */
  deaf: { readonly since: number; readonly families: readonly Family[] } | null = null
  readonly #context: StationContext
  #on: Interface
  #neighbours: Neighbours
  #wire: Wire | null = null
  #opening = false
  #stopped = false
  #responder: Responder | null = null
  readonly #heard = new Map<Family, number>()
  #misses = 0
  #asked = 0
  #cancelAsking: () => void = () => undefined
  #cancelMissing: (() => void) | null = null

  constructor(on: Interface, context: StationContext) {
    this.#on = on
    this.#context = context
    this.#neighbours = new Neighbours(on)
  }

  get name(): string {
    return this.#on.name
  }

  /** One of its IPv4 addresses; null if it has none. */
  get ipv4(): string | null {
    return this.#on.addresses.find(({ family }) => family === 4)?.address ?? null
  }

  get families(): readonly Family[] {
    return this.#wire?.families ?? []
  }

  get floodedAt(): number | null {
    return this.#wire?.floodedAt ?? null
  }

  /** Whether this device can be found here. */
  get isHeld(): boolean {
    return this.#responder?.isHeld === true
  }

  get records(): readonly ResourceRecord[] {
    return this.#responder?.records.unique ?? []
  }

  neighbours(now: number): Neighbour[] {
    return this.#neighbours.list(now)
  }

  expire(now: number): boolean {
    return this.#neighbours.expire(now)
  }

  /** Opens the sockets if they are not open. */
  async open(): Promise<void> {
    if (this.#wire !== null || this.#opening || this.#stopped) return
    this.#opening = true
    const { openWire, clock } = this.#context
    const on = this.#on
    let wire: Wire | null = null
    try {
      wire = await openWire(on, {
        clock,
        received: (packet, from) => this.#receive(packet, from),
        failed: (error) => this.#lose(error),
      })
      this.problem = null
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error)
    }
    this.#opening = false
    if (wire === null) return
    const isOld = on !== this.#on
    if (this.#stopped || isOld) void wire.close()
    else {
      this.#wire = wire
      this.claim()
      this.ask()
    }
    if (isOld) void this.open()
  }

  /** The same interface has other addresses; with the last one of a family its membership may be gone as well. */
  move(on: Interface): void {
    this.#on = on
    this.reopen()
  }

  /** Sockets anew: after a sleep, or when they are deaf. What was heard before counts no more. */
  reopen(): void {
    this.#responder?.end()
    this.#responder = null
    void this.#wire?.close()
    this.#wire = null
    this.#neighbours = new Neighbours(this.#on)
    this.#context.changed()
    void this.open()
  }

  /** Says what is now to be said; what was said before is taken back. */
  claim(): void {
    this.#responder?.end()
    this.#responder = null
    const claim = this.#context.claim()
    const wire = this.#wire
    if (claim === null || wire === null) return
    const { clock, random, ours, conflict } = this.#context
    this.#responder = new Responder(this.#recordsOf(claim), {
      clock,
      random,
      ours,
      conflict,
      families: () => wire.families,
      send: (packet, to) => wire.send(packet, to),
    })
  }

  /** Asks who is there, now and from time to time. */
  ask(): void {
    this.#asked = 0
    this.#askNow()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelAsking()
    this.#cancelMissing?.()
    this.#responder?.end()
    await this.#wire?.close()
  }

  #recordsOf(claim: Claim): ClaimRecords {
    return recordsOf(claim, this.#on.addresses)
  }

  #lose(error: Error): void {
    this.problem = error.message
    this.#wire = null
    this.#responder = null
    this.#context.changed()
  }

  #receive(packet: Packet, from: Source): void {
    const { clock, changed } = this.#context
    const own = this.#responder?.records.instance
    if (own !== undefined && packet.response && packet.answers.some(({ name }) => sameName(name, own))) {
      this.#heard.set(from.family, clock.now())
    }
    if (this.#neighbours.take(packet, clock.now())) {
      changed()
      this.#cancelMissing ??= clock.after(MISSING_MS, () => this.#askMissing())
    }
    this.#responder?.receive(packet, from)
  }

  #askNow(): void {
    const { clock, random } = this.#context
    this.#cancelAsking()
    const gap = ASK_S[Math.min(this.#asked++, ASK_S.length - 1)]!
    // A little of chance: devices that woke together do not ask together for ever.
    this.#cancelAsking = clock.after(gap * 1000 * (1 + random() / 10), () => this.#askNow())
    if (this.#wire === null) return
    this.#send(this.#neighbours.question(clock.now()))
    if (!this.isHeld) return
    this.#askOurselves()
  }

  #askMissing(): void {
    this.#cancelMissing = null
    const questions = this.#neighbours.missing(this.#context.clock.now())
    if (questions.length === 0) return
    this.#send({ questions, answers: [] })
    this.#cancelMissing = this.#context.clock.after(MISSING_MS, () => this.#askMissing())
  }

  /** We are asked about like everybody else, and have to hear our own answer in every family. */
  #askOurselves(): void {
    const { clock } = this.#context
    const own = this.#responder!.records.instance
    this.#send({ questions: [{ name: own, type: TYPE.SRV, unicast: false }], answers: [] })
    const asked = clock.now()
    clock.after(ANSWER_MS, () => {
      if (this.#stopped || this.#responder?.records.instance !== own || !this.isHeld) return
      // What was said a second before the question is not said again.
      const missed = this.families.filter((family) => !((this.#heard.get(family) ?? 0) >= asked - 1_000))
      if (missed.length === 0) {
        this.#misses = 0
        this.deaf = null
      } else if (++this.#misses >= MISSES) {
        const isNew = this.deaf === null
        this.deaf = { since: this.deaf?.since ?? asked, families: missed }
        // If new sockets did not help, newer ones need not be tried all the time.
        if (isNew || this.#misses % AGAIN_AFTER === 0) this.reopen()
      }
    })
  }

  #send(packet: Pick<Packet, 'questions' | 'answers'>): void {
    for (const family of this.families) this.#wire?.send({ ...EMPTY, ...packet }, family)
  }
}
