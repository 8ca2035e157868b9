// Whether other devices can reach this one: closed until somebody wants it, open for a while or for good; the port; and the
// truth about all of it.
import { networkInterfaces } from 'node:os'
import { TallyError } from '../../contract/errors.ts'
import type { Sharing as Shown } from '../../contract/sharing.ts'
import type { Door, LanListener, OpenListener } from './door.ts'
import type { Roster } from './roster.ts'
import { addressOf } from './tls.ts'

export const DEFAULT_PORT = 4765
/** A listener that could not be opened is tried again after this long, in milliseconds. */
const RETRY_MS = 30_000
/** Who is still connected when nothing holds it open any more hears the last of it, in milliseconds. */
const FAREWELL_MS = 5_000

export interface SharingContext {
  readonly roster: Roster
  /** The config's; a port that is named there never moves. */
  readonly port: number | undefined
  readonly address: string | undefined
  readonly open: OpenListener
  /** Throws TallyError while this device may not be reached, e.g. because its identity is a copy. */
  readonly door: () => Door
  readonly now: () => number
  readonly changed: () => void
}

export class Sharing {
  readonly #context: SharingContext
  #listener: LanListener | null = null
  /** What it is open for, each until when; the owner's window among them. */
  readonly #holds = new Map<string, number>()
  #closing: NodeJS.Timeout | undefined
  #problem: string | null = null
  /** What the problem is the sentence of. */
  #failure: unknown = null
  #retry: NodeJS.Timeout | undefined
  /** One change at a time. */
  #work: Promise<unknown> = Promise.resolve()
  #stopped = false

  constructor(context: SharingContext) {
    this.#context = context
  }

  show(): Shown {
    return {
      open: this.#listener !== null,
      port: this.#listener?.port ?? null,
      mode: this.#mode(),
      until: this.#holds.size === 0 ? null : new Date(this.#until()).toISOString(),
      problem: this.#problem,
    }
  }

  get port(): number | null {
    return this.#listener?.port ?? null
  }

  /** `host:port` where others can dial this device; IPv4 before IPv6. */
  addresses(): string[] {
    const { port } = this
    if (port === null) return []
    const { address } = this.#context
    if (address !== undefined) return [addressOf(address, port)]
    return Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .filter(({ internal, address: own }) => !internal && !own.startsWith('fe80:'))
      .sort((x, y) => (x.family < y.family ? -1 : x.family > y.family ? 1 : 0))
      .map(({ address: own }) => addressOf(own, port))
  }

  /** Throws TallyError portTaken, clonedIdentity or stateUnwritable. */
  async set(mode: 'always' | 'off'): Promise<void> {
    await this.#context.roster.set({ share: mode })
    this.#letGo()
    await this.settle()
    if (mode === 'always' && this.#listener === null) throw this.#refusal()
  }

  /** Open for `ms` milliseconds because the owner says so, whatever else it was open for. Throws as `set` does. */
  window(ms: number): Promise<void> {
    this.#holds.clear()
    return this.hold('owner', ms)
  }

  /** Open for at least `ms` milliseconds, or until `release`, for `what`. Where it is open for good nothing changes. Throws as `set` does. */
  async hold(what: string, ms: number): Promise<void> {
    this.#holds.set(what, Math.max(this.#holds.get(what) ?? 0, this.#context.now() + ms))
    this.#rearm()
    await this.settle()
    if (this.#listener === null) throw this.#refusal()
  }

  /** It need not be open for `what` any more. */
  release(what: string): void {
    const until = this.#holds.get(what)
    if (until === undefined) return
    this.#holds.set(what, Math.min(until, this.#context.now() + FAREWELL_MS))
    this.#rearm()
  }

  /** Opens or closes, as it should be now. Never throws: `show` tells what went wrong. */
  settle(): Promise<void> {
    const done = this.#work.then(() => this.#apply())
    this.#work = done.catch(() => undefined)
    return done
  }

  /** Time has jumped: its timer stood still, but the owner was told a time of day. */
  woken(): void {
    if (this.#holds.size > 0 && this.#context.now() >= this.#until()) this.#ended()
    else if (this.#problem !== null) void this.settle()
  }

  cut(id: string): void {
    this.#listener?.cut(id)
  }

  cutGranted(id: string): void {
    this.#listener?.cutGranted(id)
  }

  /** Closes and opens again, for a new identity. */
  async reopen(): Promise<void> {
    await this.#shut()
    await this.settle()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#letGo()
    clearTimeout(this.#retry)
    await this.settle()
  }

  #mode(): Shown['mode'] {
    const { share } = this.#context.roster.data
    if (share === 'always' || (share === null && this.#context.roster.paired.length > 0)) return 'always'
    return this.#holds.size === 0 ? 'off' : 'window'
  }

  async #apply(): Promise<void> {
    clearTimeout(this.#retry)
    const wanted = !this.#stopped && this.#mode() !== 'off'
    const before = JSON.stringify(this.show())
    if (!wanted) {
      this.#problem = null
      await this.#shut()
    } else if (this.#listener === null) await this.#open()
    if (JSON.stringify(this.show()) !== before) this.#context.changed()
  }

  async #open(): Promise<void> {
    try {
      this.#listener = await this.#listen(this.#context.door())
      this.#problem = null
    } catch (error) {
      this.#failure = error
      this.#problem = error instanceof Error ? error.message : String(error)
      this.#retry = setTimeout(() => void this.settle(), RETRY_MS).unref()
    }
  }

  /** A default port that is taken is exchanged for a free one, once and for good. */
  async #listen(door: Door): Promise<LanListener> {
    const { roster, port: configured, address, open } = this.#context
    const port = configured ?? roster.data.port ?? DEFAULT_PORT
    try {
      return await open(door, { port, address })
    } catch (error) {
      if (codeOf(error) !== 'EADDRINUSE') throw error
      if (configured !== undefined || roster.data.port !== null)
        throw new TallyError('portTaken', String(port))
    }
    const listener = await open(door, { port: 0, address })
    // On a full disk it is open all the same, and may move once more at the next start.
    await roster.set({ port: listener.port }).catch(() => undefined)
    return listener
  }

  #refusal(): unknown {
    try {
      this.#context.door()
    } catch (error) {
      return error
    }
    const { port } = this.#context
    // The problem is a whole sentence already, with the port.
    if (this.#failure instanceof TallyError) return this.#failure
    return new TallyError('portTaken', this.#problem ?? String(port ?? DEFAULT_PORT))
  }

  #until(): number {
    return Math.max(...this.#holds.values())
  }

  #letGo(): void {
    this.#holds.clear()
    clearTimeout(this.#closing)
  }

  #rearm(): void {
    clearTimeout(this.#closing)
    this.#closing = setTimeout(() => this.#ended(), this.#until() - this.#context.now()).unref()
    this.#context.changed()
  }

  #ended(): void {
    this.#letGo()
    void this.settle()
    this.#context.changed()
  }

  async #shut(): Promise<void> {
    const listener = this.#listener
    this.#listener = null
    await listener?.close()
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
