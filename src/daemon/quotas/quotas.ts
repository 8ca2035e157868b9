// Limits of accounts as they were observed: of each window the freshest word, from this device's agents and from other devices. Kept
// over restarts; what is lost in a crash is told again by the next answer that an agent gets.
import type { Observed, Quota } from '../../contract/quotas.ts'
import type { Document } from '../store/document.ts'
import { readCodexLimits } from './codex-limits.ts'
import { fresher, isObservation, keyOf, type Observation, quotaOf, WINDOWS_CAP } from './observation.ts'

/** A log that an agent writes to: its path, and when it was written last in Unix milliseconds. */
export interface LogSeen {
  readonly path: string
  readonly mtimeMs: number
}

/** What another device told. */
export interface ToldQuotas {
  readonly device: string
  readonly observations: readonly Observation[]
}

export interface QuotaData {
  readonly observations: readonly Observation[]
}

export interface QuotasContext {
  readonly document: Document<QuotaData>
  /** Codex's logs. */
  readonly logs: () => Iterable<LogSeen>
  /** The account that an agent is signed in with here; null where that is not read. */
  readonly account: (agent: string) => string | null
  readonly deviceName: () => string
  readonly told: () => readonly ToldQuotas[]
  readonly onChanged: () => void
  /** Unix milliseconds. */
  readonly now: () => number
}

/** Logs are looked at this long after one changed, so that a burst of lines costs one look; in milliseconds. */
const LOOK_MS = 1_000
/** Written at most this often, in milliseconds. */
const WRITE_MS = 30_000
/** So many of the logs that changed are read in one look, the newest: what they told last is newer than what others did. */
const LOGS_CAP = 8

export class Quotas {
  readonly #context: QuotasContext
  readonly #own = new Map<string, Observation>()
  /** Logs that were written no later than this have been looked at. */
  #seenMs = 0
  #look: NodeJS.Timeout | null = null
  #write: NodeJS.Timeout | null = null
  #looking: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(context: QuotasContext) {
    this.#context = context
    for (const each of context.document.value.observations) this.#keep(each)
  }

  /** Every window that is known, by agent, the shorter first. */
  list(): Quota[] {
    const { told, deviceName, now } = this.#context
    const known = new Map<string, Observation & { readonly device: string }>()
    const take = (observed: Observation, device: string) => {
      const key = keyOf(observed)
      known.set(key, fresher(known.get(key), { ...observed, device }))
    }
    for (const observed of this.#own.values()) take(observed, deviceName())
    for (const { device, observations } of told()) for (const observed of observations) take(observed, device)
    return [...known.values()]
      .sort((x, y) => (x.agent < y.agent ? -1 : x.agent > y.agent ? 1 : x.windowSeconds - y.windowSeconds))
      .map((observed) => quotaOf(observed, observed.device, now()))
  }

  /** What this device observed itself: what other devices are told. */
  own(): readonly Observation[] {
    return [...this.#own.values()]
  }

  /** How many windows were news. */
  observe({ agent, windows }: Observed): number {
    const { account, now } = this.#context
    const observedAt = now()
    return this.#takeAll(
      windows.map(({ windowSeconds, usedPercent, resetAt }) => ({
        agent,
        account: account(agent),
        windowSeconds,
        usedPercent: Math.min(usedPercent, 100),
        resetAt: resetAt === undefined ? null : Date.parse(resetAt),
        observedAt,
      })),
    )
  }

  /** Some log changed. */
  lookSoon(): void {
    if (this.#stopped || this.#look !== null) return
    this.#look = setTimeout(() => {
      this.#look = null
      this.#looking = this.#looking.then(() => this.look()).catch(() => undefined)
    }, LOOK_MS).unref()
  }

  /** Reads what the newest logs told last. A log that cannot be read is usage's care. */
  async look(): Promise<void> {
    const { logs, account, now } = this.#context
    const changed: LogSeen[] = []
    for (const log of logs()) if (log.mtimeMs > this.#seenMs) changed.push(log)
    changed.sort((x, y) => y.mtimeMs - x.mtimeMs)
    for (const { path } of changed.slice(0, LOGS_CAP)) {
      this.#takeAll(await readCodexLimits(path, account('codex'), now()).catch(() => []))
    }
    this.#seenMs = Math.max(this.#seenMs, changed[0]?.mtimeMs ?? 0)
  }

  /** Writes what is not written yet. */
  async stop(): Promise<void> {
    this.#stopped = true
    if (this.#look !== null) clearTimeout(this.#look)
    await this.#looking
    if (this.#write !== null) await this.#store()
  }

  #takeAll(observations: readonly Observation[]): number {
    const news = observations.filter((each) => isObservation(each, this.#context.now()) && this.#keep(each))
    if (news.length === 0) return 0
    this.#context.onChanged()
    if (!this.#stopped) this.#write ??= setTimeout(() => void this.#store(), WRITE_MS).unref()
    return news.length
  }

  /** Whether it is newer than what was known. */
  #keep(observed: Observation): boolean {
    const key = keyOf(observed)
    const before = this.#own.get(key)
    if (fresher(before, observed) === before) return false
    this.#own.delete(key)
    this.#own.set(key, observed)
    // The one that was not heard of for longest goes.
    if (this.#own.size > WINDOWS_CAP) this.#own.delete(this.#own.keys().next().value!)
    return true
  }

  async #store(): Promise<void> {
    if (this.#write !== null) clearTimeout(this.#write)
    this.#write = null
    // A full disk loses nothing that is not told again.
    await this.#context.document.update(() => ({ observations: this.own() })).catch(() => undefined)
  }
}
